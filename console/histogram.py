"""Histograms: how many hits were last seen when, as bars of a day, week, month or year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

MOST_BARS = 62
"""More would be too narrow to point at on a telephone."""


class Span(StrEnum):
    """What a bar stands for."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Bar:
    """The hits that were last seen from one day in Vietnam to another, both included."""

    since: date
    until: date
    count: int


@dataclass(frozen=True, slots=True)
class Histogram:
    """Bars in order, those of no hit among them; none where no hit was seen."""

    span: Span
    bars: tuple[Bar, ...]

    @property
    def most(self) -> int:
        """The count of the highest bar."""
        return max((bar.count for bar in self.bars), default=0)

    def height(self, bar: Bar) -> int:
        """A bar's height in hundredths of the highest; what is not nothing can be seen."""
        return max(3, round(100 * bar.count / self.most)) if bar.count else 0


def histogram(timeline: Mapping[date, int], since: date | None = None, until: date | None = None) -> Histogram:
    """The timeline as at most `MOST_BARS` bars (a hundred, of years), of the shortest span that does.

    Weeks begin on Monday. No bar reaches beyond `since` and `until`, the days that were asked for.
    """
    days = [day for day, count in timeline.items() if count]
    if not days:
        return Histogram(Span.DAY, ())
    first, last = min(days), max(days)
    span = next((span for span in Span if _number(span, last) - _number(span, first) < MOST_BARS), Span.YEAR)
    counts: dict[int, int] = {}
    for day, count in timeline.items():
        number = _number(span, day)
        counts[number] = counts.get(number, 0) + count
    bars = []
    for number in range(_number(span, first), _number(span, last) + 1):
        begin, end = _first_day(span, number), _first_day(span, number + 1) - timedelta(days=1)
        bars.append(
            Bar(
                begin if since is None else max(begin, since),
                end if until is None else min(end, until),
                counts.get(number, 0),
            )
        )
    return Histogram(span, tuple(bars))


def _number(span: Span, day: date) -> int:
    """The number of the day's span, counted from the beginning of the calendar."""
    match span:
        case Span.DAY:
            return day.toordinal()
        case Span.WEEK:
            return (day.toordinal() - 1) // 7
        case Span.MONTH:
            return day.year * 12 + day.month - 1
        case Span.YEAR:
            return day.year


def _first_day(span: Span, number: int) -> date:
    match span:
        case Span.DAY:
            return date.fromordinal(number)
        case Span.WEEK:
            return date.fromordinal(number * 7 + 1)
        case Span.MONTH:
            return date(number // 12, number % 12 + 1, 1)
        case Span.YEAR:
            return date(number, 1, 1)
