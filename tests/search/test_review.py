"""Decisions: every step that is allowed and every one that is not, on SQLite and PostgreSQL."""

from __future__ import annotations

from itertools import product

import pytest

from search.hits import history, load_hit
from search.outbox import waiting
from search.records import Records, open_records
from search.review import FOLLOWS, HitChanged, HitMissing, StatusNotAllowed, decide
from search.status import Status
from search.tables import HitRow
from tests.search.material import page, record
from tests.search.processes import at_once

STEPS = list(product(Status, Status))
ALLOWED = [(before, after) for before, after in STEPS if after in FOLLOWS[before]]
REFUSED = [(before, after) for before, after in STEPS if after not in FOLLOWS[before]]


def _hit_in(records: Records, status: Status, url: str = "https://vay.top/") -> int:
    hit_id = record(records, page(url)).hit_id
    with records.write() as session:
        session.get_one(HitRow, hit_id).status = status
    return hit_id


def test_every_status_leads_somewhere_and_none_to_itself() -> None:
    assert set(FOLLOWS) == set(Status)
    assert all(FOLLOWS[status] and status not in FOLLOWS[status] for status in Status)


def test_every_status_is_reached_from_new() -> None:
    reached = {Status.NEW}
    while more := {after for before in reached for after in FOLLOWS[before]} - reached:
        reached |= more
    assert reached == set(Status)


def test_allowed_steps_are_taken_with_history_and_index_work(records: Records) -> None:
    for number, (before, after) in enumerate(ALLOWED):
        hit_id = _hit_in(records, before, f"https://vay-{number}.top/")
        waiting_before = waiting(records)[0]
        assert decide(records, hit_id, after, "an", "đã gọi thử", seen_version=1) == 2
        hit = load_hit(records, hit_id)
        assert hit is not None
        assert (hit.status, hit.version) == (after, 2)
        event = history(records, hit_id)[-1]
        assert (event.actor, event.action, event.note) == ("an", "decided", "đã gọi thử")
        assert (event.from_status, event.to_status) == (before, after)
        assert waiting(records)[0] == waiting_before + 1


def test_refused_steps_change_nothing_and_say_what_is_allowed(records: Records) -> None:
    for number, (before, after) in enumerate(REFUSED):
        hit_id = _hit_in(records, before, f"https://vay-{number}.top/")
        waiting_before = waiting(records)[0]
        with pytest.raises(StatusNotAllowed, match=f"is {before}; .* not {after}") as caught:
            decide(records, hit_id, after, "an")
        assert all(status in str(caught.value) for status in FOLLOWS[before])
        hit = load_hit(records, hit_id)
        assert hit is not None
        assert (hit.status, hit.version) == (before, 1)
        assert [event.action for event in history(records, hit_id)] == ["found_new"]
        assert waiting(records)[0] == waiting_before


def test_a_decision_on_an_older_look_is_refused(records: Records) -> None:
    hit_id = record(records).hit_id
    decide(records, hit_id, Status.IN_REVIEW, "an", seen_version=1)
    with pytest.raises(HitChanged, match="version 2, not 1"):
        decide(records, hit_id, Status.CONFIRMED, "bình", seen_version=1)
    hit = load_hit(records, hit_id)
    assert hit is not None
    assert hit.status is Status.IN_REVIEW


def test_a_hit_that_is_not_there_is_named(records: Records) -> None:
    with pytest.raises(HitMissing, match="hit 404 does not exist"):
        decide(records, 404, Status.CONFIRMED, "an")


def test_of_people_who_decide_on_the_same_look_one_wins(records_url: str) -> None:
    records = open_records(records_url)
    hit_id = record(records).hit_id
    choices = (Status.IN_REVIEW, Status.CONFIRMED, Status.NOT_VIOLATION)

    def work(number: int) -> str:
        opened = open_records(records_url)
        try:
            decide(opened, hit_id, choices[number % 3], f"người {number}", seen_version=1)
            return choices[number % 3]
        except HitChanged:
            return ""
        finally:
            opened.close()

    told = list(filter(None, at_once(6, work)))
    hit = load_hit(records, hit_id)
    assert hit is not None
    assert told == [hit.status]
    assert hit.version == 2
    assert len(history(records, hit_id)) == 2
    records.close()


def test_a_note_may_hold_anything(records: Records) -> None:
    hit_id = record(records).hit_id
    decide(records, hit_id, Status.IN_REVIEW, "an", "a\x00b")
    assert history(records, hit_id)[-1].note == "a\ufffdb"
