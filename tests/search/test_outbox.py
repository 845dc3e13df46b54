"""The outbox: what was recorded reaches the index, at least once, whatever fails on the way."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import func, select

from search.hits import load_hits
from search.indexes.embedded import EmbeddedIndex
from search.indexes.index import Document, DocumentsRefused, IndexUnavailable
from search.language.query import parse
from search.outbox import deliver, refusals, waiting
from search.rebuild import Difference, check, rebuild, report
from search.records import Records, open_records
from search.review import decide
from search.status import Status
from search.tables import OutboxRow
from tests.search.material import PHONE, page, record, verdict
from tests.search.processes import at_once

KILLED = 9


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """The folder of the index, apart from the records."""
    made = tmp_path / "index"
    made.mkdir()
    yield made


@pytest.fixture
def index(folder: Path) -> EmbeddedIndex:
    return EmbeddedIndex(folder / "index.db", lock_wait_seconds=0.2)


def _record(records: Records, count: int) -> list[int]:
    return [record(records, page(f"https://vay-{number}.top/", minutes=number)).hit_id for number in range(count)]


def _found(index: EmbeddedIndex, query: str = "") -> list[int]:
    return sorted(index.search(parse(query).page(200, 0)).ids)


def test_what_waits_is_delivered_once_and_leaves(records: Records, index: EmbeddedIndex) -> None:
    ids = _record(records, 3)
    count, since = waiting(records)
    assert count == 3
    assert since is not None
    assert deliver(records, index) == 3
    assert _found(index, "vay tiền") == ids
    assert waiting(records) == (0, None)
    assert deliver(records, index) == 0


def test_more_than_a_batch_is_delivered(
    records: Records, index: EmbeddedIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.outbox.BATCH", 4)
    ids = _record(records, 10)
    assert deliver(records, index) == 10
    assert _found(index) == ids


class _Counting(EmbeddedIndex):
    """An index that keeps how many documents it was given at once."""

    given: list[int]

    def put(self, documents: Sequence[Document]) -> None:
        self.given.append(len(documents))
        super().put(documents)


def test_long_texts_are_delivered_and_rebuilt_a_few_at_a_time(
    records: Records, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.documents._READ_HITS", 2)
    monkeypatch.setattr("search.documents.BATCH_CHARACTERS", 100)
    index = _Counting(folder / "index.db")
    index.given = []
    ids = [record(records, page(f"https://dai-{n}.top/", f"{'chữ ' * 50} {n}")).hit_id for n in range(5)]
    decide(records, ids[0], Status.IN_REVIEW, "an")
    assert deliver(records, index) == 6
    assert index.given == [2, 2, 2]  # the first hit once more, for its second entry
    assert _found(index) == ids
    assert waiting(records)[0] == 0
    index.given.clear()
    assert rebuild(records, index) == 5
    assert index.given == [2, 2, 1]
    assert check(records, index) == {}


def test_the_index_learns_of_decisions_and_identifiers(records: Records, index: EmbeddedIndex) -> None:
    hit_id = record(records, judged=verdict(PHONE)).hit_id
    deliver(records, index)
    assert _found(index, "status:new 84912000111") == [hit_id]
    decide(records, hit_id, Status.CONFIRMED, "an")
    assert _found(index, "status:new") == [hit_id]
    deliver(records, index)
    assert _found(index, "status:new") == []
    assert _found(index, "status:confirmed") == [hit_id]


def test_an_index_that_is_down_loses_nothing_and_catches_up(
    records: Records, index: EmbeddedIndex, folder: Path
) -> None:
    folder.rename(folder.with_name("gone"))
    ids = _record(records, 3)
    with pytest.raises(IndexUnavailable, match="unable to open database file; see `luoitroi doctor`"):
        deliver(records, index)
    assert waiting(records)[0] == 3
    decide(records, ids[0], Status.CONFIRMED, "an")
    folder.with_name("gone").rename(folder)
    assert deliver(records, index) == 4
    assert _found(index) == ids
    assert _found(index, "status:confirmed") == ids[:1]


class _DiesAfterPut(EmbeddedIndex):
    """An index whose process is killed right after the index took a batch."""

    def put(self, documents: Sequence[Document]) -> None:
        super().put(documents)
        os._exit(KILLED)


class _Particular(EmbeddedIndex):
    """An index that will never take hits of some categories, and keeps what it was asked to take."""

    refused: frozenset[str] = frozenset(("fake_bank",))
    asked: list[int]

    def put(self, documents: Sequence[Document]) -> None:
        self.asked.extend(one.id for one in documents)
        reasons = {one.id: f"no {one.category}" for one in documents if one.category in self.refused}
        super().put([one for one in documents if one.id not in reasons])
        if reasons:
            raise DocumentsRefused(reasons)


def _particular(folder: Path) -> _Particular:
    index = _Particular(folder / "index.db")
    index.asked = []
    return index


def test_what_the_index_refuses_is_kept_with_its_reason_and_asked_of_it_no_more(
    records: Records, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.outbox.BATCH", 2)
    index = _particular(folder)
    ids = _record(records, 5)
    bad = record(records, page("https://bank.top/"), verdict(category="fake_bank")).hit_id
    record(records, page("https://bank.top/", minutes=1), verdict(category="fake_bank"))
    with pytest.raises(DocumentsRefused, match=f"refused 1 of the hits, the first of them {bad}: no fake_bank"):
        deliver(records, index)
    assert _found(index) == ids
    assert waiting(records) == (0, None)
    assert refusals(records) == {bad: "no fake_bank"}
    asked = len(index.asked)
    assert deliver(records, index) == 0
    assert len(index.asked) == asked


def test_a_refused_hit_is_tried_again_when_it_changes(records: Records, folder: Path) -> None:
    index = _particular(folder)
    bad = record(records, judged=verdict(category="fake_bank")).hit_id
    with pytest.raises(DocumentsRefused):
        deliver(records, index)
    decide(records, bad, Status.IN_REVIEW, "an")
    assert refusals(records) == {}
    assert waiting(records)[0] == 1
    with pytest.raises(DocumentsRefused):
        deliver(records, index)
    assert refusals(records) == {bad: "no fake_bank"}
    decide(records, bad, Status.CONFIRMED, "an")
    index.refused = frozenset()
    assert deliver(records, index) == 1
    assert _found(index, "status:confirmed") == [bad]
    assert refusals(records) == {}
    with records.read() as session:
        assert session.scalar(select(func.count()).select_from(OutboxRow)) == 0


def test_a_rebuild_goes_on_over_what_the_index_refuses_and_tries_it_again(records: Records, folder: Path) -> None:
    index = _particular(folder)
    good = record(records).hit_id
    bad = record(records, page("https://bank.top/"), verdict(category="fake_bank")).hit_id
    with pytest.raises(DocumentsRefused):
        deliver(records, index)
    assert rebuild(records, index) == 1
    assert waiting(records)[0] == 2
    with pytest.raises(DocumentsRefused):
        deliver(records, index)
    assert refusals(records) == {bad: "no fake_bank"}
    found = report(records, index)
    assert (found.hits, found.refused, found.lost, found.needs_rebuild) == (2, 1, 0, False)
    assert check(records, index) == {bad: Difference.MISSING}
    index.refused = frozenset()
    assert rebuild(records, index) == 2
    deliver(records, index)
    assert refusals(records) == {}
    assert _found(index) == [good, bad]


def test_a_deliverer_killed_between_index_and_outbox_delivers_again(records_url: str, folder: Path) -> None:
    records = open_records(records_url)
    ids = _record(records, 3)

    def work() -> None:
        deliver(open_records(records_url), _DiesAfterPut(folder / "index.db"))

    worker = multiprocessing.get_context("fork").Process(target=work)
    worker.start()
    worker.join(30)
    assert worker.exitcode == KILLED
    assert waiting(records)[0] == 3
    index = EmbeddedIndex(folder / "index.db")
    assert deliver(records, index) == 3
    assert _found(index) == ids
    assert index.count() == 3
    records.close()


def test_many_deliverers_and_writers_at_once_end_with_the_newest_of_every_hit(records_url: str, folder: Path) -> None:
    EmbeddedIndex(folder / "index.db").close()

    def work(number: int) -> None:
        records = open_records(records_url, lock_wait_seconds=60)
        index = EmbeddedIndex(folder / "index.db")
        for turn in range(5):
            hit_id = record(records, page(f"https://vay-{turn}.top/", minutes=number * 10 + turn)).hit_id
            if number == 0:
                decide(records, hit_id, Status.IN_REVIEW, "an")
            deliver(records, index)
        records.close()

    at_once(4, work)
    records = open_records(records_url)
    index = EmbeddedIndex(folder / "index.db")
    deliver(records, index)
    assert waiting(records)[0] == 0
    assert index.count() == 5
    by_age = sorted(load_hits(records, _found(index)), key=lambda hit: (hit.last_seen_at, hit.id), reverse=True)
    assert list(index.search(parse("status:in_review")).ids) == [hit.id for hit in by_age]
    records.close()


def test_a_rebuilt_index_holds_every_hit_and_tells_its_progress(
    records: Records, index: EmbeddedIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.rebuild.BATCH", 4)
    ids = _record(records, 10)
    told: list[tuple[int, int]] = []
    assert rebuild(records, index, lambda done, of: told.append((done, of))) == 10
    assert told == [(0, 10), (4, 10), (8, 10), (10, 10)]
    assert _found(index) == ids
    deliver(records, index)
    assert index.count() == 10


def test_people_search_and_decide_while_an_index_is_rebuilt(
    records: Records, index: EmbeddedIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.rebuild.BATCH", 4)
    ids = _record(records, 10)
    deliver(records, index)
    found_meanwhile: list[list[int]] = []

    def go_on(done: int, of: int) -> None:
        found_meanwhile.append(_found(index, "vay"))
        if done == 8:
            decide(records, ids[0], Status.CONFIRMED, "an")  # read already, and to be read again
            ids.append(record(records, page("https://moi.top/", minutes=99)).hit_id)
            deliver(records, index)

    rebuild(records, index, go_on)
    assert found_meanwhile == [ids[:10], ids[:10], ids[:10], ids]
    assert waiting(records)[0] == 0
    assert _found(index) == ids
    assert _found(index, "status:confirmed") == ids[:1]


def test_a_rebuild_that_is_killed_leaves_the_old_index(records_url: str, folder: Path) -> None:
    records = open_records(records_url)
    ids = _record(records, 3)
    index = EmbeddedIndex(folder / "index.db")
    deliver(records, index)

    def work() -> None:
        rebuild(open_records(records_url), EmbeddedIndex(folder / "index.db"), lambda done, of: os._exit(KILLED))

    worker = multiprocessing.get_context("fork").Process(target=work)
    worker.start()
    worker.join(30)
    assert worker.exitcode == KILLED
    assert _found(index) == ids
    assert rebuild(records, index) == 3
    assert _found(index) == ids
    records.close()


def test_rebuilding_mends_a_damaged_index(sqlite_records: Records, index: EmbeddedIndex) -> None:
    ids = _record(sqlite_records, 10)
    deliver(sqlite_records, index)
    with sqlite3.connect(index.path) as connection:
        connection.execute("UPDATE index1_text_data SET block = x'0102030405' WHERE id > 10")
    connection.close()
    with pytest.raises(IndexUnavailable, match="luoitroi index rebuild"):
        _found(index, "vay")
    rebuild(sqlite_records, EmbeddedIndex(index.path))
    assert _found(index, "vay") == ids


def test_an_index_file_cut_short_says_what_to_do(sqlite_records: Records, index: EmbeddedIndex) -> None:
    _record(sqlite_records, 10)
    deliver(sqlite_records, index)
    with index.path.open("r+b") as file:
        file.truncate(4096 * 3)
    with pytest.raises(IndexUnavailable, match="delete the file if it is the index's own, then rebuild"):
        _found(index, "vay")
