"""Conditions: what a query asks of a hit, as a tree that every index translates."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from matchers.text.normalise import fold_text
from matchers.text.wording import exact_words

_WORDS: Final = re.compile("[a-z0-9\x80-\U0010ffff]+")
_SHORT, _LONG = 3, 6
"""A fuzzy word of at least 3 letters may differ by one letter, of at least 6 by two (Elasticsearch's AUTO)."""


@dataclass(frozen=True, slots=True)
class Term:
    """Words that must occur in this order (or must not), within one field of the hit.

    They are folded, or with `is_exact` only in lower case, marks kept. `is_prefix` opens the last one's end,
    `is_fuzzy` lets the only one differ by `edits_of` letters, the first of them excepted. `written` is how a query
    wrote it, "" where none did.
    """

    words: tuple[str, ...]
    is_prefix: bool = False
    is_excluded: bool = False
    is_exact: bool = False
    is_fuzzy: bool = False
    written: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Label:
    """A property that a hit may have many of: `phone`, `brand`, `rule`…; `is_prefix` opens the value's end."""

    name: str
    value: str
    is_prefix: bool = False

    @property
    def text(self) -> str:
        """The label as indexes hold it."""
        return label_text(self.name, self.value)


@dataclass(frozen=True, slots=True)
class OneOf:
    """The field has one of these values."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SeverityRange:
    """The severity is within these, both included."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class SeenRange:
    """Last seen from `start` on and before `end`; None leaves a side open.

    `age` is what a query wrote where it counted from its own moment (`7d`), else "".
    """

    start: datetime | None
    end: datetime | None
    age: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class AllOf:
    """All of these hold."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of these holds."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """This does not hold."""

    condition: Condition


Condition = Term | Label | OneOf | SeverityRange | SeenRange | AllOf | AnyOf | Not


def wanted_terms(condition: Condition) -> tuple[Term, ...]:
    """The terms that must or may occur, alternatives included; none of what is taken out."""
    if isinstance(condition, Term) and not condition.is_excluded:
        return (condition,)
    if isinstance(condition, (AllOf, AnyOf)):
        return tuple(term for part in condition.conditions for term in wanted_terms(part))
    return ()


def words_of(text: str) -> tuple[str, ...]:
    """The words of `text`, folded: what every index holds of a text and looks up for a query.

    >>> words_of("Vay 5.000.000đ, LÃI thấp!")
    ('vay', '5', '000', '000d', 'lai', 'thap')
    """
    return tuple(_WORDS.findall(fold_text(foldable(text))))


def foldable(text: str) -> str:
    """`text` as it is folded for searching: on one line, behind a space, which moves its offsets by one.

    Folding reads the zero of " 0k" as a letter, and must whether the word comes first or not; it joins split letters
    within a line, and must whether a page breaks its lines or not.
    """
    return f" {text}".replace("\n", " ")


def exact_words_of(text: str) -> tuple[str, ...]:
    """The words of `text` with their marks, in lower case.

    >>> exact_words_of("LÃI thấp!")
    ('lãi', 'thấp')
    """
    return tuple(exact_words(text).split())


def label_text(name: str, value: str) -> str:
    """A label as indexes hold it: name and value, in lower case."""
    return f"{name}:{value.lower()}"


def edits_of(word: str) -> int:
    """By how many letters a fuzzy word may differ."""
    return 0 if len(word) < _SHORT else 1 if len(word) < _LONG else 2
