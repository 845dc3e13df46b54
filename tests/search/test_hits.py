"""Recording hits: once each, updated when seen again, superseded when changed, whoever records at the same time."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from matchers.match import Identifier, Match, Severity, Span, Verdict
from matchers.page import Page, PageKind, Picture, PictureRole
from matchers.text.likeness import simhash
from search.captures import CaptureState, captures_of
from search.hits import (
    MAX_URL_CHARACTERS,
    Outcome,
    Recorded,
    history,
    is_near_same,
    iterate_hits,
    load_hit,
    load_hits,
    normalise_url,
)
from search.outbox import waiting
from search.records import Records, open_records
from search.rejudging import rejudge_hit
from search.review import decide
from search.status import Status
from search.tables import HitEventRow, HitRow, IdentifierRow, OutboxRow
from tests.search.material import ACCOUNT, JOB_TEXT, LOAN_TEXT, NOW, PHONE, page, record, verdict
from tests.search.processes import at_once

OTHER_NUMBER = LOAN_TEXT.replace("0912 000 111", "0945 222 333")


def test_the_texts_of_these_tests_are_as_near_and_as_far_as_they_claim() -> None:
    assert is_near_same(simhash(f"Vay nhanh 24h\n{LOAN_TEXT}"), simhash(f"Vay nhanh 24h\n{OTHER_NUMBER}"))
    assert not is_near_same(simhash(f"Vay nhanh 24h\n{LOAN_TEXT}"), simhash(f"Vay nhanh 24h\n{JOB_TEXT}"))


def test_a_hit_comes_back_as_it_was_recorded(records: Records) -> None:
    seen = page(
        "https://vay-nhanh.top/dang-ky?goi=1",
        redirect_chain=("https://ads.net/c?1", "https://nhay.link/x"),
        referrer_url="https://bao.vn/1",
        language="vi",
        is_rendered=True,
    )
    flagged = verdict(PHONE, ACCOUNT)
    recorded = record(records, seen, flagged)
    hit = load_hit(records, recorded.hit_id)
    assert hit is not None
    assert recorded.outcome is Outcome.NEW
    assert (hit.url, hit.host, hit.registered_domain) == (seen.url, "vay-nhanh.top", "vay-nhanh.top")
    assert (hit.title, hit.text, hit.language) == (seen.title, seen.text, "vi")
    assert hit.redirect_chain == seen.redirect_chain
    assert (hit.referrer_url, hit.is_rendered, hit.page_kind) == (seen.referrer_url, True, PageKind.LANDING)
    assert hit.matches == flagged.matches
    assert (hit.category, hit.severity, hit.score) == ("loan_credit", Severity.HIGH, 1.5)
    assert (hit.reason_vi, hit.reason_en, hit.rules_version) == (flagged.reason_vi, flagged.reason_en, "r1")
    assert (hit.status, hit.version, hit.seen_count) == (Status.NEW, 1, 1)
    assert hit.first_seen_at == hit.last_seen_at == NOW
    assert hit.content_hash == seen.content_hash
    assert set(hit.identifiers) == {PHONE, ACCOUNT}


def test_seen_again_it_is_counted_and_not_doubled(records: Records) -> None:
    first = record(records)
    again = record(records, page(minutes=5))
    assert (again.hit_id, again.outcome) == (first.hit_id, Outcome.SEEN)
    hit = load_hit(records, first.hit_id)
    assert hit is not None
    assert (hit.seen_count, hit.version) == (2, 2)
    assert (hit.first_seen_at, hit.last_seen_at) == (NOW, NOW + timedelta(minutes=5))
    assert [event.action for event in history(records, hit.id)] == ["found_new"]


def test_an_older_sight_written_late_moves_the_first_and_not_the_last(records: Records) -> None:
    hit_id = record(records).hit_id
    record(records, page(minutes=-30))
    hit = load_hit(records, hit_id)
    assert hit is not None
    assert (hit.first_seen_at, hit.last_seen_at) == (NOW - timedelta(minutes=30), NOW)


def test_the_address_counts_without_tracking_order_or_case(records: Records) -> None:
    first = record(records, page("https://vay.top/a?x=1&y=2"))
    again = record(records, page("https://VAY.top:443/a?y=2&utm_source=zalo&x=1&fbclid=9#tren"))
    assert again.hit_id == first.hit_id
    assert record(records, page("https://vay.top/a?x=1&y=3")).hit_id != first.hit_id


def test_near_same_text_updates_the_hit_there_is(records: Records) -> None:
    first = record(records)
    decide(records, first.hit_id, Status.CONFIRMED, "an")
    changed = record(records, page(text=OTHER_NUMBER, minutes=5), verdict(PHONE))
    assert (changed.hit_id, changed.outcome) == (first.hit_id, Outcome.CHANGED)
    hit = load_hit(records, first.hit_id)
    assert hit is not None
    assert (hit.text, hit.status, hit.identifiers) == (OTHER_NUMBER, Status.CONFIRMED, (PHONE,))
    assert [event.action for event in history(records, hit.id)] == ["found_new", "decided", "found_changed"]


def test_another_text_at_the_same_address_supersedes(records: Records) -> None:
    first = record(records)
    decide(records, first.hit_id, Status.NOT_VIOLATION, "an")
    second = record(records, page(text=JOB_TEXT, minutes=5))
    assert second.outcome is Outcome.NEW
    old, new = load_hits(records, [first.hit_id, second.hit_id])
    assert (new.supersedes_id, new.status) == (old.id, Status.NEW)
    assert (old.text, old.status) == (LOAN_TEXT, Status.NOT_VIOLATION)
    assert history(records, new.id)[0].note == f"supersedes {old.id}"
    back = record(records, page(minutes=10))
    assert (back.hit_id, back.outcome) == (first.hit_id, Outcome.SEEN)


def test_pages_too_short_for_a_likeness_are_never_taken_for_one_another(records: Records) -> None:
    assert simhash("\nvay") == simhash("\nviệc") == 0
    first = record(records, page(title="", text="vay"))
    second = record(records, page(title="", text="việc"))
    assert second.outcome is Outcome.NEW
    assert second.hit_id != first.hit_id


def test_identifiers_are_kept_once_and_joined_to_every_hit(records: Records) -> None:
    hit_id = record(records, judged=verdict(PHONE, PHONE)).hit_id
    other_id = record(records, page("https://khac.top/"), verdict(PHONE, ACCOUNT)).hit_id
    record(records, page(text=OTHER_NUMBER), verdict(ACCOUNT))
    with records.read() as session:
        assert session.scalar(select(func.count()).select_from(IdentifierRow)) == 2
    for hit in load_hits(records, [hit_id, other_id]):
        assert set(hit.identifiers) == {PHONE, ACCOUNT}


def test_new_rules_describe_the_hit_anew(records: Records) -> None:
    hit_id = record(records, judged=verdict(severity=Severity.LOW)).hit_id
    judged = verdict(PHONE, category="fake_bank", severity=Severity.CRITICAL, rules_version="r2")
    again = record(records, page(minutes=1), judged)
    assert again.outcome is Outcome.SEEN
    hit = load_hit(records, hit_id)
    assert hit is not None
    assert (hit.category, hit.severity, hit.rules_version) == ("fake_bank", Severity.CRITICAL, "r2")
    assert hit.identifiers == (PHONE,)


def test_captures_are_asked_for_from_the_severity_named_when_new_changed_or_raised(records: Records) -> None:
    def due(hit_id: int) -> list[tuple[str, str, str]]:
        jobs = captures_of(records, hit_id)
        return [(job.url, job.device, job.referrer_url) for job in jobs if job.state is CaptureState.DUE]

    click = "https://quang-cao.net/c?1"
    landing = page(requested_url=click, redirect_chain=(click,), referrer_url="https://bao.vn/1")
    low = record(records, landing, verdict(severity=Severity.MEDIUM), capture_from=Severity.HIGH).hit_id
    assert due(low) == []
    raised = verdict(severity=Severity.HIGH, rules_version="r2")
    record(records, landing, raised, capture_from=Severity.HIGH)
    assert due(low) == [("https://quang-cao.net/c?1", "desktop", "https://bao.vn/1")]
    record(records, landing, raised, capture_from=Severity.HIGH)
    assert len(due(low)) == 1
    high = record(records, page("https://b.top/"), capture_from=Severity.HIGH).hit_id
    assert due(high) == [("https://b.top/", "desktop", "")]


def test_every_recording_leaves_index_work(records: Records) -> None:
    hit_id = record(records).hit_id
    record(records)
    with records.read() as session:
        assert session.scalars(select(OutboxRow.hit_id).order_by(OutboxRow.id)).all() == [hit_id, hit_id]


def test_nothing_of_a_hit_is_kept_when_a_part_of_it_cannot_be(records: Records) -> None:
    broken = Identifier("zalo", 5)  # type: ignore[arg-type]
    with pytest.raises(TypeError):  # met after the hit itself was sent to the database
        record(records, judged=verdict(PHONE, broken))
    with records.read() as session:
        for table in (HitRow, IdentifierRow, HitEventRow, OutboxRow):
            assert session.scalar(select(func.count()).select_from(table)) == 0


def test_hostile_text_is_recorded_with_its_spans_right(records: Records) -> None:
    text = "\x00\ud83dVay tiền nhanh\ude00"
    found = Match(
        "r/x",
        "phrases",
        "l\x00",
        "s\ud800",
        "loan_credit",
        1.0,
        1.0,
        Span("text", 2, 16),
        "Vay\x00",
        None,
        {"a": "\x00"},
    )
    hostile = page(
        "https://x.top/\ud800?q=\x00",
        text,
        title="t\x00",
        language="v" * 300,
        redirect_chain=("https://\x00.top/",),
        referrer_url="\udfff",
    )
    hit = load_hit(
        records, record(records, hostile, verdict(Identifier("zalo", "\x00" * 400), matches=(found,))).hit_id
    )
    assert hit is not None
    span = hit.matches[-1].span
    assert span is not None
    assert hit.text[span.start : span.end] == "Vay tiền nhanh"
    assert (hit.title, hit.language) == ("t\ufffd", "v" * 16)
    assert hit.identifiers == (Identifier("zalo", "\ufffd" * 255),)
    assert hit.matches[-1].facts == {"a": "\ufffd"}
    str(hit).encode()


def test_an_address_of_any_length_is_recorded_and_found_again(records: Records) -> None:
    long = "https://ads.net/click?" + "&".join(f"p{number}={'x' * 50}" for number in range(500))
    first = record(records, page(long))
    assert record(records, page(long)).hit_id == first.hit_id
    assert record(records, page(long + "y")).hit_id != first.hit_id


def test_load_hits_keeps_the_order_asked_for_and_leaves_gaps_out(records: Records) -> None:
    ids = [record(records, page(f"https://{name}.top/")).hit_id for name in "abc"]
    asked = [ids[2], 999_999, ids[0]]
    assert [hit.id for hit in load_hits(records, asked)] == [ids[2], ids[0]]
    assert load_hit(records, 999_999) is None
    assert load_hits(records, []) == []


def test_iterating_gives_every_hit_once_by_id_in_batches(records: Records) -> None:
    ids = [record(records, page(f"https://{number}.top/")).hit_id for number in range(7)]
    assert [hit.id for hit in iterate_hits(records, batch=3)] == sorted(ids)


def test_eight_processes_recording_the_same_pages_lose_and_double_nothing(records_url: str) -> None:
    pages = [page(f"https://vay-{number}.top/", minutes=number) for number in range(12)]

    def work(number: int) -> Counter[Outcome]:
        records = open_records(records_url, lock_wait_seconds=60)
        mine = pages[number:] + pages[:number]
        flagged = verdict(PHONE, ACCOUNT, Identifier("zalo", f"nhom-{number}"))
        outcomes = Counter(record(records, seen, flagged).outcome for seen in mine)
        records.close()
        return outcomes

    told = at_once(8, work)
    assert sum(told, Counter()) == {Outcome.NEW: 12, Outcome.SEEN: 84}
    records = open_records(records_url)
    hits = list(iterate_hits(records))
    assert sorted(hit.url for hit in hits) == sorted(seen.url for seen in pages)
    assert {(hit.seen_count, hit.version) for hit in hits} == {(8, 8)}
    assert all({PHONE, ACCOUNT} <= set(hit.identifiers) for hit in hits)
    assert waiting(records)[0] == 96
    records.close()


def test_processes_recording_versions_of_one_page_end_with_one_hit(records_url: str) -> None:
    texts = [LOAN_TEXT, OTHER_NUMBER, LOAN_TEXT.replace("0912 000 111", "0966 444 555")]

    def work(number: int) -> None:
        records = open_records(records_url, lock_wait_seconds=60)
        for turn in range(6):
            record(records, page(text=texts[(number + turn) % 3]), verdict(PHONE))
        records.close()

    at_once(4, work)
    records = open_records(records_url)
    (hit,) = iterate_hits(records)
    assert (hit.seen_count, hit.version) == (24, 24)
    records.close()


def test_decisions_and_sights_at_the_same_time_both_count(records_url: str) -> None:
    records = open_records(records_url)
    hit_id = record(records).hit_id

    def work(number: int) -> None:
        opened = open_records(records_url, lock_wait_seconds=60)
        for turn in range(10):
            if number == 0:
                decide(opened, hit_id, Status.IN_REVIEW if turn % 2 == 0 else Status.NEW, "an")
            else:
                record(opened)
        opened.close()

    at_once(3, work)
    hit = load_hit(records, hit_id)
    assert hit is not None
    assert (hit.seen_count, hit.version, hit.status) == (21, 31, Status.NEW)
    records.close()


@given(st.text(max_size=60) | st.builds("http://{}?{}#{}".format, st.text(), st.text(), st.text()))
def test_normal_forms_never_fail_and_are_stable_and_bounded(url: str) -> None:
    normal = normalise_url(url)
    normal.encode()
    assert "\x00" not in normal
    assert len(normal) <= MAX_URL_CHARACTERS
    assert normalise_url(url) == normal


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("HTTP://Vay.Top:80?b=2&a=1&fbclid=x#top", "http://vay.top/?a=1&b=2"),
        ("https://vay.top:443/a", "https://vay.top/a"),
        ("https://vay.top:8443/a", "https://vay.top:8443/a"),
        ("http://[::1", "http://[::1"),
        ("https://vay.top/?utm_source=a&_ga=1&_ga_X1=2&GCLID=3&yclid=4", "https://vay.top/"),
        ("https://vay.top/?_gallery_id=7&_game=2", "https://vay.top/?_gallery_id=7&_game=2"),
        ("https://vay.top/?fbclid_of=7&gclidx=1&utm=5", "https://vay.top/?fbclid_of=7&gclidx=1&utm=5"),
    ],
)
def test_normal_forms(url: str, normal: str) -> None:
    assert normalise_url(url) == normal


def test_the_same_page_read_by_another_source_is_seen_again_and_not_changed(records: Records) -> None:
    article = "Quỹ mở gói đầu tư sinh lời mỗi ngày, cam kết hoàn vốn cho mọi người tham gia từ ba triệu đồng. " * 6
    frame = "Trang chủ Thời sự Kinh tế Giáo dục Thể thao Liên hệ quảng cáo Đặt báo dài hạn qua bưu điện. " * 6
    whole = record(records, page(source="sitemap", title="Quỹ - Báo", text=frame + article))
    selected = record(records, page(source="rss", title="Quỹ", text=article))
    assert (selected.hit_id, selected.outcome) == (whole.hit_id, Outcome.SEEN)
    hit = load_hit(records, whole.hit_id)
    assert hit is not None
    assert (hit.source, hit.seen_count) == ("sitemap", 2)
    other = record(records, page(source="rss", title="Quỹ", text="Trang này đã được thay bằng nội dung khác hẳn. " * 9))
    assert other.outcome is Outcome.NEW


def test_a_post_is_captured_at_its_own_address_and_a_host_name_alone_not_at_all(records: Records) -> None:
    listed = page("https://mang.vn/bai/1", kind=PageKind.POST, requested_url="https://mang.vn/trang/nhom")
    post = record(records, listed, verdict(severity=Severity.HIGH), capture_from=Severity.HIGH).hit_id
    assert [job.url for job in captures_of(records, post)] == ["https://mang.vn/bai/1"]
    name = page("http://vcb-dangnhap.top/", kind=PageKind.HOST, text="", title="vcb-dangnhap.top")
    alone = record(records, name, verdict(severity=Severity.CRITICAL), capture_from=Severity.HIGH).hit_id
    assert captures_of(records, alone) == []


def creative(number: int, fingerprint: int, role: PictureRole = PictureRole.CREATIVE) -> Picture:
    return Picture("https://bao.test/qc.png", role, f"{number:064x}", 300, 250, fingerprint)


def shown(*pictures: Picture, text: str = "", minutes: float = 0, kind: PageKind = PageKind.ADVERTISEMENT) -> Page:
    return page("https://qc.test/c?id=1", text, minutes, title="", kind=kind, pictures=pictures)


BOAT, LOAN = 0x0123456789ABCDEF, 0xFEDCBA9876543210


def test_another_picture_at_the_same_address_is_other_content(records: Records) -> None:
    first = record(records, shown(creative(1, BOAT)))
    assert record(records, shown(creative(1, BOAT), minutes=1)) == Recorded(first.hit_id, Outcome.SEEN)
    sent_anew = shown(creative(2, BOAT ^ 0b101), minutes=2)
    assert record(records, sent_anew) == Recorded(first.hit_id, Outcome.SEEN)
    other = record(records, shown(creative(3, LOAN), minutes=3))
    assert other.outcome is Outcome.NEW
    hit = load_hit(records, other.hit_id)
    assert hit is not None
    assert hit.supersedes_id == first.hit_id
    # Pictures that show too little to be told by their fingerprint are told by their bytes.
    blank = record(records, shown(creative(4, 0), minutes=4))
    assert record(records, shown(creative(5, 0), minutes=5)).hit_id != blank.hit_id
    # A long text that is nearly the same, with another picture, is other content as well.
    post = record(records, shown(creative(6, BOAT), text=LOAN_TEXT, kind=PageKind.POST, minutes=6))
    edited = shown(creative(7, LOAN), text=f"{LOAN_TEXT} Nhé.", kind=PageKind.POST, minutes=7)
    assert record(records, edited).hit_id != post.hit_id


def test_a_picture_that_could_not_be_had_makes_no_other_page(records: Records) -> None:
    first = record(records, shown(creative(1, BOAT), text="Vay nhanh"))
    assert record(records, shown(text="Vay nhanh", minutes=1)) == Recorded(first.hit_id, Outcome.SEEN)
    later = record(records, shown(text="Vay gấp", minutes=2))
    assert later.outcome is Outcome.NEW
    gained = shown(creative(2, LOAN), text="Vay gấp", minutes=3)
    assert record(records, gained) == Recorded(later.hit_id, Outcome.CHANGED)
    hit = load_hit(records, later.hit_id)
    assert hit is not None
    assert hit.pictures == gained.pictures


def test_what_was_read_of_a_page_is_not_lost_when_it_is_seen_without_by_other_rules(records: Records) -> None:
    with_screen = page(pictures=(creative(1, BOAT, PictureRole.SCREENSHOT),))
    first = record(records, with_screen)
    assert not first.is_outdated
    assert page().content_hash == with_screen.content_hash
    assert not record(records, page(minutes=1)).is_outdated
    again = record(records, page(minutes=2), verdict(rules_version="r2"))
    assert again == Recorded(first.hit_id, Outcome.SEEN, is_outdated=True)
    hit = load_hit(records, first.hit_id)
    assert hit is not None
    assert (hit.rules_version, hit.pictures) == ("r1", with_screen.pictures)

    judged: list[Page] = []

    def judge(seen: Page) -> Verdict:
        judged.append(seen)
        return verdict(rules_version="r2", severity=Severity.CRITICAL)

    rejudged = rejudge_hit(records, first.hit_id, judge)
    assert rejudged is not None
    assert judged[0].pictures == with_screen.pictures
    hit = load_hit(records, first.hit_id)
    assert hit is not None
    assert (hit.rules_version, hit.severity, hit.pictures) == ("r2", Severity.CRITICAL, with_screen.pictures)
    assert rejudge_hit(records, 10_000, judge) is None
