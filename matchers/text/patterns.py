"""Operators' regular expressions, held against a text in time that grows with its length and never beyond.

The engine is RE2 (google-re2): no backtracking, so that no expression and no text can hang a crawl, at the price of
back-references and look-around. Each expression has a bound on its memory. Which of many can match at all is told by
the letters that they need, in one pass; only those are then looked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import re2

from matchers.text.normalise import Folded

MAX_EXPRESSION_CHARACTERS: Final = 500
MAX_MEMORY_BYTES: Final = 512 * 1024
"""What one compiled expression may take; RE2 falls back to a slower, still linear automaton rather than take more."""
_SAMPLES: Final = (b"", b"a", b" a 0\n.")
"""Texts on which an expression that can match nothing at all does so: empty, within, beside and between words."""
_REMEDIES: Final = (
    (("(?=", "(?!", "(?<=", "(?<!"), "RE2 cannot look around: match the words beside it too, or use 'unless'"),
    (("(?>", "++", "*+", "?+"), "RE2 never backtracks, so that atomic groups and possessive signs are not needed"),
    (("invalid escape sequence: \\u", "invalid escape sequence: \\U"), "write the letter itself, or \\x{1ef1}"),
    (("invalid escape sequence: \\Z",), "write \\z for the end of the text"),
    (("invalid repetition size",), "repeat 1000 times at most, nested repetitions multiplied"),
    (("too large",), "write it shorter, with fewer or smaller repetitions"),
    (("missing )", "unexpected )"), "close every '(' and open every ')'; write \\( and \\) for the signs themselves"),
    (("missing ]",), "close the '['; write \\[ for the sign itself"),
    (("repetition",), "write \\* \\+ \\? for the signs themselves"),
)
_BACK_REFERENCES: Final = tuple(f"invalid escape sequence: \\{digit}" for digit in "123456789")


class PatternError(ValueError):
    """An expression that cannot be used; `remedy` says what to write instead."""

    def __init__(self, message: str, remedy: str) -> None:
        self.remedy = remedy
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression, over the folded text (small letters without marks) or over the original one."""

    expression: str
    is_original: bool = False


def check_pattern(pattern: Pattern) -> None:
    """Raises PatternError where RE2 does not take the expression, or where it can match the empty text."""
    if len(pattern.expression) > MAX_EXPRESSION_CHARACTERS:
        raise PatternError(
            f"the expression has {len(pattern.expression)} characters", f"write at most {MAX_EXPRESSION_CHARACTERS}"
        )
    try:
        compiled = re2.compile(pattern.expression, _options(pattern))
    except (re2.error, UnicodeEncodeError) as error:
        raise _refusal(pattern.expression, error) from None
    for sample in _SAMPLES:
        if any(found.start() == found.end() for found in compiled.finditer(sample)):
            raise PatternError(
                f"{pattern.expression!r} matches the empty text, so everywhere",
                "ask for at least one character: 'x+' in place of 'x*'",
            )


def _refusal(expression: str, error: Exception) -> PatternError:
    said = error.args[0] if error.args else ""
    told = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(error)
    if told.startswith(_BACK_REFERENCES):
        remedy = "RE2 has no back-references: write the words out, or two patterns"
    else:
        remedy = next(
            (remedy for signs, remedy in _REMEDIES if any(sign in told for sign in signs)),
            "write it as https://github.com/google/re2/wiki/Syntax shows",
        )
    return PatternError(f"{expression!r} is no regular expression that RE2 takes: {told}", remedy)


def _options(pattern: Pattern) -> re2.Options:
    options = re2.Options()
    options.max_mem = MAX_MEMORY_BYTES
    options.log_errors = False
    options.never_capture = True
    # Folded text has small letters only: an operator who writes TK means them.
    options.case_sensitive = pattern.is_original
    return options


class _Side:
    """The patterns of one form of the text."""

    def __init__(self, numbered: Sequence[tuple[int, Pattern]]) -> None:
        self._numbers = [number for number, _ in numbered]
        self._place = {number: place for place, number in enumerate(self._numbers)}
        self._filter = re2.Filter()
        for _, pattern in numbered:
            self._filter.Add(pattern.expression, _options(pattern))
        if numbered:
            self._filter.Compile()

    def possible(self, text: bytes) -> set[int]:
        """Numbers of the patterns whose letters the text has."""
        if not self._numbers:
            return set()
        return {self._numbers[place] for place in self._filter.Match(text, potential=True) or ()}

    def search(self, number: int, text: bytes) -> tuple[int, int] | None:
        """Place of the pattern's first match in the bytes of the text, or None; to match nothing is no match."""
        found = self._filter.re(self._place[number]).search(text)
        return None if found is None or found.start() == found.end() else found.span()


class PatternIndex:
    """All patterns of the rules, by number in the order given."""

    def __init__(self, patterns: Sequence[Pattern] = ()) -> None:
        self.patterns = tuple(patterns)

    @cached_property
    def sides(self) -> tuple[_Side, _Side]:
        """Those over the folded text, and those over the original one; compiled once, when first looked for."""
        numbered = list(enumerate(self.patterns))
        return (
            _Side([(number, pattern) for number, pattern in numbered if not pattern.is_original]),
            _Side([(number, pattern) for number, pattern in numbered if pattern.is_original]),
        )

    def find(self, folded: Folded) -> FoundPatterns:
        """What of the patterns is in a text; nothing is searched for where there are none."""
        return FoundPatterns(self, folded)


class FoundPatterns:
    """The patterns in one text: which may be there at once, where they stand on demand."""

    def __init__(self, index: PatternIndex, folded: Folded) -> None:
        self._index = index
        self._folded = folded
        self._spans: dict[int, tuple[int, int] | None] = {}

    @cached_property
    def possible(self) -> frozenset[int]:
        """Numbers of the patterns that can match; the others cannot."""
        if not self._index.patterns:
            return frozenset()
        return frozenset().union(
            *(side.possible(text) for side, text in zip(self._index.sides, self._texts, strict=True))
        )

    @cached_property
    def _texts(self) -> tuple[bytes, bytes]:
        # Lone surrogates become one question mark each, so that places stay.
        return self._folded.text.encode("utf-8", "replace"), self._folded.original.encode("utf-8", "replace")

    def span(self, number: int) -> tuple[int, int] | None:
        """Half-open offsets in the original text of the pattern's first match, or None."""
        if number not in self._spans:
            self._spans[number] = self._search(number) if number in self.possible else None
        return self._spans[number]

    def _search(self, number: int) -> tuple[int, int] | None:
        is_original = self._index.patterns[number].is_original
        text = self._texts[is_original]
        found = self._index.sides[is_original].search(number, text)
        if found is None:
            return None
        start = len(text[: found[0]].decode("utf-8", "replace"))
        end = start + len(text[found[0] : found[1]].decode("utf-8", "replace"))
        return (start, end) if is_original else self._folded.span(start, end)
