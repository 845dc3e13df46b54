"""Stored hits judged again: told before anything changes, then written, with every decision of people kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from matchers.judge import Judge
from matchers.match import Identifier, Severity
from matchers.page import Page
from matchers.rules import load_rules
from search.campaigns.campaign import campaign_of
from search.campaigns.membership import hold_campaigns, regroup_all, retie
from search.hits import Hit, Outcome, history, load_hit, record_hit
from search.indexes.embedded import EmbeddedIndex
from search.outbox import deliver, waiting
from search.records import Records
from search.rejudging import BATCH, Effect, Question, apply_rules, count_hits, preview
from search.review import decide
from search.saved import alerts, save_search
from search.status import Status
from search.tables import CampaignMemberRow, HitRow
from tests.search.material import NOW, page

TEXT = "Nước thần chữa bách bệnh đây bà con ơi, gọi 0988 000 111 ngay hôm nay kẻo hết hàng"
SINCE = Question(NOW - timedelta(days=1))


def judge(folder: Path, **weights: float | str) -> Judge:
    """A judge by the built-in packs and one pack with a rule a word; the rule's weight is given, or its pack's text."""
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    severity = weights.pop("severity", "high")
    pack = str(weights.pop("pack", "water_scam"))
    rules = "".join(
        f"  - {{id: {word}, reason: {{vi: Có từ {word}, en: Says {word}}}, weight: {weight}, any: [{phrase}]}}\n"
        for word, weight in weights.items()
        for phrase in [{"nuoc": "nước thần", "gap": "kẻo hết hàng"}[word]]
    )
    head = f"id: {pack}\ntitle: {{vi: Lừa bán nước, en: Water fraud}}\nseverity: {severity}\nrules:\n"
    (folder / "pack.yaml").write_text(head + rules, "utf-8")
    return Judge(load_rules((folder,)))


@pytest.fixture
def first(tmp_path: Path) -> Judge:
    return judge(tmp_path / "packs", nuoc=1.2)


def seen(number: int = 0, **parts: object) -> Page:
    """A page of its own address, of the same words each time but for the number's own sentence."""
    text = str(parts.pop("text", TEXT))
    return page(f"https://nuoc-{number}.top/", text, minutes=number, title="Nước", **parts)


def recorded(records: Records, judge: Judge, one: Page) -> int:
    verdict = judge.judge(one)
    assert verdict.is_hit
    return record_hit(records, one, verdict, Severity.CRITICAL, "desktop").hit_id


def hit_of(records: Records, hit_id: int) -> Hit:
    hit = load_hit(records, hit_id)
    assert hit is not None
    return hit


def effects(records: Records, judge: Judge, question: Question = SINCE) -> dict[int, Effect]:
    return {one.hit_id: one.effect for one in preview(records, question, judge.judge, judge.rules.version)}


def applied(records: Records, judge: Judge, question: Question = SINCE) -> dict[int, Effect]:
    return {one.hit_id: one.effect for one in apply_rules(records, question, judge.judge, judge.rules.version)}


@pytest.mark.parametrize(
    ("weights", "effect"),
    [
        ({"nuoc": 1.2}, None),
        ({"nuoc": 1.2, "severity": "high"}, None),
        ({"nuoc": 0.4}, Effect.UNFLAGGED),
        ({"nuoc": 1.2, "pack": "health_scam"}, Effect.CATEGORY),
        ({"nuoc": 1.2, "severity": "critical"}, Effect.SEVERITY),
        ({"nuoc": 1.3}, Effect.SCORE),
        ({"nuoc": 0.6, "gap": 0.6}, Effect.REASON),
    ],
)
def test_what_would_change_is_told_first_and_is_what_changes(
    records: Records, tmp_path: Path, first: Judge, weights: dict[str, float | str], effect: Effect | None
) -> None:
    hit_id = recorded(records, first, seen())
    before = hit_of(records, hit_id)
    second = judge(tmp_path / "packs", **weights)
    expected = {} if effect is None else {hit_id: effect}
    assert effects(records, second) == expected
    assert hit_of(records, hit_id) == before, "a look changes nothing"
    assert applied(records, second) == expected
    after = hit_of(records, hit_id)
    verdict = second.judge(seen())
    assert after.rules_version == second.rules.version
    assert after.status is Status.NEW
    if effect is None:
        assert after == before
        return
    assert after.version == before.version + 1
    assert after.score == verdict.score
    assert after.matches == verdict.matches
    assert [event.action for event in history(records, hit_id)] == ["found_new", "rejudged"]
    note = history(records, hit_id)[-1].note
    assert f"{first.rules.version} → {second.rules.version}" in note
    assert effects(records, second) == {}, "judged by these rules already"
    if effect is Effect.UNFLAGGED:
        assert (after.category, after.severity) == ("water_scam", Severity.LOW)
        assert "không còn gắn cờ" in after.reason_vi
        assert "no longer flag" in after.reason_en
        assert before.reason_vi in note
        assert applied(records, judge(tmp_path / "packs", nuoc=1.2)) == {hit_id: Effect.FLAGGED_AGAIN}
        again = hit_of(records, hit_id)
        assert (again.reason_vi, again.severity, again.score) == (before.reason_vi, before.severity, before.score)
    else:
        assert (after.category, after.severity) == (verdict.category, verdict.severity)
        assert after.reason_vi == verdict.reason_vi


