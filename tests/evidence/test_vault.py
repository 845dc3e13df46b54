"""What every vault promises, and how the one in a folder keeps it when processes die or disks fill."""

from __future__ import annotations

import errno
import hashlib
import io
import multiprocessing
import os
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from evidence.failure import Damaged, LogMoved, NotInVault, VaultError, VaultFull, VaultUnwritable
from evidence.vault import CaptureRecord, FolderVault, Recovery, StoredFile, Vault

ID = "20251124T215801Z-3f9a2cde51"
OTHER_ID = "20251125T000000Z-0000000000"

Opener = Callable[[Path], Vault]

VAULTS: list[Opener] = [lambda root: FolderVault(root / "vault")]
"""Every implementation of Vault; the tests of this part hold for each."""


@pytest.fixture(params=VAULTS, ids=["folder"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Vault]:
    """Opens the same vault again, as another process would."""
    return lambda: request.param(tmp_path)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def record_of(content: dict[str, bytes], capture: str = ID) -> CaptureRecord:
    return CaptureRecord(
        id=capture,
        sealed_at="2025-11-24T21:58:01Z",
        url="http://xau.test/",
        final_url="http://xau.test/",
        title="Lãi suất 30%",
        status=200,
        method="http",
        device="desktop",
        requested_by="Lan",
        reason="",
        manifest_sha256="3f" * 32,
        files={name: StoredFile(sha256=sha256(raw), size=len(raw)) for name, raw in content.items()},
    )


def sources(tmp_path: Path, content: dict[str, bytes]) -> dict[str, Path]:
    found = {}
    for number, (name, raw) in enumerate(content.items()):
        found[name] = tmp_path / f"source-{number}"
        found[name].write_bytes(raw)
    return found


CONTENT = {"a": b"one", "b": b"two", "again": b"one"}


def test_content_goes_in_and_comes_out_once(opened: Callable[[], Vault]) -> None:
    content = "nội dung".encode() * 100_000
    vault = opened()
    name = vault.put(io.BytesIO(content))
    assert name == sha256(content) == vault.put(io.BytesIO(content))
    with opened().open(name) as stream:
        assert stream.read(3) == content[:3] and stream.seek(0) == 0
        assert stream.read() == content


@pytest.mark.parametrize("name", ["0" * 64, "../../etc/passwd", "", "A" * 64])
def test_what_is_not_there_is_named(opened: Callable[[], Vault], name: str) -> None:
    vault = opened()
    with pytest.raises(NotInVault):
        vault.open(name)
    with pytest.raises(NotInVault):
        vault.get(name)
    with pytest.raises(NotInVault):
        vault.read_log(f"custody/{name}")


def test_a_capture_is_stored_as_one(opened: Callable[[], Vault], tmp_path: Path) -> None:
    record = record_of(CONTENT)
    opened().store(record, sources(tmp_path, CONTENT), (b"taken", b"stored"))
    vault = opened()
    assert vault.ids() == (ID,) and vault.get(ID) == record
    assert vault.read_log(f"custody/{ID}") == (b"taken", b"stored")
    for name, raw in CONTENT.items():
        with vault.open(record.files[name].sha256) as stream:
            assert stream.read() == raw
    assert list(vault.strays()) == [] and list(vault.workspace.root.iterdir()) == []


def test_storing_again_changes_nothing(opened: Callable[[], Vault], tmp_path: Path) -> None:
    vault = opened()
    vault.store(record_of(CONTENT), sources(tmp_path, CONTENT), (b"taken",))
    vault.append_log(f"custody/{ID}", b"viewed", b"taken")
    vault.store(record_of(CONTENT), sources(tmp_path, CONTENT), (b"taken",))
    assert vault.read_log(f"custody/{ID}") == (b"taken", b"viewed")


def test_captures_are_listed_oldest_first(opened: Callable[[], Vault], tmp_path: Path) -> None:
    vault = opened()
    for capture in (OTHER_ID, ID):
        vault.store(record_of(CONTENT, capture), sources(tmp_path, CONTENT), (b"taken",))
    assert vault.ids() == (ID, OTHER_ID)


def test_a_source_that_is_not_what_the_record_says_is_not_stored(opened: Callable[[], Vault], tmp_path: Path) -> None:
    vault = opened()
    with pytest.raises(Damaged, match="changed while"):
        vault.store(record_of(CONTENT), sources(tmp_path, CONTENT | {"b": b"TWO"}), (b"taken",))
    assert vault.ids() == () and vault.recover() == Recovery()


def test_a_log_takes_a_line_only_after_the_one_expected(opened: Callable[[], Vault]) -> None:
    vault = opened()
    assert vault.read_log("register") == () and vault.last_line("register") == b""
    vault.append_log("register", b"1", b"")
    with pytest.raises(LogMoved):
        vault.append_log("register", b"2", b"")
    long = b"2" * 10_000
    vault.append_log("register", long, b"1")
    vault.append_log("register", b"3", long)
    assert opened().read_log("register") == (b"1", long, b"3") and opened().last_line("register") == b"3"


def _append_many(root: Path, worker: int, count: int) -> None:
    vault = FolderVault(root / "vault")
    done = 0
    while done < count:
        last = vault.last_line("register")
        try:
            vault.append_log("register", b"%d-%d after %s" % (worker, done, last[:6]), last)
        except LogMoved:
            continue
        done += 1


def test_two_writers_lose_no_line(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_append_many, args=(tmp_path, number, 30)) for number in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    lines = FolderVault(tmp_path / "vault").read_log("register")
    assert len(lines) == 90
    assert all(line.endswith(b"after " + before[:6]) for before, line in pairwise(lines))


def test_a_torn_line_is_ignored_told_and_taken_away(tmp_path: Path) -> None:
    vault = FolderVault(tmp_path / "vault")
    vault.append_log("register", b"whole", b"")
    path = tmp_path / "vault" / "register.jsonl"
    path.write_bytes(b"whole\ntor")
    assert vault.read_log("register") == (b"whole",) and vault.last_line("register") == b"whole"
    assert list(vault.strays()) == ["an unfinished line at the end of register.jsonl"]
    vault.recover()
    assert path.read_bytes() == b"whole\n"
    path.write_bytes(b"whole\ntor")
    vault.append_log("register", b"next", b"whole")
    assert path.read_bytes() == b"whole\nnext\n"


def _die_while_storing(root: Path, content: dict[str, bytes], step: int) -> None:
    """Store, but end like a killed process at the `step`th change to a name in the file system."""
    changes = 0
    for module, name in ((os, "fsync"), (os, "rename"), (os, "link")):
        original = getattr(module, name)

        def counted(*arguments: object, original: Callable[..., object] = original, **more: object) -> object:
            nonlocal changes
            changes += 1
            if changes == step:
                os._exit(9)
            return original(*arguments, **more)

        setattr(module, name, counted)
    FolderVault(root / "vault").store(record_of(content), sources(root, content), (b"taken", b"stored"))
    os._exit(0)


def test_a_process_that_dies_at_any_step_leaves_all_or_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    finished = discarded = 0
    for step in range(1, 60):
        root = tmp_path / str(step)
        root.mkdir()
        worker = context.Process(target=_die_while_storing, args=(root, CONTENT, step))
        worker.start()
        worker.join()
        vault = FolderVault(root / "vault")
        recovery = vault.recover()
        finished += len(recovery.finished)
        discarded += recovery.discarded
        assert list(vault.workspace.root.iterdir()) == [] and list(vault.strays()) == [], step
        if vault.ids():
            assert vault.read_log(f"custody/{ID}") == (b"taken", b"stored"), step
            for stored in vault.get(ID).files.values():
                with vault.open(stored.sha256) as stream:
                    assert sha256(stream.read()) == stored.sha256
        if worker.exitcode == 0:
            assert vault.ids() == (ID,)
            break
    else:
        pytest.fail("storing never got through")
    assert finished > 2 and discarded > 2, "the steps fell on both sides of the commit"


def test_a_living_process_keeps_its_draft(tmp_path: Path) -> None:
    vault = FolderVault(tmp_path / "vault")
    with vault.workspace.folder() as draft:
        (draft.path / "x").write_bytes(b"1")
        assert FolderVault(tmp_path / "vault").recover() == Recovery()
        assert (draft.path / "x").exists()
    assert not draft.path.exists()


def test_damaged_content_is_replaced_when_the_same_comes_in_again(tmp_path: Path) -> None:
    vault = FolderVault(tmp_path / "vault")
    name = vault.put(io.BytesIO(b"good"))
    path = tmp_path / "vault" / "objects" / name[:2] / name
    path.chmod(0o600)
    path.write_bytes(b"evil")
    vault.put(io.BytesIO(b"good"))
    assert path.read_bytes() == b"good"


def test_a_record_that_cannot_be_read_is_damaged(tmp_path: Path) -> None:
    vault = FolderVault(tmp_path / "vault")
    (tmp_path / "vault" / "captures" / f"{ID}.json").write_bytes(b"{")
    with pytest.raises(Damaged):
        vault.get(ID)


def test_strays_are_told(tmp_path: Path) -> None:
    vault = FolderVault(tmp_path / "vault")
    vault.store(record_of(CONTENT), sources(tmp_path, CONTENT), (b"taken",))
    for name in ("x", "captures/y.json", f"custody/{OTHER_ID}.jsonl", "objects/zz"):
        (tmp_path / "vault" / name).write_bytes(b"1")
    assert set(vault.strays()) == {"x", "captures/y.json", f"custody/{OTHER_ID}.jsonl", "objects/zz"}


class _Failing(io.BytesIO):
    """A source whose reading meets what writing to a broken disk meets: the same errors of the system."""

    def __init__(self, number: int) -> None:
        super().__init__(b"x")
        self._number = number

    def read(self, size: int | None = -1, /) -> bytes:
        raise OSError(self._number, os.strerror(self._number))


@pytest.mark.parametrize(
    ("number", "failure"),
    [(errno.ENOSPC, VaultFull), (errno.EDQUOT, VaultFull), (errno.EROFS, VaultUnwritable), (errno.EIO, VaultError)],
)
def test_what_the_disk_says_is_named(tmp_path: Path, number: int, failure: type[VaultError]) -> None:
    vault = FolderVault(tmp_path / "vault")
    with pytest.raises(failure) as caught:
        vault.put(_Failing(number))
    assert caught.type is failure
    assert list(vault.workspace.root.iterdir()) == []


def test_a_place_that_is_a_file_is_no_vault(tmp_path: Path) -> None:
    (tmp_path / "vault").write_bytes(b"")
    with pytest.raises(VaultError):
        FolderVault(tmp_path / "vault")
