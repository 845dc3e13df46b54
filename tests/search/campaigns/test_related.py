"""Hits that belong together, each with what it shares."""

from __future__ import annotations

from matchers.match import Identifier
from matchers.page import PageKind
from search.campaigns.related import Related, identifier_counts, related_hits
from search.records import Records
from tests.search.material import ACCOUNT, JOB_TEXT, LOAN_TEXT, PHONE, page, record, verdict


def _by_id(found: list[Related]) -> dict[int, Related]:
    return {other.hit_id: other for other in found}


def test_hits_are_joined_by_identifiers_site_and_text_and_say_so(records: Records) -> None:
    hit = record(records, page("https://a.vay.top/"), verdict(PHONE, ACCOUNT)).hit_id
    both = record(records, page("https://mot.icu/", JOB_TEXT), verdict(PHONE, ACCOUNT, category="job_export")).hit_id
    site = record(records, page("https://b.vay.top/", "Trang này nói chuyện khác hẳn, không liên quan gì cả.")).hit_id
    text = LOAN_TEXT.replace("0912 000 111", "0933 222 111")
    same = record(records, page("https://hai.icu/", text), verdict(category="fake_bank")).hit_id
    record(records, page("https://ba.icu/", "Một trang hoàn toàn riêng, chẳng dính dáng tới ai."))
    found = related_hits(records, hit)
    assert [other.hit_id for other in found] == [both, same, site]
    by_id = _by_id(found)
    assert set(by_id[both].identifiers) == {PHONE, ACCOUNT}
    assert (by_id[both].shares_site, by_id[both].shares_text, by_id[both].category) == (False, False, "job_export")
    assert (by_id[site].shares_site, by_id[site].shares_text, by_id[site].identifiers) == (True, False, ())
    assert (by_id[same].shares_site, by_id[same].shares_text, by_id[same].url) == (False, True, "https://hai.icu/")


def test_host_names_without_text_are_no_copies_of_one_another(records: Records) -> None:
    ids = [
        record(records, page(f"https://vcb-{number}.top/", "", title="", kind=PageKind.HOST, status=0)).hit_id
        for number in range(3)
    ]
    assert related_hits(records, ids[0]) == []


def test_a_stopped_value_relates_nobody(records: Records) -> None:
    hotline = Identifier("phone", "+8419009247")
    ids = [
        record(records, page(f"https://{word}.top/", f"{word} bán hàng {word}", title=""), verdict(hotline)).hit_id
        for word in ("cho", "meo")
    ]
    assert related_hits(records, ids[0]) == []


def test_a_hit_that_is_not_there_has_no_relations(records: Records) -> None:
    assert related_hits(records, 404) == []


def test_identifiers_are_counted_over_all_hits(records: Records) -> None:
    record(records, page("https://a.top/"), verdict(PHONE, ACCOUNT))
    record(records, page("https://b.top/"), verdict(PHONE))
    unknown = Identifier("zalo", "khong-co")
    assert identifier_counts(records, [PHONE, ACCOUNT, unknown]) == {PHONE: 2, ACCOUNT: 1, unknown: 0}
