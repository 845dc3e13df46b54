"""Delivery by a process that keeps running: it leaves an index that is down alone, and is there when it is back."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import pytest

from crawler.delivery import DELIVERY_SECONDS, MAX_DELIVERY_SECONDS, Delivery
from search.indexes.embedded import EmbeddedIndex
from search.indexes.index import Document, DocumentsRefused
from search.language.query import parse
from search.outbox import waiting
from search.records import open_records
from tests.search.material import page, record


def test_an_index_that_is_down_is_asked_ever_less_often_and_named_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "crawler.delivery")
    folder = tmp_path / "index"
    folder.mkdir()
    records, index = open_records(f"sqlite:///{tmp_path}/luoitroi.db"), EmbeddedIndex(folder / "index.db")
    now = 1000.0
    delivery = Delivery(records, index, lambda: now)
    record(records)
    delivery.turn()
    assert waiting(records)[0] == 0
    assert index.count() == 1
    folder.rename(tmp_path / "gone")
    record(records, page("https://khac.top/"))
    waits = list[float]()
    for _ in range(9):
        delivery.turn()
        delivery.turn()  # not yet time
        waits.append(delivery.wait_seconds)
        now += delivery.wait_seconds
    assert waits == [10, 20, 40, 80, 160, 320, 320, 320, 320]
    assert waits[-1] == MAX_DELIVERY_SECONDS
    assert [(line.levelname, line.getMessage()) for line in caplog.records] == [("WARNING", "index_unavailable")]
    (tmp_path / "gone").rename(folder)
    now -= 1
    delivery.turn()
    assert waiting(records)[0] == 1
    now += 1
    delivery.turn()
    assert waiting(records)[0] == 0
    assert index.search(parse("")).total == 2
    assert delivery.wait_seconds == DELIVERY_SECONDS
    assert [line.getMessage() for line in caplog.records[1:]] == ["index_delivered_again"]
    record(records, page("https://nua.top/"))
    delivery.turn()
    assert waiting(records)[0] == 0
    records.close()


def test_records_that_are_held_by_another_are_no_failure_of_the_process(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "luoitroi.db"
    records = open_records(f"sqlite:///{path}", lock_wait_seconds=0.1)
    index = EmbeddedIndex(tmp_path / "index.db")
    record(records)
    holder = open_records(f"sqlite:///{path}")
    delivery = Delivery(records, index, lambda: 0.0)
    with holder.write() as session:
        session.connection()
        delivery.turn()
    assert [line.getMessage() for line in caplog.records] == ["records_locked"]
    assert waiting(records)[0] == 1
    holder.close()
    records.close()


class _RefusesAll(EmbeddedIndex):
    """An index that will never take what it is given."""

    def put(self, documents: Sequence[Document]) -> None:
        super().put([])  # which fails where the index cannot be reached
        raise DocumentsRefused({one.id: "too many fields" for one in documents})


def test_an_outage_after_refused_hits_is_told_as_well(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    folder.mkdir()
    records = open_records(f"sqlite:///{tmp_path}/luoitroi.db")
    told = list[str]()
    delivery = Delivery(records, _RefusesAll(folder / "index.db"), lambda: 0.0, lambda error: told.append(error.kind))
    record(records)
    delivery.turn()
    delivery.turn()
    assert told == ["documents_refused"]
    folder.rename(tmp_path / "gone")
    record(records, page("https://khac.top/"))
    delivery.turn()
    assert told == ["documents_refused", "index_unavailable"]
    records.close()


def test_a_stopped_delivery_leaves_the_rest_to_others(tmp_path: Path) -> None:
    records = open_records(f"sqlite:///{tmp_path}/luoitroi.db")
    index = EmbeddedIndex(tmp_path / "index.db")
    delivery = Delivery(records, index)
    record(records)
    delivery.stop()
    delivery.turn()
    assert waiting(records)[0] == 1
    Delivery(records, index).turn()
    assert waiting(records)[0] == 0
    records.close()
