"""Bait words of host names: what stands beside a brand there, and how much it says."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from ahocorasick_rs import AhoCorasick

from matchers.hosts.lexicon import lexicon

_SHORTEST_AT_EDGE: Final = 4
_COUNTRY: Final = frozenset(("vn", "vietnam", "viet"))
_VOWELS: Final = frozenset("aeiou")


@dataclass(frozen=True, slots=True)
class Residue:
    """What is left of a label beside the brand's name, read as words.

    `lures`, `gambling` and `fillers` are the words of each list found in it, `digits` the figures, `unread` the
    letters that are none of them.
    """

    lures: tuple[str, ...]
    gambling: tuple[str, ...]
    fillers: tuple[str, ...]
    digits: str
    unread: str

    @property
    def names_country(self) -> bool:
        """Whether Vietnam is named: a brand's own sites rarely need to."""
        return not _COUNTRY.isdisjoint(self.fillers)

    @property
    def is_day_and_night(self) -> bool:
        """Whether the figures are those of a service around the clock: 24h, 24/7."""
        return self.digits.startswith("24")

    @property
    def is_telling(self) -> bool:
        """Whether anything beside the name speaks for fraud or for Vietnam."""
        return bool(self.lures or self.gambling or self.fillers or self.digits or self.is_unpronounceable)

    @property
    def is_unpronounceable(self) -> bool:
        """Whether the unread letters are a tail no one would speak: two to six letters, no vowel."""
        letters = self.unread
        return 2 <= len(letters) <= 6 and _VOWELS.isdisjoint(letters)


def is_chance(before: str, found: str, after: str) -> bool:
    """Whether other words fit better than a name does: ``vietna(mcredit)`` is vietnam and credit."""
    if not (before or after):
        return False
    return len(read_residue((before + found + after,)).unread) < len(read_residue((before, after)).unread)


@lru_cache(maxsize=16384)
def read_residue(pieces: tuple[str, ...]) -> Residue:
    """The pieces of a label beside the brand's name, each read as the fewest words that leave least unread."""
    kinds = lexicon().baits
    words: list[str] = []
    unread: list[str] = []
    digits: list[str] = []
    for piece in pieces:
        for is_number, run in _runs(piece):
            if is_number:
                digits.append(run)
            elif len(run) == 1 and run in kinds and run == piece:
                words.append(run)
            else:
                found, left = _segment(run)
                words.extend(found)
                unread.append(left)
    by_kind = {kind: tuple(word for word in words if kinds[word] == kind) for kind in ("lure", "gamble", "filler")}
    return Residue(by_kind["lure"], by_kind["gamble"], by_kind["filler"], "".join(digits), "".join(unread))


@cache
def _edges() -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Lures that are long enough to be told at an edge of a name without a hyphen, by their first and last letters."""
    openings: dict[str, list[str]] = {}
    closings: dict[str, list[str]] = {}
    for word, kind in lexicon().baits.items():
        if kind == "lure" and len(word) >= _SHORTEST_AT_EDGE:
            openings.setdefault(word[:_SHORTEST_AT_EDGE], []).append(word)
            closings.setdefault(word[-_SHORTEST_AT_EDGE:], []).append(word)
    return openings, closings


def without_bait(name: str) -> list[tuple[str, str]]:
    """`name` without a lure or the country at its start or end, and what was left out."""
    openings, closings = _edges()
    found: list[tuple[str, str]] = []
    for word in openings.get(name[:_SHORTEST_AT_EDGE], ()):
        if name.startswith(word):
            found.append((name[len(word) :], word))
    for word in closings.get(name[-_SHORTEST_AT_EDGE:], ()):
        if name.endswith(word):
            found.append((name[: -len(word)], word))
    if name.startswith("vn"):
        found.append((name[2:], "vn"))
    elif name.endswith("vn"):
        found.append((name[:-2], "vn"))
    return found


def _runs(piece: str) -> list[tuple[bool, str]]:
    runs: list[tuple[bool, str]] = []
    for character in piece:
        is_number = character.isdigit()
        if runs and runs[-1][0] == is_number:
            runs[-1] = (is_number, runs[-1][1] + character)
        else:
            runs.append((is_number, character))
    return runs


@cache
def _words() -> AhoCorasick:
    """One automaton over all words of two letters and more."""
    return AhoCorasick([word for word in lexicon().baits if len(word) > 1])


def _segment(letters: str) -> tuple[tuple[str, ...], str]:
    """Words that cover most of `letters` (then the fewest, the longest first), and the letters they leave."""
    hits = _words().find_matches_as_indexes(letters, overlapping=True)
    if not hits:
        return (), letters
    kinds = lexicon().baits
    ending: dict[int, list[int]] = {}
    for _, start, end in hits:
        # Two letters are a word of gambling only by themselves.
        if end - start > 2 or kinds[letters[start:end]] != "gamble" or end - start == len(letters):
            ending.setdefault(end, []).append(start)
    best: list[tuple[int, int, tuple[str, ...], str]] = [(0, 0, (), "")]
    for end in range(1, len(letters) + 1):
        left, count, words, rest = best[end - 1]
        choice = (left + 1, count, words, rest + letters[end - 1])
        for start in sorted(ending.get(end, ())):
            left, count, words, rest = best[start]
            if (left, count + 1) < choice[:2]:
                choice = (left, count + 1, (*words, letters[start:end]), rest)
        best.append(choice)
    return best[-1][2], best[-1][3]
