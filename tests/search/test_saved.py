"""Saved searches: what is kept, and which hits raise an alert."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from time import perf_counter

import pytest
from sqlalchemy import Pool, event, select, update

from matchers.match import Severity
from search.captures import ShownPage, finish_capture, lease_capture
from search.hits import record_hit
from search.language.mistakes import QueryError
from search.records import Records, RecordsLocked, hold, open_records
from search.review import decide
from search.saved import (
    MAX_NAME_CHARACTERS,
    MAX_SEARCHES,
    NameTaken,
    NoSuchSearch,
    TooManySearches,
    WrongName,
    alerts,
    before_change,
    broken_searches,
    change_search,
    delete_search,
    mark_seen,
    raise_alerts,
    save_search,
    saved_search,
    saved_searches,
    unseen_count,
)
from search.status import Status
from search.tables import AlertRow, HitRow, SavedSearchRow
from tests.search.material import JOB_TEXT, LOAN_TEXT, NOW, PHONE, page, record, verdict
from tests.search.postgresql import PostgresServer
from tests.search.processes import at_once

LAN, MINH = "lan", "minh"


def alerted(records: Records, owner: str = LAN) -> list[tuple[str, int]]:
    """Search names and hits of an owner's alerts, the oldest first."""
    return [(alert.search_name, alert.hit_id) for alert in reversed(alerts(records, owner))]


def test_searches_are_kept_by_owner_and_name(records: Records) -> None:
    kept = save_search(records, LAN, "  Vay  nóng ", " vay seen:7d ", is_alerting=False)
    save_search(records, LAN, "Đi Hàn", '"hàn quốc"')
    save_search(records, MINH, "Vay nóng", "vay OR tiền")
    assert [(one.name, one.query, one.is_alerting, one.unseen) for one in saved_searches(records, LAN)] == [
        ("Vay nóng", "vay seen:7d", False, 0),
        ("Đi Hàn", '"hàn quốc"', True, 0),
    ]
    assert saved_search(records, LAN, kept.id) == kept
    assert [one.query for one in saved_searches(records, MINH)] == ["vay OR tiền"]
    assert saved_searches(records, "ai đó") == []


def test_what_cannot_be_saved_is_refused_and_nothing_is_kept(records: Records) -> None:
    save_search(records, LAN, "Vay", "vay")
    with pytest.raises(QueryError, match="did you mean category"):
        save_search(records, LAN, "Nhầm", "catgory:loan")
    with pytest.raises(NameTaken, match="'Vay'"):
        save_search(records, LAN, "Vay", "tiền")
    for name in ("", " \n ", "x" * (MAX_NAME_CHARACTERS + 1)):
        with pytest.raises(WrongName):
            save_search(records, LAN, name, "vay")
    assert [one.name for one in saved_searches(records, LAN)] == ["Vay"]


def test_an_owner_keeps_so_many_searches_and_no_more(records: Records) -> None:
    for number in range(MAX_SEARCHES):
        save_search(records, LAN, f"tìm {number}", "vay")
    with pytest.raises(TooManySearches, match="delete one"):
        save_search(records, LAN, "thêm", "vay")
    assert save_search(records, MINH, "thêm", "vay").owner == MINH


def test_a_new_hit_raises_an_alert_for_each_search_it_fits(records: Records) -> None:
    save_search(records, LAN, "vay", "vay -vàng")
    save_search(records, LAN, "điện thoại", "phone:0912000111 severity>=3")
    save_search(records, LAN, "tắt", "vay", is_alerting=False)
    save_search(records, LAN, "khác", "xuất khẩu lao động")
    save_search(records, MINH, "vay", "loan OR vay seen:1d")
    hit = record(records, page(minutes=_minutes_since_now()), verdict(PHONE)).hit_id
    assert alerted(records) == [("vay", hit), ("điện thoại", hit)]
    assert alerted(records, MINH) == [("vay", hit)]
    assert (unseen_count(records, LAN), unseen_count(records, MINH)) == (2, 1)
    assert {one.name: one.unseen for one in saved_searches(records, LAN)} == {
        "vay": 1,
        "điện thoại": 1,
        "tắt": 0,
        "khác": 0,
    }


