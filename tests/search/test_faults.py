"""What goes wrong with a database for real: each ends in its named error, and nothing acknowledged is lost."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from search.captures import CaptureState, captures_in
from search.hits import history, iterate_hits, load_hit
from search.indexes.embedded import EmbeddedIndex
from search.indexes.index import IndexUnavailable
from search.language.query import parse
from search.outbox import waiting
from search.records import DiskFull, Records, RecordsError, RecordsLocked, RecordsReadOnly, hold, open_records
from search.tables import HitEventRow
from tests.search.material import Severity, document, page, record
from tests.search.postgresql import PostgresServer

KILLS = 5
SEED = 20261120
NOBODY = 65534
_FORK = multiprocessing.get_context("fork")


@contextmanager
def elsewhere(work: Callable[[Connection], None]) -> Iterator[Connection]:
    """Another process that runs `work` with its end of a pipe; ended with the block."""
    ours, theirs = _FORK.Pipe()

    def run() -> None:
        ours.close()
        work(theirs)

    process = _FORK.Process(target=run)
    process.start()
    theirs.close()
    try:
        yield ours
    finally:
        ours.close()
        process.join(30)
        assert process.exitcode == 0


def test_a_database_that_another_process_holds_is_named_within_the_lock_wait(records_url: str) -> None:
    def keep_writing(pipe: Connection) -> None:
        other = open_records(records_url)
        with other.write() as session:
            hold(session, "hits of https://vay-nhanh.top/")
            pipe.send("holding")
            pipe.recv()
        pipe.send("done")
        other.close()

    records = open_records(records_url, lock_wait_seconds=0.4)
    seen = record(records, page("https://truoc.top/")).hit_id
    with elsewhere(keep_writing) as other:
        assert other.recv() == "holding"
        started = time.monotonic()
        with pytest.raises(RecordsLocked, match=r"held the database for over 0\.4 s") as caught:
            record(records)
        assert 0.3 < time.monotonic() - started < 5
        assert caught.value.kind == "records_locked"
        assert load_hit(records, seen) is not None
        other.send("enough")
        assert other.recv() == "done"
        assert record(records).hit_id != seen
    records.close()


@pytest.fixture
def readable_folder() -> Iterator[Path]:
    """A folder that any user may read."""
    folder = Path(tempfile.mkdtemp(prefix="luoitroi-ro-"))
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


def _without_write_access(folder: Path, work: Callable[[Connection], None]) -> object:
    """What `work` sends from a process that may read the files of `folder` and not write them."""

    def run(pipe: Connection) -> None:
        if os.geteuid() == 0:
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        work(pipe)

    for file in folder.iterdir():
        file.chmod(0o444)
    folder.chmod(0o555)
    with elsewhere(run) as other:
        return other.recv()


def _told(attempt: Callable[[], object]) -> object:
    try:
        return attempt()
    except (RecordsError, IndexUnavailable) as error:
        return type(error), str(error)


def test_records_that_may_only_be_read_are_read_and_say_so_when_written(
    readable_folder: Path, migrated_file: Path
) -> None:
    shutil.copy(migrated_file, readable_folder / "luoitroi.db")
    url = f"sqlite:///{readable_folder / 'luoitroi.db'}"
    records = open_records(url)
    hit_id = record(records).hit_id

    def work(pipe: Connection) -> None:
        opened = open_records(url, lock_wait_seconds=0.2)
        hit = load_hit(opened, hit_id)
        pipe.send((hit and hit.url, _told(lambda: record(opened))))

    read, written = _without_write_access(readable_folder, work)  # type: ignore[misc]
    assert read == "https://vay-nhanh.top/"
    assert written[0] is RecordsReadOnly
    assert "give the file and its folder write access" in written[1]
    records.close()


def test_a_folder_that_may_only_be_read_takes_no_new_records(readable_folder: Path) -> None:
    def work(pipe: Connection) -> None:
        pipe.send(
            [
                _told(lambda: open_records(f"sqlite:///{readable_folder / 'luoitroi.db'}")),
                _told(lambda: open_records(f"sqlite:///{readable_folder / 'new' / 'luoitroi.db'}")),
            ]
        )

    told = _without_write_access(readable_folder, work)
    assert [kind for kind, _ in told] == [RecordsReadOnly, RecordsReadOnly]  # type: ignore[attr-defined]


def test_an_index_that_may_only_be_read_is_searched_and_says_so_when_written(readable_folder: Path) -> None:
    path = readable_folder / "index.db"
    index = EmbeddedIndex(path)
    index.put([document(1)])
    keep_log = sqlite3.connect(path)
    keep_log.execute("SELECT count(*) FROM index1_hits").fetchone()

    def work(pipe: Connection) -> None:
        opened = EmbeddedIndex(path, lock_wait_seconds=0.2)
        pipe.send((opened.search(parse("vay")).ids, _told(lambda: opened.put([document(2)]))))

    found, written = _without_write_access(readable_folder, work)  # type: ignore[misc]
    assert found == (1,)
    assert written[0] is IndexUnavailable
    assert "readonly" in written[1]
    keep_log.close()


def test_an_index_that_another_process_holds_is_searched_and_says_so_when_written(tmp_path: Path) -> None:
    index = EmbeddedIndex(tmp_path / "index.db", lock_wait_seconds=0.3)
    index.put([document(1)])

    def keep_writing(pipe: Connection) -> None:
        connection = sqlite3.connect(index.path, isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        pipe.send("holding")
        pipe.recv()
        connection.execute("ROLLBACK")
        pipe.send("done")

    with elsewhere(keep_writing) as other:
        assert other.recv() == "holding"
        with pytest.raises(IndexUnavailable, match="locked"):
            index.put([document(2)])
        assert index.search(parse("vay")).ids == (1,)
        other.send("enough")
        assert other.recv() == "done"
        index.put([document(2)])
        assert index.count() == 2


def test_a_full_disk_is_named_and_what_was_acknowledged_is_kept(migrated_file: Path, tmp_path: Path) -> None:
    """On a file system of 3 MB where we may mount one, else against SQLite's own limit on its file."""
    disk = tmp_path / "disk"
    disk.mkdir()
    may_mount = subprocess.run(["unshare", "-rm", "mount", "-t", "tmpfs", "none", disk], check=False).returncode == 0
    fill = [sys.executable, "-m", "tests.search.full_disk", str(disk)]
    if may_mount:
        steps = 'mount -t tmpfs -o size=3m none "$1" && cp "$2" "$1/luoitroi.db" && shift 2 && exec "$@"'
        fill = ["unshare", "-rm", "sh", "-c", steps, "sh", str(disk), str(migrated_file), *fill]
    else:
        shutil.copy(migrated_file, disk / "luoitroi.db")
        fill.append("--page-limit")
    done = subprocess.run(fill, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2], timeout=60)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["error"] == DiskFull.kind
    assert "no space left on the disk; free some" in told["message"]
    assert len(told["acknowledged"]) > 10
    assert told["errors_after"] == []
    assert told["held_when_full"] == told["acknowledged"][:-5]
    assert told["held_after"] == told["acknowledged"]