@pytest.mark.parametrize("status", list(Status))
def test_no_decision_is_undone(records: Records, tmp_path: Path, first: Judge, status: Status) -> None:
    hit_id = recorded(records, first, seen())
    ways = {
        Status.NEW: (),
        Status.HANDED_OVER: (Status.CONFIRMED, Status.HANDED_OVER),
        Status.TAKEN_DOWN: (Status.CONFIRMED, Status.TAKEN_DOWN),
        Status.CLOSED: (Status.NOT_VIOLATION, Status.CLOSED),
    }
    for step in ways.get(status, (status,)):
        decide(records, hit_id, step, "an")
    before = hit_of(records, hit_id)
    second = judge(tmp_path / "packs", nuoc=0.4)
    [told] = preview(records, SINCE, second.judge, second.rules.version)
    is_decided = status not in (Status.NEW, Status.IN_REVIEW)
    assert (told.is_decided, told.is_written, told.effect) == (is_decided, not is_decided, Effect.UNFLAGGED)
    applied(records, second)
    after = hit_of(records, hit_id)
    assert after.status is status
    if is_decided:
        assert after == before
    else:
        assert after.score < 1


def test_a_decided_hit_gains_what_new_rules_find_on_it(records: Records, tmp_path: Path, first: Judge) -> None:
    """Its judgement stays; the number that another hit shows too ties both."""
    one, other = recorded(records, first, seen(1)), recorded(records, first, seen(2, text=f"{TEXT} nhanh tay lên"))
    decide(records, one, Status.CONFIRMED, "an", "đúng")
    with records.write() as session:
        # As earlier rules left it: no number was found on the page.
        for hit in session.query(HitRow):
            hit.matches = [match for match in hit.matches if match["identifier"] is None]
            hit.identifiers = []
            hit.text_fingerprint = 0
        session.flush()
        hold_campaigns(session)
        for hit in session.query(HitRow).order_by(HitRow.id):
            retie(session, hit)
        regroup_all(session)
    before = hit_of(records, one)
    assert campaign_ids(records) == {}
    second = judge(tmp_path / "packs", nuoc=1.25)
    told = {one.hit_id: one for one in apply_rules(records, SINCE, second.judge, second.rules.version)}
    phone = Identifier("phone", "+84988000111")
    assert (told[one].is_written, told[one].gained) == (True, (phone,))
    after = hit_of(records, one)
    assert (after.score, after.reason_vi, after.rules_version) == (before.score, before.reason_vi, before.rules_version)
    assert (after.status, after.identifiers) == (Status.CONFIRMED, (phone,))
    assert campaign_of(records, one) is not None
    assert campaign_of(records, one) == campaign_of(records, other)
    assert applied(records, second) == {one: Effect.SCORE}
    assert hit_of(records, one) == after, "gained once"


