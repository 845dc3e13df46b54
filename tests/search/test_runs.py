"""Runs: what a crawl did and failed at, and the ones whose process is gone."""

from __future__ import annotations

import os
import subprocess
import time
from datetime import UTC, datetime, timedelta

from search.records import Records
from search.runs import (
    Counts,
    Failure,
    RunState,
    SourceSummary,
    close_dead_runs,
    failures_of,
    finish_run,
    keep_sources,
    latest_runs,
    source_summaries,
    start_run,
    update_run,
)
from search.tables import RunRow
from tests.search.material import NOW


def _failure(kind: str, number: int = 0) -> Failure:
    return Failure(NOW + timedelta(seconds=number), kind, f"https://bao.vn/{number}", "404 Not Found")


def test_a_run_keeps_its_counts_and_failures_as_they_come(records: Records) -> None:
    run_id = start_run(records, "bao-mau")
    update_run(records, run_id, Counts(3, 1, 1, 0), [_failure("http_404", 0)])
    update_run(records, run_id, Counts(5, 1, 1, 2), [_failure("http_404", 1), _failure("too_large", 2)])
    (run,) = latest_runs(records)
    assert (run.state, run.counts, run.finished_at) == (RunState.RUNNING, Counts(5, 1, 1, 2), None)
    assert run.failures == {"http_404": 2, "too_large": 1}
    assert failures_of(records, run_id) == [_failure("http_404", 0), _failure("http_404", 1), _failure("too_large", 2)]
    finish_run(records, run_id, RunState.FAILED, "nothing could be read")
    (run,) = latest_runs(records)
    assert (run.state, run.detail) == (RunState.FAILED, "nothing could be read")
    assert run.finished_at is not None


def test_the_newest_runs_come_first_of_one_source_or_all(records: Records) -> None:
    ids = [start_run(records, name) for name in ("a", "b", "a")]
    assert [run.id for run in latest_runs(records)] == ids[::-1]
    assert [run.id for run in latest_runs(records, "a", limit=1)] == [ids[2]]


def _run_of(records: Records, pid: int, machine: str | None = None, minutes_ago: float = 0) -> int:
    run_id = start_run(records, f"source-{pid}")
    with records.write() as session:
        row = session.get_one(RunRow, run_id)
        row.pid = pid
        row.machine = row.machine if machine is None else machine
        row.started_at -= timedelta(minutes=minutes_ago)
    return run_id


def test_a_run_whose_process_is_gone_is_killed_and_others_are_left_alone(records: Records) -> None:
    dead = subprocess.Popen(["true"])
    dead.wait()
    dead_id = _run_of(records, dead.pid)
    mine = _run_of(records, os.getpid())
    elsewhere = _run_of(records, dead.pid, "another-machine")
    assert close_dead_runs(records) == [f"source-{dead.pid}"]
    runs = {run.id: run for run in latest_runs(records)}
    run = runs[dead_id]
    assert (run.state, run.detail) == (RunState.KILLED, "its process ended without a word")
    assert run.finished_at is not None
    assert runs[mine].state is runs[elsewhere].state is RunState.RUNNING
    assert close_dead_runs(records) == []


def test_a_process_that_only_has_the_number_of_a_dead_one_keeps_no_run_alive(records: Records) -> None:
    younger = subprocess.Popen(["sleep", "60"])
    try:
        _run_of(records, younger.pid, minutes_ago=10)
        assert close_dead_runs(records) == [f"source-{younger.pid}"]
    finally:
        younger.kill()
        younger.wait()


def test_a_process_that_nobody_has_reaped_is_dead(records: Records) -> None:
    zombie = subprocess.Popen(["true"])
    _run_of(records, zombie.pid)
    deadline = time.monotonic() + 10
    while not (dead := close_dead_runs(records)):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert dead == [f"source-{zombie.pid}"]
    zombie.wait()


def test_sources_are_replaced_by_what_their_files_say_and_come_with_their_last_run(records: Records) -> None:
    def source(name: str, is_enabled: bool = True) -> SourceSummary:
        return SourceSummary(name, name.upper(), "news", "5m", is_enabled, datetime(2026, 1, 1, tzinfo=UTC))

    keep_sources(records, [source("b"), source("a")])
    start_run(records, "a")
    last = start_run(records, "a")
    update_run(records, last, Counts(1), [_failure("http_404")])
    keep_sources(records, [source("a", is_enabled=False), source("c")])
    first, second = source_summaries(records)
    assert (first.name, first.is_enabled, second.name) == ("a", False, "c")
    assert first.last_run is not None
    assert (first.last_run.id, first.last_run.failures) == (last, {"http_404": 1})
    assert second.last_run is None