def _minutes_since_now() -> float:
    """How long after the material's moment it is now: ages count from the clock."""
    return (datetime.now(UTC) - NOW) / timedelta(minutes=1)


def test_a_hit_seen_again_raises_none_whenever_the_search_was_saved(records: Records) -> None:
    save_search(records, LAN, "trước", "vay")
    hit = record(records).hit_id
    save_search(records, LAN, "sau", "vay")
    save_search(records, LAN, "gần đây", "vay seen:1d")
    for minutes in (60, _minutes_since_now()):
        record(records, page(minutes=minutes))
    assert alerted(records) == [("trước", hit)]


def test_a_decision_that_makes_a_hit_fit_raises_an_alert_once(records: Records) -> None:
    hit = record(records).hit_id
    save_search(records, LAN, "xác nhận", "vay status:confirmed")
    save_search(records, LAN, "vay", "vay")
    decide(records, hit, Status.CONFIRMED, MINH)
    assert alerted(records) == [("xác nhận", hit)]
    decide(records, hit, Status.IN_REVIEW, MINH)
    decide(records, hit, Status.CONFIRMED, MINH)
    assert alerted(records) == [("xác nhận", hit)]


def test_a_text_that_changes_raises_an_alert_for_what_it_did_not_fit_before(records: Records) -> None:
    hit = record(records).hit_id
    save_search(records, LAN, "cũ", "vay")
    save_search(records, LAN, "mới", "truong*")
    save_search(records, LAN, "tài khoản", "phone:0912000111")
    changed = record(records, page(text=f"{LOAN_TEXT} Trương", minutes=5), verdict(PHONE))
    assert (changed.hit_id, changed.outcome) == (hit, "changed")
    assert alerted(records) == [("mới", hit), ("tài khoản", hit)]


def test_rules_that_raise_a_hit_raise_an_alert(records: Records) -> None:
    hit = record(records).hit_id
    save_search(records, LAN, "nguy cấp", "severity:4")
    record(records, page(minutes=5), verdict(severity=Severity.CRITICAL, rules_version="r2"))
    assert alerted(records) == [("nguy cấp", hit)]


def test_what_a_capture_shows_raises_an_alert(records: Records) -> None:
    hit = record(records, capture_from=Severity.LOW).hit_id
    save_search(records, LAN, "trong ảnh", "bitcoin")
    save_search(records, LAN, "vay", "vay")
    job = lease_capture(records)
    assert job is not None
    finish_capture(records, job.id, "20261120-1", ShownPage("Nạp Bitcoin để rút tiền", 0))
    assert alerted(records) == [("trong ảnh", hit)]


def test_a_search_that_changes_alerts_of_what_comes_to_fit_its_new_text(records: Records) -> None:
    search = save_search(records, LAN, "vay", "vàng")
    old = record(records).hit_id
    changed = change_search(records, LAN, search.id, name="vay tiền", query_text="vay")
    assert (changed.name, changed.query, changed.is_alerting) == ("vay tiền", "vay", True)
    record(records, page(minutes=5))
    new = record(records, page("https://vay-khac.top/")).hit_id
    assert old != new and alerted(records) == [("vay tiền", new)]
    change_search(records, LAN, search.id, is_alerting=False)
    record(records, page("https://vay-nua.top/"))
    change_search(records, LAN, search.id, is_alerting=True)
    record(records, page("https://vay-nua.top/", minutes=5))
    assert alerted(records) == [("vay tiền", new)]


def test_a_hit_that_alerted_alerts_anew_of_another_text(records: Records) -> None:
    search = save_search(records, LAN, "tìm", "vay")
    seen, unseen = (record(records, page(f"https://vay-{number}.top/")).hit_id for number in range(2))
    assert mark_seen(records, LAN, hit_id=seen) == 1
    change_search(records, LAN, search.id, name="xác nhận", query_text="vay")
    assert [alert.hit_id for alert in alerts(records, LAN)] == [unseen, seen]
    change_search(records, LAN, search.id, query_text="status:confirmed")
    assert alerted(records) == [("xác nhận", unseen)]
    for hit in (seen, unseen):
        decide(records, hit, Status.CONFIRMED, MINH)
    assert alerted(records) == [("xác nhận", unseen), ("xác nhận", seen)]
    assert unseen_count(records, LAN) == 2


