"""Rebuilding: gone on with after a kill at any moment, one at a time, and ending with what the records hold."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from search.indexes.elastic import ElasticsearchIndex
from search.indexes.elastic_documents import MAPPING, SCHEMA
from search.indexes.embedded import EmbeddedIndex
from search.indexes.index import Index, IndexCondition, IndexUnavailable
from search.language.query import parse
from search.outbox import deliver, waiting
from search.rebuild import (
    Difference,
    RebuildUnderWay,
    check,
    differences,
    is_ahead,
    is_under_way,
    only_one,
    rebuild,
    report,
)
from search.records import Records, open_records
from search.review import decide
from search.status import Status
from search.tables import HitRow, OutboxRow
from tests.search.material import page, record

HITS, BATCH = 150, 5
RELEASE_SECONDS = 10
SEED = 20261120
_FORK = multiprocessing.get_context("fork")

Opened = Callable[[], Index]


@pytest.fixture(params=["embedded", pytest.param("elasticsearch", marks=pytest.mark.elasticsearch)])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opened]:
    """Opens the same index of each kind again and again, for one process after the other; it is empty."""
    if request.param == "embedded":
        yield lambda: EmbeddedIndex(tmp_path / "index.db")
        return
    address = replace(request.getfixturevalue("elasticsearch_server").address, alias="rebuilt")
    first = ElasticsearchIndex(address)
    first.clear()
    yield lambda: ElasticsearchIndex(address)
    for name in first._client.indices.get(index="rebuilt-v*"):
        first._client.indices.delete(index=name)
    first.close()


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("search.rebuild.BATCH", BATCH)
    monkeypatch.setattr("search.rebuild.PAGE", 7)


def _record(records: Records, count: int, start: int = 0) -> list[int]:
    sites = range(start, start + count)
    return [record(records, page(f"https://vay-{site}.top/", minutes=site)).hit_id for site in sites]


def _recorded(records: Records) -> list[tuple[int, int]]:
    with records.read() as session:
        return [(hit.id, hit.version) for hit in session.query(HitRow).order_by(HitRow.id)]


def _elsewhere(work: Callable[[Connection], None]) -> tuple[multiprocessing.process.BaseProcess, Connection]:
    """A process that runs `work` with its end of a pipe, and ours."""
    ours, theirs = _FORK.Pipe()
    process = _FORK.Process(target=work, args=(theirs,))
    process.start()
    theirs.close()
    return process, ours


def test_a_rebuild_killed_at_any_moment_is_gone_on_with_until_the_index_is_the_records(
    sqlite_url: str, opened: Opened
) -> None:
    """Five kills: in the middle of a batch as in between, while hits are recorded, decided, delivered and searched."""
    chance = random.Random(SEED)
    records, index = open_records(sqlite_url), opened()
    ids = _record(records, HITS)
    deliver(records, index)

    def work(pipe: Connection) -> None:
        rebuild(open_records(sqlite_url), opened(), lambda done, of: pipe.send(done))

    began = list[int]()
    for turn in range(5):
        process, told = _elsewhere(work)
        began.append(told.recv())
        for _ in range(chance.randint(0, 3)):
            told.recv()
        time.sleep(chance.uniform(0, 0.02))
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join(10)
        assert process.exitcode == -signal.SIGKILL
        # The old index answers, and hears of what changes.
        ids += _record(records, 1, HITS + turn)
        decide(records, ids[turn], Status.CONFIRMED, "an")
        assert deliver(records, index) == 2
        assert list(index.search(parse("vay").page(200, 0)).ids) == ids[::-1]
        assert len(index.search(parse("status:confirmed").page(200, 0)).ids) == turn + 1
        assert not is_under_way(records)
    assert began == sorted(began) and began[0] == 0 < began[-1]
    told_at_last = list[tuple[int, int]]()
    assert rebuild(records, index, lambda done, of: told_at_last.append((done, of))) == len(ids)
    assert told_at_last[0][0] >= began[-1]
    assert list(index.versions()) == _recorded(records)
    assert check(records, index) == {}
    assert list(index.search(parse("vay").page(200, 0)).ids) == ids[::-1]
    state = index.state()
    assert (state.hits, state.filling, state.is_behind) == (len(ids), None, False)
    index.close()
    records.close()


def test_a_kill_between_taking_over_and_catching_up_is_mended(
    sqlite_url: str, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    records, index = open_records(sqlite_url), opened()
    ids = _record(records, 8)
    deliver(records, index)

    def work(pipe: Connection) -> None:
        theirs = opened()

        def die() -> None:
            os.kill(os.getpid(), signal.SIGKILL)

        monkeypatch.setattr(type(theirs), "settle", lambda self: die())
        rebuild(open_records(sqlite_url), theirs)

    process, _ = _elsewhere(work)
    process.join(30)
    assert process.exitcode == -signal.SIGKILL
    assert report(records, index).needs_rebuild
    assert index.state().is_behind
    # As if it had been delivered to the old index just before the new one took over.
    decide(records, ids[0], Status.CONFIRMED, "an")
    with records.write() as session:
        session.connection().exec_driver_sql("DELETE FROM outbox")
    before = index.state().name
    assert rebuild(records, index) == 8
    assert index.state().name == before
    assert not report(records, index).needs_rebuild
    assert list(index.versions()) == _recorded(records)
    index.close()
    records.close()


def test_what_fails_while_rebuilding_leaves_the_old_index_and_what_was_filled(records: Records, opened: Opened) -> None:
    index = opened()
    ids = _record(records, 20)
    deliver(records, index)

    def fail(done: int, of: int) -> None:
        if done >= 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild(records, index, fail)
    assert index.state().filling == 10
    assert list(index.search(parse("").page(200, 0)).ids) == ids[::-1]
    decide(records, ids[3], Status.CONFIRMED, "an")
    told = list[tuple[int, int]]()
    rebuild(records, index, lambda done, of: told.append((done, of)))
    assert told == [(10, 20), (15, 20), (20, 20), (20, 20)]
    assert list(index.versions()) == _recorded(records)
    index.close()


def test_a_rebuild_may_start_over(records: Records, opened: Opened) -> None:
    index = opened()
    _record(records, 10)

    def fail(done: int, of: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild(records, index, fail)
    told = list[int]()
    rebuild(records, index, lambda done, of: told.append(done), is_anew=True)
    assert told == [0, 5, 10]
    index.close()


def test_what_an_interrupted_rebuild_read_of_other_records_is_dropped(sqlite_records: Records, opened: Opened) -> None:
    """A backup put in their place is older than what the half-filled index holds."""
    index = opened()
    ids = _record(sqlite_records, 10)

    def fail(done: int, of: int) -> None:
        if done == of:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild(sqlite_records, index, fail)
    with sqlite_records.write() as session:
        for table in ("outbox", "captures", "hit_events", "hit_identifiers", "ties", "campaign_members"):
            session.connection().exec_driver_sql(f"DELETE FROM {table} WHERE hit_id = {ids[-1]}")  # noqa: S608
        session.connection().exec_driver_sql(f"DELETE FROM hits WHERE id = {ids[-1]}")  # noqa: S608
    assert rebuild(sqlite_records, index) == 9
    assert list(index.versions()) == _recorded(sqlite_records)
    index.close()


def test_one_rebuild_at_a_time(records_url: str, tmp_path: Path) -> None:
    records = open_records(records_url)
    _record(records, 3)
    path = tmp_path / "index.db"
    EmbeddedIndex(path).close()

    def work(pipe: Connection) -> None:
        def halt(done: int, of: int) -> None:
            pipe.send(done)
            signal.pause()

        rebuild(open_records(records_url), EmbeddedIndex(path), halt)

    process, told = _elsewhere(work)
    told.recv()
    assert is_under_way(records)
    assert report(records, EmbeddedIndex(path)).is_rebuilding
    with pytest.raises(RebuildUnderWay, match="is rebuilding the index; see `luoitroi index status`"):
        rebuild(records, EmbeddedIndex(path))
    process.kill()
    process.join(10)
    # PostgreSQL lets go when it notices that the other end of the connection is gone, a moment later.
    until = time.monotonic() + RELEASE_SECONDS
    while is_under_way(records) and time.monotonic() < until:
        time.sleep(0.05)
    assert not is_under_way(records)
    assert rebuild(records, EmbeddedIndex(path)) == 3
    with only_one(records):
        assert is_under_way(records)
    assert not is_under_way(records)
    records.close()


def test_an_index_that_lost_hits_is_short_of_them_and_differs(sqlite_records: Records, opened: Opened) -> None:
    index = opened()
    ids = _record(sqlite_records, 6)
    deliver(sqlite_records, index)
    assert not report(sqlite_records, index).needs_rebuild
    index.clear()
    ids += _record(sqlite_records, 1, 50)
    found = report(sqlite_records, index)
    assert (found.hits, found.state.hits, found.waiting, found.lost, found.needs_rebuild) == (7, 0, 1, 6, True)
    deliver(sqlite_records, index)
    with sqlite_records.write() as session:
        session.connection().exec_driver_sql(f"UPDATE hits SET version = 9 WHERE id = {ids[-1]}")  # noqa: S608
    expected = {**dict.fromkeys(ids[:6], Difference.MISSING), ids[-1]: Difference.STALE}
    assert dict(differences(sqlite_records, index)) == check(sqlite_records, index) == expected
    rebuild(sqlite_records, index)
    assert check(sqlite_records, index) == {}
    assert not is_ahead(sqlite_records, index)
    with sqlite_records.write() as session:
        session.connection().exec_driver_sql(f"UPDATE hits SET version = 1 WHERE id = {ids[-1]}")  # noqa: S608
    assert check(sqlite_records, index) == {ids[-1]: Difference.UNKNOWN}
    assert is_ahead(sqlite_records, index)
    with sqlite_records.write() as session:
        session.add(OutboxRow(hit_id=ids[-1], created_at=datetime.now(UTC)))
    assert check(sqlite_records, index) == {ids[-1]: Difference.UNKNOWN}
    index.close()


def test_what_waits_in_the_outbox_is_no_difference(records: Records, opened: Opened) -> None:
    index = opened()
    _record(records, 3)
    assert waiting(records)[0] == 3
    assert len(list(differences(records, index))) == 3
    assert check(records, index) == {}
    index.close()


def test_an_embedded_index_of_another_version(sqlite_records: Records, tmp_path: Path) -> None:
    _record(sqlite_records, 3)
    index = EmbeddedIndex(tmp_path / "index.db")
    deliver(sqlite_records, index)
    for version, condition, is_mended in ((1, IndexCondition.OLDER, True), (SCHEMA + 1, IndexCondition.NEWER, False)):
        with sqlite3.connect(index.path) as connection:
            connection.execute("UPDATE search_index SET version = ?", (version,))
        connection.close()
        state = index.state()
        assert (state.condition, state.schema, state.hits, state.needs_rebuild) == (condition, version, None, is_mended)
        assert report(sqlite_records, index).needs_rebuild == is_mended
        if is_mended:
            assert rebuild(sqlite_records, index) == 3
        else:
            for ask in (index.count, index.clear, lambda: rebuild(sqlite_records, index)):
                with pytest.raises(IndexUnavailable, match="a newer version of the program made the index"):
                    ask()


@pytest.mark.elasticsearch
def test_what_is_not_ours_to_replace_on_a_server_is_left(
    request: pytest.FixtureRequest, sqlite_records: Records
) -> None:
    address = replace(request.getfixturevalue("elasticsearch_server").address, alias="khach")
    index = ElasticsearchIndex(address)
    client = index._client
    _record(sqlite_records, 2)
    assert index.state().condition is IndexCondition.GONE
    newer = f"khach-v{SCHEMA + 1}"
    for name, condition in ((newer, IndexCondition.NEWER), ("cua-nguoi-khac", IndexCondition.FOREIGN)):
        client.indices.create(index=name, aliases={"khach": {}})
        found = report(sqlite_records, index)
        assert (found.state.condition, found.state.name, found.needs_rebuild) == (condition, name, False)
        if condition is IndexCondition.NEWER:
            with pytest.raises(IndexUnavailable, match=f"khach stands for {newer}, which a newer version"):
                rebuild(sqlite_records, index)
        client.indices.delete(index=name)
    # A newer version that is being filled is not swept away by ours.
    client.indices.create(index=newer)
    client.indices.create(index=f"khach-v{SCHEMA}", mappings=MAPPING, aliases={"khach": {}})
    assert rebuild(sqlite_records, index) == 2
    assert set(client.indices.get(index="khach-v*")) == {newer, f"khach-v{SCHEMA}-2"}
    settings = client.indices.get_settings(index="khach")[f"khach-v{SCHEMA}-2"]["settings"]["index"]
    assert "refresh_interval" not in settings
    assert settings["number_of_replicas"] == "0"
    for name in (newer, f"khach-v{SCHEMA}-2"):
        client.indices.delete(index=name)
    index.close()