def test_what_earlier_rules_took_for_an_identifier_goes_with_its_tie(
    records: Records, tmp_path: Path, first: Judge
) -> None:
    wrong = Identifier("bank_account", "VCB:0988000111")
    ids = []
    texts = ("Nước thần về làng, gọi 0988 000 111 gặp bà Tư", "Ai mua nước thần thì alô 0988 000 112 nghe bà con")
    for number, text in enumerate(texts):
        one = seen(number, text=text)
        verdict = first.judge(one)
        match = replace(verdict.matches[-1], rule="identifiers/bank_account", identifier=wrong, matcher="identifiers")
        with_wrong = replace(verdict, matches=(*verdict.matches, match))
        ids.append(record_hit(records, one, with_wrong, Severity.CRITICAL, "desktop").hit_id)
    assert len(set(campaign_ids(records).values())) == 1
    second = judge(tmp_path / "packs", nuoc=1.2, severity="critical")
    for told in apply_rules(records, SINCE, second.judge, second.rules.version):
        assert told.lost == (wrong,)
    assert all(wrong not in hit_of(records, hit_id).identifiers for hit_id in ids)
    assert all(hit_of(records, hit_id).identifiers for hit_id in ids)
    assert campaign_ids(records) == {}


def campaign_ids(records: Records) -> dict[int, int]:
    with records.read() as session:
        return {row.hit_id: row.campaign_id for row in session.query(CampaignMemberRow)}


def test_hits_of_which_only_the_text_is_known_are_told_and_left(records: Records, tmp_path: Path, first: Judge) -> None:
    hit_id = recorded(records, first, seen())
    with records.write() as session:
        session.get_one(HitRow, hit_id).seen = {}
    before = hit_of(records, hit_id)
    second = judge(tmp_path / "packs", nuoc=0.4)
    for told in (
        *preview(records, SINCE, second.judge, second.rules.version),
        *apply_rules(records, SINCE, second.judge, second.rules.version),
    ):
        assert (told.is_whole, told.is_written, told.effect) == (False, False, Effect.UNFLAGGED)
    assert hit_of(records, hit_id) == before


def test_only_what_was_asked_for_is_judged(records: Records, tmp_path: Path, first: Judge) -> None:
    old, new = recorded(records, first, seen(1)), recorded(records, first, seen(600))
    second = judge(tmp_path / "packs", nuoc=0.4)
    question = Question(NOW + timedelta(minutes=60))
    assert count_hits(records, question, second.rules.version) == 1
    assert effects(records, second, question) == {new: Effect.UNFLAGGED}
    assert effects(records, second, replace(SINCE, categories=("fake_bank",))) == {}
    assert set(effects(records, second, replace(SINCE, categories=("fake_bank", "water_scam")))) == {old, new}


def test_the_index_and_saved_searches_hear_of_it(records: Records, tmp_path: Path, first: Judge) -> None:
    hit_id = recorded(records, first, seen())
    index = EmbeddedIndex(records.sqlite_path or tmp_path / "index.db")
    deliver(records, index)
    save_search(records, "an", "khẩn", "severity:4", is_alerting=True)
    applied(records, judge(tmp_path / "packs", nuoc=1.2, severity="critical"))
    assert waiting(records)[0] == 1
    assert [alert.hit_id for alert in alerts(records, "an")] == [hit_id]
    deliver(records, index)
    index.close()


def test_it_goes_on_where_it_was_stopped(records: Records, tmp_path: Path, first: Judge) -> None:
    for number in range(BATCH + 5):
        recorded(records, first, seen(number))
    second = judge(tmp_path / "packs", nuoc=0.4)
    going = apply_rules(records, SINCE, second.judge, second.rules.version)
    assert next(going).hit_id == 1
    going.close()
    assert count_hits(records, SINCE, second.rules.version) == 5
    assert len(applied(records, second)) == 5
    assert count_hits(records, SINCE, second.rules.version) == 0


def test_a_hit_seen_again_by_the_same_rules_is_not_judged_back(records: Records, tmp_path: Path, first: Judge) -> None:
    hit_id = recorded(records, first, seen())
    second = judge(tmp_path / "packs", nuoc=1.2, severity="critical")
    applied(records, second)
    again = record_hit(records, seen(), second.judge(seen()), Severity.CRITICAL, "desktop")
    assert (again.hit_id, again.outcome) == (hit_id, Outcome.SEEN)
    assert hit_of(records, hit_id).severity is Severity.CRITICAL
