"""An index that must be rebuilt is, unasked: by `luoitroi schedule`, and by `luoitroi serve` alone."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from crawler.rebuilding import Rebuilding
from search.indexes.embedded import EmbeddedIndex
from search.language.query import parse
from search.outbox import deliver
from search.rebuild import rebuild, report
from search.records import Records, open_records
from search.review import decide
from search.status import Status
from tests.search.material import page, record

HITS = 12


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[tuple[Records, EmbeddedIndex]]:
    """Records of some hits, and their index, as an older version of the program left it."""
    records = open_records(f"sqlite:///{tmp_path}/data/luoitroi.db")
    index = EmbeddedIndex(tmp_path / "data" / "luoitroi.db")
    for number in range(HITS):
        record(records, page(f"https://vay-{number}.top/"))
    deliver(records, index)
    _age(index, 1)
    yield records, index
    records.close()


def _age(index: EmbeddedIndex, version: int) -> None:
    with sqlite3.connect(index.path) as connection:
        connection.execute("UPDATE search_index SET version = ?", (version,))
    connection.close()


def _wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@contextmanager
def _running(folder: Path, command: str) -> Iterator[subprocess.Popen[str]]:
    """`luoitroi COMMAND` over the installation, asked to end with the block."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (folder / "sources").mkdir(exist_ok=True)
    settings = folder / "luoitroi.toml"
    settings.write_text(
        f'data_dir = "{folder / "data"}"\n[crawl]\nsources = ["{folder / "sources"}"]\n[console]\nport = {port}\n',
        "utf-8",
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "crawler.cli", command],
        env={"PATH": os.environ["PATH"], "LUOITROI_SETTINGS": str(settings)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err


@pytest.mark.parametrize("command", ["schedule", "serve"])
def test_an_index_of_an_older_version_is_rebuilt_unasked(
    tmp_path: Path, installation: tuple[Records, EmbeddedIndex], command: str
) -> None:
    records, index = installation
    assert report(records, index).needs_rebuild
    with _running(tmp_path, command):
        _wait_for(lambda: not index.state().needs_rebuild)
        assert index.search(parse("vay")).total == HITS
        # The rebuild has words after its last act, and ends with its parent.
        log = tmp_path / "data" / "logs" / "rebuild.log"
        _wait_for(lambda: f"{HITS} hits in the new index" in log.read_text("utf-8"))


async def test_a_rebuild_goes_on_only_where_one_is_needed_and_pauses_when_it_mends_nothing(
    tmp_path: Path,
    installation: tuple[Records, EmbeddedIndex],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING, "crawler.rebuilding")
    records, index = installation
    # Another installation's settings: its rebuild ends with an error, having found none of the index's files.
    monkeypatch.setenv("LUOITROI_SETTINGS", str(tmp_path / "missing.toml"))
    rebuilding = Rebuilding(records, index, tmp_path / "logs")
    started = 0
    for _ in range(12):
        await rebuilding.turn()
        if rebuilding._process is not None:
            started += 1
            await rebuilding._process.wait()
    # Checks 1, 3, 6 and 11: one is let pass after the first, then two, then four.
    assert started == 4
    assert [line.getMessage() for line in caplog.records].count("index_needs_rebuild") == 1
    _age(index, 99)
    rebuilding = Rebuilding(records, index, tmp_path / "logs")
    caplog.clear()
    for _ in range(3):
        await rebuilding.turn()
        assert rebuilding._process is None
    assert [line.getMessage() for line in caplog.records] == ["index_unusable"]
    await rebuilding.stop()


async def test_records_restored_from_a_backup_have_the_index_rebuilt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The next hit takes the id of one that was lost, which the index holds in a newer version."""
    caplog.set_level(logging.WARNING, "crawler.rebuilding")
    monkeypatch.setenv("LUOITROI_SETTINGS", str(tmp_path / "missing.toml"))
    path, backup = tmp_path / "luoitroi.db", tmp_path / "backup.db"
    index = EmbeddedIndex(tmp_path / "index.db")
    records = open_records(f"sqlite:///{path}")
    for number in range(2):
        record(records, page(f"https://vay-{number}.top/"))
    deliver(records, index)
    records.close()
    shutil.copy(path, backup)
    records = open_records(f"sqlite:///{path}")
    lost = record(records, page("https://mat.top/")).hit_id
    decide(records, lost, Status.CONFIRMED, "an")
    deliver(records, index)
    records.close()
    shutil.copy(backup, path)
    records = open_records(f"sqlite:///{path}")
    assert record(records, page("https://moi.top/")).hit_id == lost
    deliver(records, index)
    assert index.search(parse("host:moi.top")).total == 0
    rebuilding = Rebuilding(records, index, tmp_path / "logs")
    await rebuilding.turn()
    assert rebuilding._process is not None
    await rebuilding.stop()
    assert [line.getMessage() for line in caplog.records] == ["index_needs_rebuild"]
    rebuild(records, index)
    deliver(records, index)
    assert index.search(parse("host:moi.top")).ids == (lost,)
    rebuilding = Rebuilding(records, index, tmp_path / "logs")
    await rebuilding.turn()
    assert rebuilding._process is None
    records.close()
