"""Decisions: moving a hit on, as long as it still is what the decider looked at."""

from __future__ import annotations

from collections.abc import Iterable

from search.hits import Event, history, load_hit
from search.records import Records
from search.review import HitChanged, HitMissing, decide
from search.status import Status

_DECISIVE = ("decided", "found_new", "found_changed", "rejudged", "picture_read")
_TRIES = 5


def decisive_events(events: Iterable[Event]) -> int:
    """How many events changed what there is to decide: another decision, text or judgement, not a sighting."""
    return sum(event.action in _DECISIVE for event in events)


def take_decision(
    records: Records,
    hit_id: int,
    to_status: Status,
    actor: str,
    note: str,
    seen_version: int,
    seen_events: int | None = None,
) -> int:
    """Move a hit to `to_status`; returns its new version.

    A hit's version grows with every sighting too. Where `seen_events`, the decisive events that the decider knew
    of, are still all there are, the hit was only seen again or captured meanwhile, and the decision stands.
    Raises HitMissing, StatusNotAllowed or HitChanged.
    """
    for _ in range(_TRIES):
        try:
            return decide(records, hit_id, to_status, actor, note, seen_version)
        except HitChanged:
            # The version before the history: a decision between the two readings shows in either.
            hit = load_hit(records, hit_id)
            if hit is None:
                raise HitMissing(f"hit {hit_id} does not exist") from None
            if seen_events is None or decisive_events(history(records, hit_id)) != seen_events:
                raise
            seen_version = hit.version
    raise HitChanged(f"hit {hit_id} changes faster than it can be decided; try again")
