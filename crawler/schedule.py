"""When each source is crawled next: its `every:` line, counted from its last run in the records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from crawler.source import Source

TIME_ZONE: Final = "Asia/Ho_Chi_Minh"
"""Cron lines are read in this zone."""


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """One crawl to come, `at` aware UTC or with the zone of its cron line."""

    at: datetime
    source: str


def trigger(source: Source, first_at: datetime) -> BaseTrigger:
    """APScheduler's trigger for a source whose next run is at `first_at`."""
    if source.interval is not None:
        return IntervalTrigger(seconds=int(source.interval.total_seconds()), start_date=first_at)
    return CronTrigger.from_crontab(source.every, timezone=TIME_ZONE)


def next_run_at(source: Source, last_started_at: datetime | None, now: datetime) -> datetime:
    """When `source` is due: at once when it never ran or its time has passed, else its interval after the last run."""
    if source.interval is None:
        after = last_started_at or now - timedelta(days=1)
        due = CronTrigger.from_crontab(source.every, timezone=TIME_ZONE).get_next_fire_time(None, after)
        return max(due, now) if due is not None else now
    if last_started_at is None:
        return now
    return max(last_started_at + source.interval, now)


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
