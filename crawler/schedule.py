"""When each source is crawled next: its `every:` line, counted from its last run in the records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.interval import IntervalTrigger

from crawler.source import TIME_ZONE, Source, cron_trigger

__all__ = ["TIME_ZONE", "PlannedRun", "next_run_at", "plan", "trigger"]


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """One crawl to come, `at` aware UTC or with the zone of its cron line."""

    at: datetime
    source: str


def trigger(source: Source, first_at: datetime) -> BaseTrigger:
    """APScheduler's trigger for a source whose next run is at `first_at`."""
    if source.interval is not None:
        return IntervalTrigger(seconds=int(source.interval.total_seconds()), start_date=first_at)
    return cron_trigger(source.every)


def next_run_at(source: Source, last_started_at: datetime | None, now: datetime) -> datetime:
    """When `source` is due.

    A source with an interval: at once when it never ran, else its interval after the last run. One with a cron line: at
    the line's next time. A time that passed since the last run, however many did, is caught up once, at once.
    """
    if source.interval is not None:
        return now if last_started_at is None else max(last_started_at + source.interval, now)
    after = now if last_started_at is None else last_started_at + timedelta(microseconds=1)
    due = cron_trigger(source.every).get_next_fire_time(None, after)
    return now if due is None else max(due, now)


def plan(
    sources: Sequence[Source], last_started_at: dict[str, datetime], now: datetime, horizon: timedelta
) -> list[PlannedRun]:
    """Every run from `now` up to `now + horizon`, in order. Disabled sources have none."""
    runs: list[PlannedRun] = []
    for source in sources:
        if not source.enabled:
            continue
        at: datetime | None = next_run_at(source, last_started_at.get(source.name), now)
        follow = trigger(source, at or now)
        while at is not None and at < now + horizon:
            runs.append(PlannedRun(at, source.name))
            at = follow.get_next_fire_time(at, at + timedelta(microseconds=1))
    return sorted(runs, key=lambda run: (run.at, run.source))
