"""First sights are found by an index that has the kind with each band, and by nothing else."""

from __future__ import annotations

from typing import Any

from sqlalchemy.event import listen

from search.campaigns.first_sights import sights
from search.campaigns.ties import TEXT
from search.records import Records
from tests.search.material import record

SEEN = 0x0123_4567_89AB_CDEF


def test_candidates_are_looked_up_by_kind_and_band_at_once(sqlite_records: Records) -> None:
    hit_id = record(sqlite_records).hit_id
    asked: list[tuple[str, Any]] = []
    listen(sqlite_records.engine, "before_cursor_execute", lambda *told: asked.append((told[2], told[3])))
    with sqlite_records.write() as session:
        (made,) = sights(session, TEXT, SEEN, hit_id, 3)
        assert sights(session, TEXT, SEEN ^ 0b111, hit_id, 3) == [made]
        assert sights(session, "picture/desktop", SEEN, hit_id, 3) != [made]
        statement, given = next(one for one in asked if one[0].startswith("SELECT first_sights"))
        plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given).all()
    steps = [step.detail for step in plan if "first_sights" in step.detail]
    assert len(steps) == 4
    for band, step in enumerate(sorted(steps)):
        assert f"USING INDEX ix_first_sights_kind_band_{band} (kind=? AND band_{band}=?)" in step
