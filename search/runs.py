"""Runs: each crawl of a source, what it brought and what failed by name; and the sources as last read."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

import psutil
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from search.records import Records, hold
from search.tables import FailureRow, RunRow, SourceRow


class RunState(StrEnum):
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    KILLED = "killed"


@dataclass(frozen=True, slots=True)
class Counts:
    """What a run has done so far."""

    pages: int = 0
    rendered: int = 0
    hits_new: int = 0
    hits_seen: int = 0


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that could not be done, by name."""

    at: datetime
    kind: str
    url: str
    detail: str
    times: int = 1
    """How many of the kind this one stands for."""


@dataclass(frozen=True, slots=True)
class Run:
    """One crawl of one source. `failures` counts them by kind; `detail` says why a run failed."""

    id: int
    source: str
    state: RunState
    started_at: datetime
    finished_at: datetime | None
    counts: Counts
    failures: Mapping[str, int]
    detail: str


@dataclass(frozen=True, slots=True)
class SourceSummary:
    """A source for people: what it is, and how its last run went (None before the first)."""

    name: str
    title: str
    kind: str
    every: str
    is_enabled: bool
    next_run_at: datetime | None
    last_run: Run | None = None


def start_run(records: Records, source: str) -> int:
    """Note that this process crawls `source` from now on; returns the run's id."""
    with records.write() as session:
        run = RunRow(
            source=source,
            machine=platform.node(),
            pid=os.getpid(),
            state=RunState.RUNNING,
            started_at=datetime.now(UTC),
        )
        session.add(run)
        session.flush()
        return run.id


def update_run(records: Records, run_id: int, counts: Counts, failures: Sequence[Failure] = ()) -> None:
    """Set the run's counts as they stand, and add the failures met since the last call."""
    with records.write() as session:
        run = session.get_one(RunRow, run_id)
        run.pages, run.rendered = counts.pages, counts.rendered
        run.hits_new, run.hits_seen = counts.hits_new, counts.hits_seen
        session.add_all(
            FailureRow(
                run_id=run_id,
                at=failure.at,
                kind=failure.kind,
                url=failure.url,
                detail=failure.detail,
                times=failure.times,
            )
            for failure in failures
        )


def finish_run(records: Records, run_id: int, state: RunState, detail: str = "") -> None:
    with records.write() as session:
        run = session.get_one(RunRow, run_id)
        run.state, run.detail, run.finished_at = state, detail, datetime.now(UTC)


def close_dead_runs(records: Records) -> list[str]:
    """Mark the runs of this machine whose process is gone as killed; returns their sources."""
    with records.write() as session:
        running = session.scalars(
            select(RunRow).where(RunRow.state == RunState.RUNNING, RunRow.machine == platform.node()).with_for_update()
        )
        dead = [run for run in running if not _is_alive(run.pid, run.started_at)]
        for run in dead:
            run.state, run.finished_at = RunState.KILLED, datetime.now(UTC)
            run.detail = "its process ended without a word"
        return [run.source for run in dead]


def _is_alive(pid: int, started_at: datetime) -> bool:
    try:
        process = psutil.Process(pid)
        # A younger process only has the number of the one that crawled. Boot time is known to the second.
        is_younger = process.create_time() > started_at.timestamp() + 2
        return process.status() != psutil.STATUS_ZOMBIE and not is_younger
    except psutil.NoSuchProcess:
        return False


def latest_runs(records: Records, source: str | None = None, limit: int = 50) -> list[Run]:
    """The newest runs (of one source), newest first."""
    with records.read() as session:
        query = select(RunRow).order_by(RunRow.id.desc()).limit(limit)
        rows = session.scalars(query if source is None else query.where(RunRow.source == source)).all()
        failures = _failure_counts(session, rows)
        return [_run(row, failures.get(row.id, {})) for row in rows]


def failures_of(records: Records, run_id: int, limit: int = 200) -> list[Failure]:
    """What a run could not do, oldest first."""
    with records.read() as session:
        rows = session.scalars(
            select(FailureRow).where(FailureRow.run_id == run_id).order_by(FailureRow.id).limit(limit)
        )
        return [Failure(row.at, row.kind, row.url, row.detail, row.times) for row in rows]


def keep_sources(records: Records, sources: Sequence[SourceSummary]) -> None:
    """Replace what the records know of the sources by what their files say now.

    A source without a next run keeps the one it had: who only crawls knows of no schedule.
    """
    with records.write() as session:
        hold(session, "sources")
        planned = dict(session.execute(select(SourceRow.name, SourceRow.next_run_at)).all())
        session.execute(delete(SourceRow))
        session.add_all(
            SourceRow(
                name=source.name,
                title=source.title,
                kind=source.kind,
                every=source.every,
                is_enabled=source.is_enabled,
                next_run_at=source.next_run_at or planned.get(source.name),
            )
            for source in sources
        )


def source_summaries(records: Records) -> list[SourceSummary]:
    """Every source by name, with its last run."""
    with records.read() as session:
        rows = session.scalars(select(SourceRow).order_by(SourceRow.name)).all()
        last_ids = select(func.max(RunRow.id)).group_by(RunRow.source)
        runs = session.scalars(select(RunRow).where(RunRow.id.in_(last_ids))).all()
        failures = _failure_counts(session, runs)
    last = {run.source: _run(run, failures.get(run.id, {})) for run in runs}
    return [
        SourceSummary(row.name, row.title, row.kind, row.every, row.is_enabled, row.next_run_at, last.get(row.name))
        for row in rows
    ]


def _failure_counts(session: Session, runs: Sequence[RunRow]) -> dict[int, dict[str, int]]:
    rows = session.execute(
        select(FailureRow.run_id, FailureRow.kind, func.sum(FailureRow.times))
        .where(FailureRow.run_id.in_([run.id for run in runs]))
        .group_by(FailureRow.run_id, FailureRow.kind)
        .order_by(FailureRow.kind)
    )
    counts: dict[int, dict[str, int]] = {}
    for run_id, kind, count in rows:
        counts.setdefault(run_id, {})[kind] = int(count)
    return counts


def _run(row: RunRow, failures: Mapping[str, int]) -> Run:
    return Run(
        id=row.id,
        source=row.source,
        state=RunState(row.state),
        started_at=row.started_at,
        finished_at=row.finished_at,
        counts=Counts(row.pages, row.rendered, row.hits_new, row.hits_seen),
        failures=failures,
        detail=row.detail,
    )
