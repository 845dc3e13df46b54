"""The Matcher interface and the registry: a new matcher is one module and one line here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Protocol

from matchers.claim_matcher import ClaimMatcher
from matchers.context import ContextMatcher
from matchers.hosts.matcher import DomainMatcher
from matchers.identifiers.matcher import IdentifierMatcher
from matchers.match import Match
from matchers.phrase_rules import PhraseRuleMatcher
from matchers.pictures.matcher import LikenessMatcher
from matchers.reading import Reading


class Matcher(Protocol):
    """Looks at a page and says what speaks for or against a category. Never raises, changes nothing."""

    name: str

    def match(self, reading: Reading) -> Iterable[Match]:
        """Every match in the page read."""
        ...


MATCHERS: Final[tuple[type[Matcher], ...]] = (
    PhraseRuleMatcher,
    DomainMatcher,
    ClaimMatcher,
    LikenessMatcher,
    ContextMatcher,
    IdentifierMatcher,
)
"""Every matcher, in the order in which their reasons are told."""
