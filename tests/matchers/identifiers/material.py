"""What tests of identifiers share: the brands that ship, and what is found in a text as a page shows it."""

from __future__ import annotations

from matchers.hosts.brands import BUILT_IN_BRANDS, BrandIndex, read_brands
from matchers.identifiers.finder import find_identifiers
from matchers.reading import Visible

BRANDS = BrandIndex(tuple(read_brands(BUILT_IN_BRANDS)[0]))


def found(text: str, *contacts: str) -> set[tuple[str, str]]:
    """(kind, value) of all that is found in `text` as it is seen, and in link targets."""
    seen = Visible.of(text).text
    return {(sight.identifier.kind, sight.identifier.value) for sight in find_identifiers(seen, BRANDS, contacts)}


def values(kind: str, text: str, *contacts: str) -> set[str]:
    """The values of one kind that are found."""
    return {value for name, value in found(text, *contacts) if name == kind}
