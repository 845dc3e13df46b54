"""What matchers say of a page: Match, and what scoring makes of them: Verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal

from matchers.page import Box

SpanField = Literal["title", "text", "url", "picture"]


class Severity(IntEnum):
    """How much a hit matters: LOW may wait, CRITICAL is money being lost now."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4


@dataclass(frozen=True, slots=True)
class Span:
    """Where a match stands: half-open character offsets into the page's own, unfolded field.

    In the field `picture` they point into `Picture.text` of the picture whose SHA-256 is `picture`, and `box` is the
    place there; a code of a picture has a box and no characters.
    """

    field: SpanField
    start: int
    end: int
    picture: str = ""
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Identifier:
    """A handle that fraudsters are reached or paid by, normalised so that the same one is equal.

    `kind` is one of `matchers.identifiers.kinds.KINDS`; `value` the normal form (phones in E.164, accounts as
    `BANK:digits`).
    """

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Match:
    """One reason to look at a page.

    `rule` is `pack/rule` for phrase rules, `matcher/kind` else (`domains/combo`). `weight` is what it adds to
    its category's score (negative: it speaks against), `confidence` 0 to 1. `category` is None where the match
    says nothing of a category (an identifier). `quote` is the original text under `span`.
    """

    rule: str
    matcher: str
    reason_vi: str
    reason_en: str
    category: str | None = None
    weight: float = 0.0
    confidence: float = 1.0
    span: Span | None = None
    quote: str = ""
    identifier: Identifier | None = None
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What scoring made of a page's matches.

    `category` is the heaviest category, "" when none reached the threshold; then `is_hit` is False. `score` is
    its weight sum, 1.0 the threshold. The reasons are sentences a person can check, quoting the words matched.
    """

    is_hit: bool
    category: str
    severity: Severity
    score: float
    reason_vi: str
    reason_en: str
    matches: tuple[Match, ...]
    rules_version: str

    @property
    def identifiers(self) -> tuple[Identifier, ...]:
        """The distinct identifiers found, in order of first sight."""
        found = dict.fromkeys(match.identifier for match in self.matches if match.identifier is not None)
        return tuple(found)