def _record_until_killed(url: str, pipe: Connection) -> None:
    records = open_records(url)
    number = 0
    while True:
        hit_id = record(records, page(f"https://vay-{number}.top/"), capture_from=Severity.LOW).hit_id
        pipe.send(hit_id)
        number += 1


def _acknowledged(pipe: Connection) -> list[int]:
    """What the killed process sent before it died."""
    told = []
    try:
        while pipe.poll(5):
            told.append(pipe.recv())
    except (EOFError, OSError):
        pass
    return told


def test_what_a_writer_acknowledged_outlives_its_kill(records_url: str) -> None:
    moments = random.Random(SEED)
    acknowledged: set[int] = set()
    for _ in range(KILLS):
        ours, theirs = _FORK.Pipe(duplex=False)
        writer = _FORK.Process(target=_record_until_killed, args=(records_url, theirs))
        writer.start()
        theirs.close()
        acknowledged.add(ours.recv())
        time.sleep(moments.uniform(0, 0.15))
        assert writer.pid is not None
        os.kill(writer.pid, signal.SIGKILL)
        writer.join(10)
        assert writer.exitcode == -signal.SIGKILL
        acknowledged.update(_acknowledged(ours))
    records = open_records(records_url)
    held = {hit.id: hit for hit in iterate_hits(records)}
    assert acknowledged <= set(held)
    # A hit is there with all that belongs to it, or not at all.
    assert captures_in(records, CaptureState.DUE) == len(held)
    assert waiting(records)[0] == sum(hit.seen_count for hit in held.values())
    with records.read() as session:
        assert session.scalar(select(func.count()).select_from(HitEventRow)) == len(held)
    assert all([event.action for event in history(records, hit_id)] == ["found_new"] for hit_id in held)
    assert len({hit.url for hit in held.values()}) == len(held)
    if records.sqlite_path is not None:
        with records.read() as session:
            assert session.scalar(text("PRAGMA integrity_check")) == "ok"
    records.close()


def test_a_kill_while_indexing_leaves_an_index_that_is_whole(tmp_path: Path) -> None:
    index = EmbeddedIndex(tmp_path / "index.db")

    def put_until_killed(pipe: Connection) -> None:
        mine, number = EmbeddedIndex(index.path), 0
        while True:
            mine.put([document(hit_id, version=number + 1) for hit_id in range(1, 30)])
            pipe.send(number)
            number += 1

    moments = random.Random(SEED)
    for _ in range(KILLS):
        ours, theirs = _FORK.Pipe(duplex=False)
        writer = _FORK.Process(target=put_until_killed, args=(theirs,))
        writer.start()
        theirs.close()
        ours.recv()
        time.sleep(moments.uniform(0, 0.05))
        writer.kill()
        writer.join(10)
        results = index.search(parse("vay tiền"))
        assert results.total == index.count() == 29
    connection = sqlite3.connect(index.path)
    connection.execute("INSERT INTO index1_text (index1_text) VALUES ('integrity-check')")
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


@pytest.mark.postgres
def test_a_server_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordsError, match="see `luoitroi doctor`") as caught:
        open_records(f"postgresql+psycopg://an:bi-mat@/luoitroi?host={tmp_path}")
    assert caught.value.kind == "records_unavailable"
    assert "bi-mat" not in str(caught.value)


@pytest.mark.postgres
def test_a_server_that_cut_the_connection_is_asked_again(postgres_server: PostgresServer) -> None:
    postgres_server.empty(postgres_server.migrated)
    records: Records = open_records(postgres_server.url(postgres_server.migrated))
    hit_id = record(records).hit_id
    postgres_server.cut(postgres_server.migrated)
    assert load_hit(records, hit_id) is not None
    with pytest.raises(RecordsError, match="terminating connection"), records.write() as session:
        session.scalar(text("SELECT 1"))
        postgres_server.cut(postgres_server.migrated)
        session.scalar(text("SELECT 1"))
    assert load_hit(records, hit_id) is not None
    records.close()