@pytest.mark.postgres
def test_who_changes_the_alerts_of_one_owner_waits_for_who_changes_them(postgres_server: PostgresServer) -> None:
    """Two that lock the same alerts, each in its own order, would lock one another out."""
    postgres_server.empty(postgres_server.migrated)
    records = open_records(postgres_server.url(postgres_server.migrated), lock_wait_seconds=0.3)
    search = save_search(records, LAN, "vay", "vay")
    record(records)
    with records.write() as session:
        hold(session, f"saved searches of {LAN}")
        for change in (lambda: mark_seen(records, LAN), lambda: delete_search(records, LAN, search.id)):
            with pytest.raises(RecordsLocked):
                change()
    assert mark_seen(records, LAN) == 1
    delete_search(records, LAN, search.id)
    records.close()


def test_nobody_reaches_the_searches_of_another(records: Records) -> None:
    search = save_search(records, LAN, "vay", "vay")
    other = save_search(records, LAN, "tiền", "tiền")
    record(records)
    for attempt in (
        lambda: change_search(records, MINH, search.id, name="của tôi"),
        lambda: delete_search(records, MINH, search.id),
        lambda: saved_search(records, MINH, search.id),
    ):
        with pytest.raises(NoSuchSearch, match=r"minh has no saved search"):
            attempt()
    assert mark_seen(records, MINH) == mark_seen(records, MINH, search_id=search.id) == 0
    with pytest.raises(NameTaken):
        change_search(records, LAN, other.id, name="vay")
    with pytest.raises(QueryError):
        change_search(records, LAN, other.id, name="hỏng", query_text="(vay")
    assert saved_search(records, LAN, other.id).name == "tiền"
    assert unseen_count(records, LAN) == 2


def test_alerts_are_seen_one_by_one_by_hit_by_search_or_all(records: Records) -> None:
    search = save_search(records, LAN, "vay", "vay")
    save_search(records, LAN, "tiền", "tiền")
    hits = [record(records, page(f"https://vay-{number}.top/")).hit_id for number in range(4)]
    assert len(alerts(records, LAN, limit=3)) == 3
    assert [alert.hit_id for alert in alerts(records, LAN, limit=2, offset=2)] == [hits[2]] * 2
    newest = alerts(records, LAN)[0]
    assert (newest.hit_id, newest.seen_at) == (hits[3], None)
    assert mark_seen(records, LAN, alert_ids=[newest.id, 10**6]) == 1
    assert mark_seen(records, LAN, alert_ids=[newest.id]) == 0
    assert mark_seen(records, LAN, alert_ids=[]) == 0
    assert mark_seen(records, LAN, hit_id=hits[0]) == 2
    assert [alert.hit_id for alert in alerts(records, LAN, unseen_only=True, search_id=search.id)][-2:] == hits[2:0:-1]
    assert mark_seen(records, LAN, search_id=search.id) >= 2
    left = unseen_count(records, LAN)
    assert 0 < left == mark_seen(records, LAN)
    assert (unseen_count(records, LAN), alerts(records, LAN, unseen_only=True)) == (0, [])
    assert alerts(records, LAN)[0].seen_at is not None


def test_a_search_takes_its_alerts_along(records: Records) -> None:
    search = save_search(records, LAN, "vay", "vay")
    save_search(records, LAN, "tiền", "tiền")
    hit = record(records).hit_id
    delete_search(records, LAN, search.id)
    assert alerted(records) == [("tiền", hit)]
    with pytest.raises(NoSuchSearch):
        delete_search(records, LAN, search.id)


