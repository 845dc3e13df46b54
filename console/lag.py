"""Lag: how far the index is behind the records, and whether it catches up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from search.indexes.index import Index, IndexUnavailable
from search.outbox import refusals, waiting
from search.rebuild import hits_in, is_under_way
from search.records import Records


@dataclass(frozen=True, slots=True)
class Lag:
    """What the index has not heard of yet: `count` changes, the oldest waiting `since`.

    `refused` is how many hits it will never take as they are, and `reasons` says why, by hit. While it `is_rebuilding`,
    `filled` of `hits` are in the new one; None where that cannot be asked.
    """

    count: int
    since: datetime | None
    refused: int
    reasons: Mapping[int, str]
    is_rebuilding: bool
    filled: int | None
    hits: int | None


def lag_of(records: Records, index: Index) -> Lag | None:
    """How far the index is behind; None where it is not. Raises RecordsError, and never fails for the index."""
    count, since = waiting(records)
    refused = refusals(records)
    if not is_under_way(records):
        return Lag(count, since, len(refused), refused, False, None, None) if count or refused else None
    return Lag(count, since, len(refused), refused, True, _filled(index), hits_in(records))


def _filled(index: Index) -> int | None:
    try:
        return index.state().filling
    except IndexUnavailable:
        # Whoever searches it says so; that it is being rebuilt is known without it.
        return None
