from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.histogram import MOST_BARS, Bar, Span, histogram

TIMELINES = st.dictionaries(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.integers(1, 10_000), max_size=40)


def test_no_hit_is_no_bar() -> None:
    assert histogram({}).bars == ()
    assert histogram({}).most == 0


def test_days_without_hits_stand_between_those_with() -> None:
    found = histogram({date(2026, 11, 3): 2, date(2026, 11, 1): 4})
    assert found.span is Span.DAY
    assert [(bar.since.day, bar.until.day, bar.count) for bar in found.bars] == [(1, 1, 4), (2, 2, 0), (3, 3, 2)]
    assert [found.height(bar) for bar in found.bars] == [100, 0, 50]


@pytest.mark.parametrize(
    ("days", "span"), [(0, "day"), (61, "day"), (62, "week"), (61 * 7, "week"), (70 * 7, "month"), (6000, "year")]
)
def test_the_longer_the_range_the_wider_the_bars(days: int, span: str) -> None:
    first = date(2020, 1, 6)
    assert histogram({first: 1, first + timedelta(days=days): 1}).span == span


def test_weeks_begin_on_monday() -> None:
    found = histogram({date(2026, 11, 22): 1, date(2026, 11, 23): 2, date(2026, 1, 1): 3})
    assert found.bars[-2:] == (
        Bar(date(2026, 11, 16), date(2026, 11, 22), 1),
        Bar(date(2026, 11, 23), date(2026, 11, 29), 2),
    )


def test_months_and_years_are_whole() -> None:
    assert histogram({date(2024, 2, 10): 1, date(2026, 2, 10): 1}).bars[0].until == date(2024, 2, 29)
    assert histogram({date(2000, 2, 10): 1, date(2099, 2, 10): 1}).bars[-1] == Bar(
        date(2099, 1, 1), date(2099, 12, 31), 1
    )


def test_no_bar_reaches_beyond_what_was_asked_for() -> None:
    since, until = date(2026, 1, 15), date(2026, 11, 20)
    bars = histogram({since: 1, until: 1}, since, until).bars
    assert (bars[0].since, bars[-1].until) == (since, until)


def test_what_is_little_can_still_be_seen() -> None:
    found = histogram({date(2026, 1, 1): 1, date(2026, 1, 2): 1_000_000})
    assert found.height(found.bars[0]) == 3


@given(TIMELINES)
def test_every_hit_is_in_one_bar_and_bars_follow_one_another(timeline: dict[date, int]) -> None:
    found = histogram(timeline)
    assert sum(bar.count for bar in found.bars) == sum(timeline.values())
    assert len(found.bars) <= (100 if found.span is Span.YEAR else MOST_BARS)
    for before, after in zip(found.bars, found.bars[1:], strict=False):
        assert after.since == before.until + timedelta(days=1)
    for day, count in timeline.items():
        (bar,) = [bar for bar in found.bars if bar.since <= day <= bar.until]
        assert bar.count >= count
