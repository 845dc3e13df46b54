"""Captures: leased to one worker, due again when it dies, failed when it keeps failing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from matchers.match import Severity
from search.captures import (
    LEASE,
    MAX_ATTEMPTS,
    CaptureState,
    captures_in,
    captures_of,
    captures_waiting,
    fail_capture,
    finish_capture,
    lease_capture,
    request_capture,
)
from search.hits import history
from search.records import Records, open_records
from search.tables import CaptureRow
from tests.search.material import page, record
from tests.search.processes import at_once


def _due(records: Records, count: int = 1) -> list[int]:
    return [
        record(records, page(f"https://vay-{number}.top/"), capture_from=Severity.LOW).hit_id for number in range(count)
    ]


def _let_leases_run_out(records: Records) -> None:
    with records.write() as session:
        for row in session.query(CaptureRow).where(CaptureRow.state == CaptureState.UNDER_WAY):
            row.lease_until = datetime.now(UTC) - timedelta(seconds=1)


def test_the_oldest_is_leased_first_and_to_one_worker(records: Records) -> None:
    hits = _due(records, 2)
    before = datetime.now(UTC)
    first, second = lease_capture(records), lease_capture(records)
    assert first is not None
    assert second is not None
    assert [first.hit_id, second.hit_id] == hits
    assert (first.state, first.attempts, first.url) == (CaptureState.UNDER_WAY, 1, "https://vay-0.top/")
    assert lease_capture(records) is None
    with records.read() as session:
        until = session.get_one(CaptureRow, first.id).lease_until
    assert until is not None
    assert before + LEASE <= until <= datetime.now(UTC) + LEASE


def test_a_finished_capture_names_its_evidence_in_the_history(records: Records) -> None:
    (hit_id,) = _due(records)
    job = lease_capture(records)
    assert job is not None
    finish_capture(records, job.id, "e1")
    (done,) = captures_of(records, hit_id)
    assert (done.state, done.evidence_id, done.failure) == (CaptureState.DONE, "e1", "")
    assert done.finished_at is not None
    assert (history(records, hit_id)[-1].action, history(records, hit_id)[-1].note) == ("captured", "e1")
    assert lease_capture(records) is None


def test_a_failed_capture_is_due_again_until_it_was_tried_often_enough(records: Records) -> None:
    (hit_id,) = _due(records)
    for attempt in range(1, MAX_ATTEMPTS + 1):
        job = lease_capture(records)
        assert job is not None
        assert job.attempts == attempt
        fail_capture(records, job.id, f"timeout {attempt}")
    assert lease_capture(records) is None
    (failed,) = captures_of(records, hit_id)
    assert (failed.state, failed.failure) == (CaptureState.FAILED, f"timeout {MAX_ATTEMPTS}")
    assert [event.action for event in history(records, hit_id)] == ["found_new", "capture_failed"]


def test_a_final_failure_is_not_tried_again(records: Records) -> None:
    (hit_id,) = _due(records)
    job = lease_capture(records)
    assert job is not None
    fail_capture(records, job.id, "refused: private address", is_final=True)
    assert lease_capture(records) is None
    assert history(records, hit_id)[-1].note == "refused: private address"


def test_a_dead_workers_capture_falls_due_again(records: Records) -> None:
    _due(records)
    assert captures_waiting(records) == 1
    first = lease_capture(records)
    assert captures_waiting(records) == 0
    assert lease_capture(records) is None
    _let_leases_run_out(records)
    assert captures_waiting(records) == 1
    again = lease_capture(records)
    assert first is not None
    assert again is not None
    assert (again.id, again.attempts) == (first.id, 2)


def test_a_capture_that_kills_every_worker_fails_and_lets_others_pass(records: Records) -> None:
    deadly, harmless = _due(records, 2)
    for _ in range(MAX_ATTEMPTS):
        job = lease_capture(records)
        assert job is not None
        assert job.hit_id == deadly or job.hit_id == harmless
        if job.hit_id == harmless:
            finish_capture(records, job.id, "e")
            job = lease_capture(records)
        _let_leases_run_out(records)
    while (job := lease_capture(records)) is not None:
        assert job.hit_id == deadly
        _let_leases_run_out(records)
    (failed,) = captures_of(records, deadly)
    assert (failed.state, failed.attempts) == (CaptureState.FAILED, MAX_ATTEMPTS)
    assert failed.failure == f"its worker died {MAX_ATTEMPTS} times"
    assert history(records, deadly)[-1].action == "capture_failed"
    assert captures_in(records, CaptureState.DONE) == 1


def test_what_one_worker_finished_stays_done_when_a_slower_one_reports(records: Records) -> None:
    (hit_id,) = _due(records)
    slow = lease_capture(records)
    _let_leases_run_out(records)
    quick = lease_capture(records)
    assert slow is not None
    assert quick is not None
    finish_capture(records, quick.id, "quick")
    fail_capture(records, slow.id, "too late")
    finish_capture(records, slow.id, "slow")
    (job,) = captures_of(records, hit_id)
    assert (job.state, job.evidence_id) == (CaptureState.DONE, "quick")
    assert [event.note for event in history(records, hit_id) if event.action == "captured"] == ["quick", "slow"]


def test_a_hit_waits_for_one_capture_at_a_time_and_keeps_the_old_ones(records: Records) -> None:
    (hit_id,) = _due(records)
    with records.write() as session:
        request_capture(session, hit_id, "https://vay-0.top/", "mobile", "")
    assert captures_in(records, CaptureState.DUE) == 1
    job = lease_capture(records)
    assert job is not None
    with records.write() as session:
        request_capture(session, hit_id, "https://vay-0.top/", "mobile", "")
    finish_capture(records, job.id, "e1")
    assert [job.state for job in captures_of(records, hit_id)] == [CaptureState.DUE, CaptureState.DONE]


def test_workers_that_lease_at_once_get_each_capture_once(records_url: str) -> None:
    records = open_records(records_url)
    _due(records, 20)

    def work(number: int) -> list[int]:
        opened, mine = open_records(records_url, lock_wait_seconds=60), []
        while (job := lease_capture(opened)) is not None:
            mine.append(job.id)
        opened.close()
        return mine

    leased = [job_id for mine in at_once(4, work) for job_id in mine]
    assert len(leased) == len(set(leased)) == 20
    records.close()
