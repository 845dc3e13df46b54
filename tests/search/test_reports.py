"""Reported links: taken down with a receipt, visited once, answered."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search.records import Records
from search.reports import (
    MAX_URL_CHARACTERS,
    ReportOutcome,
    ReportRefused,
    answer_link,
    find_link,
    latest_links,
    report_link,
    waiting_links,
)
from tests.search.material import record


def test_a_report_waits_then_has_an_outcome(records: Records) -> None:
    first = report_link(records, " vay-nhanh.top/x ", "chị tôi bị lừa", "công dân")
    second = report_link(records, "https://khac.top/", "", "")
    assert (first.url, first.outcome, first.hit_id) == ("http://vay-nhanh.top/x", ReportOutcome.WAITING, None)
    assert [link.receipt for link in waiting_links(records)] == [first.receipt, second.receipt]
    hit_id = record(records).hit_id
    answer_link(records, first.receipt, ReportOutcome.FLAGGED, hit_id)
    assert [link.receipt for link in waiting_links(records)] == [second.receipt]
    found = find_link(records, first.receipt)
    assert found is not None
    assert (found.outcome, found.hit_id, found.note) == (ReportOutcome.FLAGGED, hit_id, "chị tôi bị lừa")
    assert found.visited_at is not None
    assert [link.receipt for link in latest_links(records)] == [second.receipt, first.receipt]


def test_receipts_differ_and_unknown_ones_find_nothing(records: Records) -> None:
    receipts = {report_link(records, "https://vay.top/", "", "").receipt for _ in range(20)}
    assert len(receipts) == 20
    assert find_link(records, "LT-20260101-00000000") is None
    answer_link(records, "LT-20260101-00000000", ReportOutcome.FLAGGED)
    assert len(waiting_links(records)) == 20


@pytest.mark.parametrize(
    "url", ["", "   ", "javascript:alert(1)", "ftp://a.vn/", "http://", "http://localhost/", "vay nhanh", "http://[::1"]
)
def test_what_is_no_address_is_refused(sqlite_records: Records, url: str) -> None:
    with pytest.raises(ReportRefused, match="is not an address"):
        report_link(sqlite_records, url, "", "")
    assert waiting_links(sqlite_records) == []


def test_an_address_beyond_all_length_is_refused(records: Records) -> None:
    with pytest.raises(ReportRefused, match=str(MAX_URL_CHARACTERS)):
        report_link(records, "https://a.vn/" + "x" * MAX_URL_CHARACTERS, "", "")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(url=st.text() | st.builds("http://{}.vn/{}".format, st.text(), st.text()), note=st.text(), reporter=st.text())
def test_whatever_people_send_is_taken_or_refused(sqlite_records: Records, url: str, note: str, reporter: str) -> None:
    try:
        link = report_link(sqlite_records, url, note, reporter)
    except ReportRefused:
        return
    assert link.url.startswith(("http://", "https://"))
    assert find_link(sqlite_records, link.receipt) is not None
