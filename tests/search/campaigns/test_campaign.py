"""Campaigns as people meet them: what ties, what does not, by which hops; cut, restored, stopped and freed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from matchers.match import Identifier, Severity
from matchers.page import PageKind, Picture, PictureRole
from matchers.pictures.fingerprint import FIRST_SCREEN_ROWS, NEAR_PICTURE_BITS
from matchers.text.likeness import NEAR_COPY_BITS
from search.campaigns import stop_values as stops
from search.campaigns.campaign import CampaignOrder, campaign, campaign_of, campaigns, count_campaigns, path
from search.campaigns.splitting import (
    MemberMissing,
    TieMissing,
    ValueRefused,
    cut_tie,
    free_value,
    part_hit,
    restore_tie,
    stop_value,
    stop_values,
)
from search.campaigns.ties import MAX_OF_A_KIND, Tie, sentences
from search.captures import ShownPage, finish_capture, lease_capture
from search.hits import history, load_hit, record_hit
from search.records import Records
from search.review import decide
from search.status import Status
from tests.search.campaigns.test_membership import own_text
from tests.search.material import ACCOUNT, JOB_TEXT, LOAN_TEXT, PHONE, page, record, verdict

ZALO = Identifier("zalo", PHONE.value)
PICTURE = 0x0F0F_3C3C_55AA_1234


def hit(records: Records, url: str, *identifiers: Identifier, text: str = "", **parts: object) -> int:
    kind = parts.pop("kind", PageKind.LANDING)
    category = str(parts.pop("category", "loan_credit"))
    seen = page(url, text or own_text(url), kind=kind, **parts)
    return record(records, seen, verdict(*identifiers, category=category)).hit_id


def same(records: Records, *hits: int) -> bool:
    found = {campaign_of(records, hit_id) for hit_id in hits}
    return None not in found and len(found) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (PHONE, ZALO),
        (PHONE, Identifier("wallet", "MOMO:0912000111")),
        (Identifier("email", "Vay@Gmail.com"), Identifier("email", "vay@gmail.com")),
        (Identifier("telegram", "VayNhanh"), Identifier("telegram", "vaynhanh")),
    ],
)
def test_the_same_written_in_two_ways_ties(records: Records, one: Identifier, other: Identifier) -> None:
    assert same(records, hit(records, "https://a.top/", one), hit(records, "https://b.top/", other))


@pytest.mark.parametrize(
    "shared",
    [
        Identifier("phone", "+8419009247"),
        Identifier("email", "hotro@vietcombank.com.vn"),
        Identifier("facebook", "photo.php"),
    ],
)
def test_what_honest_people_share_ties_nobody(records: Records, shared: Identifier) -> None:
    for number in range(2):
        hit(records, f"https://a{number}.top/", shared)
    assert count_campaigns(records) == 0


@pytest.mark.parametrize(
    ("one", "other", "kind", "is_tied"),
    [
        ("https://a.vay.top/1", "https://b.vay.top/2", PageKind.LANDING, True),
        ("https://a.vay.top/", "https://b.vay.top/", PageKind.HOST, True),
        ("https://vcb.weebly.com/1", "https://vcb.weebly.com/2", PageKind.LANDING, True),
        ("https://vcb.weebly.com/", "https://acb.weebly.com/", PageKind.LANDING, False),
        ("https://docs.google.com/1", "https://docs.google.com/2", PageKind.LANDING, False),
        ("https://vietcombank.com.vn/1", "https://vietcombank.com.vn/2", PageKind.LANDING, False),
        ("https://vietcombank.top/1", "https://xn--vietcmbank-r8a.top/2", PageKind.LANDING, False),
        ("http://203.0.113.7/1", "http://203.0.113.7/2", PageKind.LANDING, True),
        ("http://203.0.113.7/1", "http://198.51.113.7/2", PageKind.LANDING, False),
        ("https://toasoan.vn/1", "https://toasoan.vn/2", PageKind.ARTICLE, False),
        ("https://toasoan.vn/1", "https://toasoan.vn/2", PageKind.SPONSORED, False),
        ("https://dienmang.vn/1", "https://dienmang.vn/2", PageKind.POST, False),
    ],
)
def test_a_site_ties_where_it_is_the_fraudsters_own(
    records: Records, one: str, other: str, kind: PageKind, is_tied: bool
) -> None:
    assert same(records, hit(records, one, kind=kind), hit(records, other, kind=kind)) is is_tied


def test_an_advertisement_is_with_the_page_that_it_leads_to(records: Records) -> None:
    click = "https://bam.mangqc.vn/c?id=7"
    advertisement = hit(records, click, kind=PageKind.ADVERTISEMENT)
    other = hit(records, "https://bam.mangqc.vn/c?id=8", kind=PageKind.ADVERTISEMENT)
    landing = hit(records, "https://vay.top/", redirect_chain=(click, "https://do.qc.vn/r"), requested_url=click)
    assert same(records, advertisement, landing)
    assert campaign_of(records, other) is None


def test_pictures_tie_those_taken_with_one_device(records: Records) -> None:
    ids = {}
    for number, (device, flipped) in enumerate(
        [("desktop", 0), ("desktop", 0b1111), ("desktop", 0b11111), ("mobile", 0), ("mobile", 1)]
    ):
        seen = page(f"https://a{number}.top/", own_text(number))
        ids[number] = record_hit(records, seen, verdict(), Severity.LOW, device).hit_id
        job = lease_capture(records)
        assert job is not None
        before = load_hit(records, ids[number])
        finish_capture(records, job.id, f"e{number}", ShownPage("Chữ trong ảnh", PICTURE ^ flipped))
        after = load_hit(records, ids[number])
        assert before is not None
        assert after is not None
        assert after.version == before.version + 1
    assert same(records, ids[0], ids[1])
    assert same(records, ids[3], ids[4])
    assert campaign_of(records, ids[2]) is None
    assert not same(records, ids[0], ids[3])
    (hop,) = path(records, ids[0], ids[1])
    assert hop.sentence_vi == f"hình ảnh gần như nhau trên 2 mục, thấy lần đầu ở mục {ids[0]}"


@pytest.mark.parametrize(
    ("kind", "is_tied"),
    [
        (PageKind.LANDING, True),
        (PageKind.ADVERTISEMENT, True),
        (PageKind.POST, False),
        (PageKind.ARTICLE, False),
        (PageKind.SPONSORED, False),
    ],
)
def test_pictures_tie_pages_of_the_fraudsters_own_design(records: Records, kind: PageKind, is_tied: bool) -> None:
    ids = []
    for number in range(2):
        seen = page(f"https://a{number}.top/", own_text(number), kind=kind)
        ids.append(record_hit(records, seen, verdict(), Severity.LOW, "desktop").hit_id)
        job = lease_capture(records)
        assert job is not None
        finish_capture(records, job.id, f"e{number}", ShownPage("Chữ trong ảnh", PICTURE))
    assert same(records, *ids) is is_tied


def creative(records: Records, url: str, fingerprint: int, size: tuple[int, int] = (600, 300), **parts: object) -> int:
    role = parts.pop("role", PictureRole.CREATIVE)
    shown = Picture(f"{url}anh.png", PictureRole(str(role)), "ab" * 32, *size, fingerprint=fingerprint)
    return hit(records, url, kind=parts.pop("kind", PageKind.ADVERTISEMENT), pictures=(shown,), **parts)


def test_one_creative_ties_advertisements_and_posts(records: Records) -> None:
    first = creative(records, "https://a.qc.vn/", PICTURE)
    near = creative(records, "https://b.qc.vn/", PICTURE ^ 0b1111)
    post = creative(records, "https://c.mxh.vn/", PICTURE, role=PictureRole.POST, kind=PageKind.POST)
    assert same(records, first, near, post)
    (hop,) = path(records, first, near)
    assert hop.sentence_en.startswith("nearly the same picture on 3 hits")


@pytest.mark.parametrize(
    "other",
    [
        {"fingerprint": PICTURE ^ 0b11111},
        {"fingerprint": PICTURE, "size": (48, 48)},
        {"fingerprint": PICTURE, "role": PictureRole.LOGO},
        {"fingerprint": PICTURE, "kind": PageKind.ARTICLE},
    ],
)
def test_other_pictures_small_ones_logos_and_those_of_articles_tie_nobody(
    records: Records, other: dict[str, Any]
) -> None:
    creative(records, "https://a.qc.vn/", PICTURE)
    creative(records, "https://b.qc.vn/", **other)
    assert count_campaigns(records) == 0


def test_a_picture_that_shows_nothing_ties_nobody(records: Records) -> None:
    for number in range(2):
        record_hit(records, page(f"https://a{number}.top/", own_text(number)), verdict(), Severity.LOW, "desktop")
        job = lease_capture(records)
        assert job is not None
        finish_capture(records, job.id, f"e{number}", ShownPage("", 0))
    assert count_campaigns(records) == 0


def test_a_campaign_tells_what_ties_it_and_a_path_tells_how(records: Records) -> None:
    one = hit(records, "https://a.top/", PHONE)
    two = hit(records, "https://b.top/", ZALO, ACCOUNT, category="job_export", minutes=5)
    three = hit(records, "https://c.top/", ACCOUNT, minutes=9)
    far = hit(records, "https://d.top/")
    decide(records, one, Status.CONFIRMED, "an")
    number = campaign_of(records, one)
    assert number is not None
    found = campaign(records, number)
    assert found is not None
    assert [member.hit_id for member in found.members] == [three, two, one]
    assert (found.size, found.open_count, found.tie_count) == (3, 2, 2)
    assert found.categories == {"loan_credit": 2, "job_export": 1}
    told = {(tie.kind, tie.value): (tie.hit_ids, tie.sentence_vi, tie.sentence_en) for tie in found.ties}
    assert told["phone", PHONE.value] == (
        (two, one),
        f"cùng số điện thoại {PHONE.value} trên 2 mục",
        f"the same phone number {PHONE.value} on 2 hits",
    )
    assert [(hop.from_hit_id, hop.to_hit_id, hop.kind) for hop in path(records, one, three)] == [
        (one, two, "phone"),
        (two, three, "bank_account"),
    ]
    assert path(records, one, far) == path(records, one, one) == path(records, far, one) == []
    (line,) = campaigns(records)
    assert (line.id, line.size, line.open_count, line.severity) == (number, 3, 2, Severity.HIGH)
    assert (line.first_seen_at, line.last_seen_at) == (found.first_seen_at, found.last_seen_at)
    assert {tie.kind for tie in line.top} == {"phone", "bank_account"}


def test_campaigns_are_listed_newest_or_largest_first_a_page_at_a_time(records: Records) -> None:
    large = [hit(records, f"https://a{number}.top/", PHONE) for number in range(3)]
    small = [hit(records, f"https://b{number}.top/", ACCOUNT, minutes=60) for number in range(2)]
    first, second = campaign_of(records, large[0]), campaign_of(records, small[0])
    assert [line.id for line in campaigns(records)] == [second, first]
    assert [line.id for line in campaigns(records, order=CampaignOrder.SIZE)] == [first, second]
    assert [line.id for line in campaigns(records, limit=1, offset=1)] == [first]
    assert count_campaigns(records) == 2
    assert campaign(records, 99) is None


def test_a_tie_is_cut_and_restored_and_the_hits_history_says_so(records: Records) -> None:
    one, two = hit(records, "https://a.top/", PHONE), hit(records, "https://b.top/", PHONE)
    three = hit(records, "https://c.top/", PHONE)
    number = campaign_of(records, one)
    assert number is not None
    cut_tie(records, three, "phone", PHONE.value, "an", "số của tòa soạn")
    assert campaign_of(records, three) is None
    assert same(records, one, two)
    found = campaign(records, number)
    assert found is not None
    assert [(cut.hit_id, cut.kind, cut.cut_by, cut.note) for cut in found.cuts] == [
        (three, "phone", "an", "số của tòa soạn")
    ]
    record(records, page("https://c.top/", own_text("https://c.top/")), verdict(PHONE, rules_version="r2"))
    assert campaign_of(records, three) is None
    with pytest.raises(TieMissing):
        cut_tie(records, three, "phone", PHONE.value, "an", "")
    restore_tie(records, three, "phone", PHONE.value, "bình", "cắt nhầm")
    assert same(records, one, three)
    with pytest.raises(TieMissing):
        restore_tie(records, three, "phone", PHONE.value, "bình", "")
    told = [(event.actor, event.action, event.note) for event in history(records, three)][1:]
    assert told == [
        ("an", "tie_cut", f"phone {PHONE.value}: số của tòa soạn"),
        ("bình", "tie_restored", f"phone {PHONE.value}: cắt nhầm"),
    ]


def test_of_many_cuts_the_newest_are_shown(records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("search.campaigns.campaign.MAX_CUTS", 2)
    ids = [hit(records, f"https://a{n}.top/", PHONE) for n in range(6)]
    number = campaign_of(records, ids[0])
    assert number is not None
    for one in ids[2:]:
        cut_tie(records, one, "phone", PHONE.value, "an", "")
    cut_tie(records, ids[0], "site", "a0.top", "an", "")
    found = campaign(records, number)
    assert found is not None
    assert [cut.hit_id for cut in found.cuts] == [ids[0], ids[5]]


def test_a_cut_holds_for_the_hit_that_supersedes_it(records: Records) -> None:
    one, two = hit(records, "https://a.top/", PHONE), hit(records, "https://b.top/", PHONE)
    cut_tie(records, two, "phone", PHONE.value, "an", "số của tòa soạn")
    newer = two
    for text in (LOAN_TEXT, JOB_TEXT):
        before, newer = newer, hit(records, "https://b.top/", PHONE, text=text)
        found = load_hit(records, newer)
        assert found is not None
        assert found.supersedes_id == before
        assert not same(records, one, newer)
    restore_tie(records, newer, "phone", PHONE.value, "an", "cắt nhầm")
    assert same(records, one, newer)


def test_a_page_that_lists_many_numbers_joins_nobody_by_them(records: Records) -> None:
    many = [Identifier("phone", f"+849120002{n:02}") for n in range(MAX_OF_A_KIND + 1)]
    ids = [hit(records, f"https://a{n}.top/", number) for n, number in enumerate(many)]
    warning = hit(records, "https://toasoan.vn/canh-bao", *many, ACCOUNT, kind=PageKind.ARTICLE)
    assert count_campaigns(records) == 0
    assert same(records, warning, hit(records, "https://b.top/", ACCOUNT))
    few = hit(records, "https://c.top/", *many[1:])
    assert same(records, few, *ids[1:])
    assert campaign_of(records, ids[0]) is None


def test_a_restored_tie_that_the_hit_has_no_more_stays_away(records: Records) -> None:
    one, two = hit(records, "https://a.top/", PHONE), hit(records, "https://b.top/", PHONE, text=JOB_TEXT)
    cut_tie(records, two, "phone", PHONE.value, "an", "")
    record(records, page("https://b.top/", JOB_TEXT), verdict(rules_version="r2"))
    restore_tie(records, two, "phone", PHONE.value, "an", "")
    assert campaign_of(records, one) is None


def test_a_hit_is_parted_by_all_that_ties_it(records: Records) -> None:
    ids = [hit(records, f"https://{n}.vay.top/", PHONE, ACCOUNT, text=LOAN_TEXT) for n in range(3)]
    assert part_hit(records, ids[1], "an", "bài cảnh báo") == 4
    assert campaign_of(records, ids[1]) is None
    assert same(records, ids[0], ids[2])
    assert history(records, ids[1])[-1].action == "parted"
    with pytest.raises(TieMissing):
        part_hit(records, ids[1], "an", "")
    with pytest.raises(MemberMissing):
        part_hit(records, 404, "an", "")


def test_people_stop_a_value_and_free_what_ships(records: Records) -> None:
    one, two = hit(records, "https://a.top/", PHONE), hit(records, "https://b.top/", PHONE)
    assert stop_value(records, "phone", "0912 000 111", "an", "tổng đài").value == PHONE.value
    assert campaign_of(records, one) is None
    assert history(records, two)[-1].action == "tie_stopped"
    assert stop_values(records)[0].reason == "tổng đài"
    free_value(records, "phone", PHONE.value, "an", "nhầm")
    assert same(records, one, two)
    hotline = Identifier("phone", "+8419009247")
    three, four = hit(records, "https://c.top/", hotline), hit(records, "https://d.top/", hotline)
    assert campaign_of(records, three) is None
    free_value(records, "phone", "19009247", "an", "số bị chiếm")
    assert same(records, three, four)
    with pytest.raises(ValueRefused):
        stop_value(records, "email", "cskh@vietcombank.com.vn", "an", "chính thức")
    with pytest.raises(ValueRefused):
        stop_value(records, "phone", PHONE.value, "an", " ")


def test_what_stands_beside_everything_is_stopped_and_a_campaign_of_one_kind_is_not(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stops, "MANY_HITS", 6)
    monkeypatch.setattr(stops, "MANY_SITES", 5)
    kinds = ("loan_credit", "fake_bank", "job_export", "securities")
    spam = [hit(records, f"https://dienmang.vn/{n}", PHONE, kind=PageKind.POST) for n in range(8)]
    throwaway = [hit(records, f"https://x{n}.top/", ACCOUNT) for n in range(8)]
    assert same(records, *spam)
    assert same(records, *throwaway)
    hotline = Identifier("phone", "+84912000222")
    ids = [hit(records, f"https://y{n}.top/", hotline, category=kinds[n % 4]) for n in range(6)]
    assert same(records, *ids)
    ids.append(hit(records, "https://y6.top/", hotline))
    assert {campaign_of(records, hit_id) for hit_id in ids} == {None}
    stopped = stop_values(records)[0]
    assert (stopped.value, stopped.is_stopped, stopped.decided_by) == (hotline.value, True, stops.COUNTED)
    assert [value for value in stop_values(records) if value.is_to_check] == [stopped]
    assert stopped.reason.startswith("Có trên quá nhiều mục khác loại: 7 mục mới nhất thuộc 4 nhóm, 7 tên miền")
    free_value(records, "phone", hotline.value, "an", "đúng là của nhóm này")
    assert same(records, *ids, hit(records, "https://y7.top/", hotline, category="fake_bank"))
    assert not any(value.is_to_check for value in stop_values(records))


def test_what_ships_is_read_whole() -> None:
    assert len(stops.shipped()) == len(stops.SHIPPED_FILE.read_text("utf-8").splitlines()) - 1
    assert all(tie.value.startswith("+84") for tie in stops.shipped() if tie.kind == "phone")


def test_the_page_about_campaigns_says_what_the_program_does() -> None:
    told = " ".join((Path(__file__).parents[3] / "docs" / "campaigns.md").read_text("utf-8").split())
    for claim in (
        f"on more than {stops.MANY_HITS} hits",
        f"among the newest {stops.NEWEST} of them",
        f"in {stops.MANY_CATEGORIES} categories or more and on more than {stops.MANY_SITES} registered domains",
        f"more than {MAX_OF_A_KIND} of that kind",
        f"SimHash, at most {NEAR_COPY_BITS} of 64 bits apart",
        f"at most {NEAR_PICTURE_BITS} of 64 bits apart",
        f"the first {FIRST_SCREEN_ROWS} rows",
        "cùng số điện thoại +84912000111 trên 5 mục",
    ):
        assert claim in told
    assert sentences(Tie("phone", PHONE.value), 5)[0] in told
