"""Timelines: how many hits were last seen on each day in Vietnam."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from search.language.grammar import VIETNAM

TIMELINE_YEARS: Final = (2000, 2099)
"""A timeline shows the days of these years, both included: at most 36,525 of them, whatever dates hits may bear."""
DAY_MICROSECONDS: Final = 86_400_000_000
VIETNAM_MICROSECONDS: Final = int(VIETNAM.utcoffset(None).total_seconds()) * 1_000_000
_EPOCH: Final = date(1970, 1, 1).toordinal()
FIRST_DAY: Final = date(TIMELINE_YEARS[0], 1, 1).toordinal() - _EPOCH
LAST_DAY: Final = date(TIMELINE_YEARS[1], 12, 31).toordinal() - _EPOCH
"""The ends of every timeline, in days since 1970."""


def timeline(counts: Mapping[int, int]) -> dict[date, int]:
    """A timeline from how many hits there are to each day, in days since 1970 in Vietnam."""
    return {
        date.fromordinal(_EPOCH + day): count for day, count in sorted(counts.items()) if FIRST_DAY <= day <= LAST_DAY
    }
