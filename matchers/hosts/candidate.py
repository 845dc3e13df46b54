"""Candidate: one way in which a host may imitate a brand, with the points that speak for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from matchers.hosts.brands import Brand

Kind = Literal["typo", "combo", "subdomain", "homograph", "prefix", "hosted"]

_CONVICTS: Final = 0.995
"""Points that convict: one, less the rounding of sums of tenths."""
_SUREST: Final = 0.99


@dataclass(frozen=True, slots=True)
class Candidate:
    """A brand that a host may imitate: `found` is what stands in the host (pairs such as rn as the letter that they
    look like), `distance` its edits from the name."""

    brand: Brand
    kind: Kind
    found: str
    distance: int
    points: float

    @property
    def convicts(self) -> bool:
        """Whether the points are enough."""
        return self.points >= _CONVICTS

    @property
    def confidence(self) -> float:
        """The points as a confidence: 0.75 at the threshold, towards 1 above it."""
        return round(min(_SUREST, 0.75 + 0.25 * (self.points - 1.0)), 2)
