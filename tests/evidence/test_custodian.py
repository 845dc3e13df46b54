"""Keeping captures, and the log of what happens to them."""

from __future__ import annotations

import multiprocessing
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from evidence.custodian import Custodian
from evidence.custody import custody_faults, line_hash, register_faults, stamp
from evidence.failure import NotInVault
from evidence.manifest import capture_id
from evidence.signing import KeyRing, SigningKey
from evidence.vault import FolderVault
from evidence.verify import verify, verify_vault
from tests.evidence.hostile import HostileSite, Room


async def test_a_capture_is_kept_whole_and_its_taking_written_down(room: Room, site: HostileSite) -> None:
    record = await room.capture(site.url("/first"))
    assert record.id == capture_id(record.sealed_at, record.manifest_sha256)
    assert (record.url, record.final_url) == (site.url("/first"), site.url("/landed", "khac.test"))
    taken, stored = room.custodian.history(record.id)
    assert (taken.action, taken.actor, taken.note) == ("taken", "Lan", "hồ sơ 12")
    assert stored.action == "stored" and taken.at <= stored.at
    report = verify(room.vault, record.id, room.custodian.trusted)
    assert report.is_whole and report.signed_by == room.key.public.fingerprint
    assert (report.url, report.custody_entries) == (site.url("/first"), 2)
    assert report.files == 4 and report.records == 7
    assert list(room.vault.workspace.root.iterdir()) == []


async def test_every_event_is_chained_and_registered(room: Room, site: HostileSite) -> None:
    record = await room.capture(site.url("/"))
    room.custodian.note(record.id, "viewed", "Minh", note="qua bảng điều khiển")
    assert room.custodian.check(record.id, "Lan").is_whole
    lines = room.vault.read_log(f"custody/{record.id}")
    history = room.custodian.history(record.id)
    assert [entry.action for entry in history] == ["taken", "stored", "viewed", "checked"]
    assert history[3].facts == {"outcome": "whole"} and history[3].previous == line_hash(lines[2])
    assert history[0].previous == record.manifest_sha256
    assert register_faults(room.vault.read_log("register"), room.custodian.trusted) == []
    assert all(report.is_whole for report in verify_vault(room.vault, room.custodian.trusted))


def test_an_unknown_capture_is_named(room: Room) -> None:
    for act in (
        lambda name: room.custodian.note(name, "viewed", "Lan"),
        room.custodian.history,
        lambda name: room.custodian.check(name, "Lan"),
    ):
        with pytest.raises(NotInVault):
            act("20251124T215801Z-3f9a2cde51")


def _view(root: Path, capture: str, count: int) -> None:
    key = SigningKey.load_or_create(root / "keys")
    custodian = Custodian(FolderVault(root / "vault"), key)
    for number in range(count):
        custodian.note(capture, "viewed", f"process {number}")


async def test_two_processes_write_one_log(room: Room, site: HostileSite) -> None:
    record = await room.capture(site.url("/"))
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_view, args=(room.root, record.id, 15)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    assert len(room.custodian.history(record.id)) == 47
    assert all(report.is_whole for report in verify_vault(room.vault, room.custodian.trusted))


async def test_what_a_dead_process_did_not_register_is_registered_at_the_next_opening(
    room: Room, site: HostileSite
) -> None:
    record = await room.capture(site.url("/"))
    room.custodian.note(record.id, "viewed", "Lan")
    path = room.root / "vault" / "register.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]))  # as it was before the last line
    log = room.root / "vault" / "custody" / f"{record.id}.jsonl"
    log.touch()  # the log is the younger one, as after a crash
    assert not verify(room.vault, record.id, room.custodian.trusted).is_whole
    room.reopen()
    assert verify(room.vault, record.id, room.custodian.trusted).is_whole


async def test_entries_of_a_stranger_do_not_count(room: Room, site: HostileSite) -> None:
    record = await room.capture(site.url("/"))
    lines = room.vault.read_log(f"custody/{record.id}")
    stranger = KeyRing([SigningKey.generate().public])
    faults = custody_faults(lines, record.id, record.manifest_sha256, stranger)
    assert len(faults) == 2 and all("unknown key" in fault for fault in faults)
    assert "another capture" in custody_faults(lines, "x", record.manifest_sha256, room.custodian.trusted)[0]
    assert "does not begin" in custody_faults((), record.id, record.manifest_sha256, room.custodian.trusted)[0]


def test_times_are_utc() -> None:
    hanoi = datetime(2025, 1, 1, 7, 0, 0, 5, timezone(timedelta(hours=7)))
    assert stamp(hanoi) == "2025-01-01T00:00:00.000005Z"
