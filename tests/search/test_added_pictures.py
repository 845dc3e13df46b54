"""Pictures read after their hit was recorded: what they add counts, what they take away does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from matchers.match import Identifier, Match, Severity, Span, Verdict
from matchers.page import Page, Picture, PictureLine, PictureRole
from search.added_pictures import Added, add_pictures
from search.campaigns.campaign import campaign_of, path
from search.hits import Hit, Outcome, history, load_hit
from search.outbox import waiting
from search.records import Records
from search.review import decide
from search.status import Status
from tests.search.material import JOB_TEXT, PHONE, page, record, verdict

SCREEN = Picture("", PictureRole.SCREENSHOT, "5" * 64, 1366, 768, 7, (PictureLine("Gọi 0912 000 111", (5, 5, 90, 20)),))
OTHER_SCREEN = replace(SCREEN, sha256="6" * 64)
NUMBER = Match(
    "identifiers/phone",
    "identifiers",
    "Số điện thoại",
    "Phone number",
    span=Span("picture", 4, 16, SCREEN.sha256, (5, 5, 90, 20)),
    quote="0912 000 111",
    identifier=PHONE,
)


def hit_of(records: Records, hit_id: int) -> Hit:
    hit = load_hit(records, hit_id)
    assert hit is not None
    return hit


def add(records: Records, hit_id: int, judged: Verdict, *pictures: Picture) -> Added | None:
    return add_pictures(records, hit_id, pictures or (SCREEN,), lambda _: judged)


def actions(records: Records, hit_id: int) -> list[str]:
    return [event.action for event in history(records, hit_id)]


def test_a_number_that_stands_in_the_picture_alone_joins_campaigns(records: Records) -> None:
    first = record(records, page("https://mot.top/", JOB_TEXT, title=""), verdict(PHONE)).hit_id
    second = record(records, page("https://hai.top/"), verdict()).hit_id
    assert campaign_of(records, first) is None
    announced, _ = waiting(records)
    seen: list[Page] = []

    def judge(one: Page) -> Verdict:
        seen.append(one)
        return replace(verdict(matches=(NUMBER,)), score=1.9, severity=Severity.CRITICAL)

    added = add_pictures(records, second, [SCREEN], judge)
    assert added == Added((PHONE,), 1.5, 1.9, is_raised=True, is_told=True)
    assert seen[0].pictures == (SCREEN,)
    assert seen[0].text == page().text
    hit = hit_of(records, second)
    assert (hit.score, hit.severity, hit.pictures) == (1.9, Severity.CRITICAL, (SCREEN,))
    assert NUMBER in hit.matches
    assert PHONE in hit.identifiers
    assert [hop.kind for hop in path(records, first, second)] == ["phone"]
    assert waiting(records)[0] == announced + 1
    event = history(records, second)[-1]
    assert (event.action, event.actor) == ("picture_read", "crawler")
    assert event.note == "score 1.50 → 1.90; +phone +84912000111"


@pytest.mark.parametrize("status", [Status.NEW, Status.IN_REVIEW, Status.CONFIRMED])
def test_a_picture_takes_nothing_away_and_undoes_no_decision(records: Records, status: Status) -> None:
    hit_id = record(records, judged=verdict()).hit_id
    if status is not Status.NEW:
        decide(records, hit_id, status, "lan", "xem rồi", hit_of(records, hit_id).version)
    before = hit_of(records, hit_id)
    worse = replace(verdict(matches=(NUMBER,)), score=0.8, is_hit=False, category="")
    better = replace(verdict(matches=(NUMBER,)), score=3.0, category="fake_bank")
    added = add(records, hit_id, better if status is Status.CONFIRMED else worse)
    assert added == Added((PHONE,), 1.5, 1.5, is_raised=False, is_told=True)
    hit = hit_of(records, hit_id)
    assert (hit.score, hit.category, hit.status) == (before.score, before.category, before.status)
    assert hit.matches == (*before.matches, NUMBER)
    assert "stays" in history(records, hit_id)[-1].note


def test_a_picture_that_tells_nothing_new_is_kept_without_a_word(records: Records) -> None:
    hit_id = record(records, judged=verdict(PHONE)).hit_id
    before, announced = hit_of(records, hit_id), waiting(records)[0]
    added = add(records, hit_id, verdict(PHONE))
    assert added is not None
    assert not added.is_told
    hit = hit_of(records, hit_id)
    assert (hit.version, hit.pictures) == (before.version, (SCREEN,))
    assert actions(records, hit_id) == ["found_new"]
    assert waiting(records)[0] == announced
    # The screenshot of a later capture takes the place of the first.
    add(records, hit_id, verdict(PHONE), OTHER_SCREEN)
    assert hit_of(records, hit_id).pictures == (OTHER_SCREEN,)


def test_a_screenshot_read_later_does_not_make_the_page_another(records: Records) -> None:
    hit_id = record(records).hit_id
    add(records, hit_id, replace(verdict(matches=(NUMBER,)), score=1.9))
    again = record(records, page(minutes=5))
    assert (again.hit_id, again.outcome) == (hit_id, Outcome.SEEN)
    hit = hit_of(records, hit_id)
    assert (hit.pictures, hit.score) == ((SCREEN,), 1.9)
    assert Identifier("phone", "+84912000111") in hit.identifiers


def test_there_must_be_a_hit_and_a_picture(records: Records) -> None:
    assert add(records, 4711, verdict()) is None
    assert add_pictures(records, record(records).hit_id, [], lambda _: verdict()) is None