def test_a_search_that_no_version_understands_any_more_is_shown_and_stops_nothing(records: Records) -> None:
    broken = save_search(records, LAN, "cũ", "vay")
    save_search(records, LAN, "vay", "vay")
    with records.write() as session:
        session.execute(update(SavedSearchRow).where(SavedSearchRow.id == broken.id).values(query="colour:red"))
    hit = record(records).hit_id
    assert alerted(records) == [("vay", hit)]
    [found] = broken_searches(records)
    assert (found.id, found.owner, found.mistake is not None) == (broken.id, LAN, True)
    assert [one.mistake is None for one in saved_searches(records, LAN)] == [False, True]


def _record_all(number: int, url: str) -> int:
    records = open_records(url)
    try:
        for turn in range(6):
            address = f"https://vay-{(number + turn) % 6}.top/"
            record_hit(records, page(address, minutes=number), verdict(), Severity.CRITICAL, "desktop")
            if turn == number % 6:
                name = f"tạm {number}"
                search = save_search(records, MINH, name, "vay")
                record(records, page(f"https://rieng-{number}.top/"))
                delete_search(records, MINH, search.id)
    finally:
        records.close()
    return number


def test_eight_writers_at_once_raise_each_alert_once(records: Records, records_url: str) -> None:
    save_search(records, LAN, "vay", "vay host:vay-*")
    save_search(records, LAN, "tiền", "tiền host:vay-*")
    assert sorted(at_once(8, _record_all, records_url)) == list(range(8))
    found = alerted(records)
    assert len(found) == len(set(found)) == 12
    assert (saved_searches(records, MINH), alerts(records, MINH)) == ([], [])


def test_an_alert_takes_no_connection_besides_that_of_the_change(records: Records) -> None:
    hit = record(records, capture_from=Severity.LOW).hit_id
    save_search(records, LAN, "xác nhận", "vay status:confirmed")
    save_search(records, LAN, "mới", "trương OR bitcoin")
    opened: list[object] = []

    def note(connection: object, _record: object) -> None:
        opened.append(connection)

    event.listen(Pool, "connect", note)
    try:
        decide(records, hit, Status.CONFIRMED, MINH)
        job = lease_capture(records)
        assert job is not None
        finish_capture(records, job.id, "20261120-1", ShownPage("Nạp Bitcoin để rút tiền", 0))
    finally:
        event.remove(Pool, "connect", note)
    assert opened == []
    assert alerted(records) == [("xác nhận", hit), ("mới", hit)]


def test_records_that_live_in_one_connection_alert_as_well() -> None:
    records = open_records("sqlite://")
    hit = record(records).hit_id
    save_search(records, LAN, "vay", "vay")
    save_search(records, LAN, "xác nhận", "vay status:confirmed")
    decide(records, hit, Status.CONFIRMED, MINH)
    assert alerted(records) == [("xác nhận", hit)]
    records.close()


def test_nothing_is_alerted_of_what_was_not_kept(records: Records) -> None:
    save_search(records, LAN, "xác nhận", "status:confirmed")
    hit_id = record(records).hit_id
    with pytest.raises(RuntimeError), records.write() as session:
        hit = session.get_one(HitRow, hit_id)
        before = before_change(session, hit)
        hit.status, hit.version = Status.CONFIRMED, hit.version + 1
        raise_alerts(session, hit_id, before)
        assert session.scalars(select(AlertRow.hit_id)).all() == [hit_id]
        raise RuntimeError("the power went")
    assert alerted(records) == []
    decide(records, hit_id, Status.CONFIRMED, MINH)
    assert alerted(records) == [("xác nhận", hit_id)]


def test_a_hundred_searches_cost_little_beside_recording(sqlite_records: Records) -> None:
    """Hits are recorded with and without a hundred searches that they do not fit: the difference is told in hits."""

    def cost(prefix: str) -> float:
        times = []
        for number in range(12):
            seen = page(f"https://{prefix}-{number}.top/", text=f"{JOB_TEXT} {prefix} {number}")
            start = perf_counter()
            record(sqlite_records, seen)
            times.append(perf_counter() - start)
        return sorted(times)[len(times) // 2]

    without = cost("khong")
    for number in range(100):
        save_search(
            sqlite_records, LAN, f"tìm {number}", f'vàng{number} OR "chuyển tiền" severity>=2 (host:*.vn OR xin*)'
        )
    assert cost("co") < 3 * without + 0.01
