"""The schedule: intervals count from the last run, cron lines are clock times, downtime is caught up once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from apscheduler.triggers.interval import IntervalTrigger

from crawler.schedule import TIME_ZONE, next_run_at, plan, trigger
from crawler.source import Source

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
"""A Wednesday, 12:06:07 in Vietnam."""


def source(every: str, name: str = "a", **more: object) -> Source:
    return Source.model_validate(
        {"name": name, "title": "A", "kind": "news", "every": every, "start": ["https://a.vn"], **more}
    )


def vietnam(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=ZoneInfo(TIME_ZONE))


@pytest.mark.parametrize(
    ("last", "due"),
    [
        (None, NOW),
        (NOW - timedelta(minutes=10), NOW + timedelta(minutes=20)),
        (NOW - timedelta(minutes=30), NOW),
        (NOW - timedelta(days=9), NOW),
    ],
)
def test_an_interval_counts_from_the_last_run_and_is_caught_up_once(last: datetime | None, due: datetime) -> None:
    assert next_run_at(source("30m"), last, NOW) == due


@pytest.mark.parametrize(
    ("last", "due"),
    [
        (None, vietnam(5, 6)),
        (vietnam(4, 6), vietnam(5, 6)),
        (vietnam(4, 6) + timedelta(seconds=3), vietnam(5, 6)),
        (vietnam(3, 6), NOW),
        (vietnam(1, 6), NOW),
    ],
)
def test_a_cron_line_is_a_time_of_day_in_vietnam_and_is_caught_up_once(last: datetime | None, due: datetime) -> None:
    assert next_run_at(source("0 6 * * *"), last, NOW) == due


def test_sunday_is_sunday() -> None:
    assert next_run_at(source("0 6 * * 0"), None, NOW) == vietnam(8, 6)


def test_the_trigger_goes_on_from_the_first_run() -> None:
    follow = trigger(source("2h"), NOW)
    assert isinstance(follow, IntervalTrigger)
    assert follow.get_next_fire_time(NOW, NOW) == NOW + timedelta(hours=2)
    assert trigger(source("0 6 * * *"), NOW).get_next_fire_time(None, NOW) == vietnam(5, 6)


def test_the_plan_of_a_day() -> None:
    sources = [
        source("6h", "interval"),
        source("0 6,18 * * *", "cron"),
        source("1h", "off", enabled=False),
        source("1d", "late"),
    ]
    last = {"interval": NOW - timedelta(hours=5), "cron": vietnam(1, 6), "late": NOW - timedelta(days=5)}
    runs = plan(sources, last, NOW, timedelta(hours=24))
    assert [(run.source, run.at.astimezone(UTC) - NOW) for run in runs] == [
        ("cron", timedelta(0)),
        ("late", timedelta(0)),
        ("interval", timedelta(hours=1)),
        ("cron", vietnam(4, 18) - NOW),
        ("interval", timedelta(hours=7)),
        ("interval", timedelta(hours=13)),
        ("cron", vietnam(5, 6) - NOW),
        ("interval", timedelta(hours=19)),
    ]


def test_a_plan_without_sources_is_empty() -> None:
    assert plan([], {}, NOW, timedelta(days=1)) == []
