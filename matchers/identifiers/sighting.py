"""A sighting: an identifier, and where it was seen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from matchers.match import Identifier


@dataclass(frozen=True, slots=True)
class Sighting:
    """An identifier where it was seen: half-open offsets into the text, or 0 and 0 for a contact link or a code.

    `quote` is what was written; a card's number is masked in it.
    """

    identifier: Identifier
    start: int
    end: int
    quote: str
    is_contact: bool = False


def distinct(found: Iterable[Sighting]) -> list[Sighting]:
    """The first sighting of each identifier, in the order given."""
    seen: dict[Identifier, Sighting] = {}
    for sight in found:
        seen.setdefault(sight.identifier, sight)
    return list(seen.values())
