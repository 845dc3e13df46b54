"""Odd words repaired: what a word that is neither a Vietnamese syllable nor a word of any phrase can stand for.

A short spelling (``ko``), joined words (``dangnhap``), figures for letters (``ch1``) and one slip of the hand
(``nahn``) each have their readings. A reading is taken only where it makes a word pair (2-gram) of some phrase with its
neighbours, so that names and foreign words stay what they are; of all readings of a stretch, the one with the most
such pairs is taken (Viterbi, "Error bounds for convolutional codes", 1967).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, pairwise
from typing import Final

from rapidfuzz.distance import OSA

from matchers.hosts.lexicon import lexicon
from matchers.text.normalise import fold_text
from matchers.text.syllables import LONGEST_JOINED, SYLLABLES, part, part_into

_REPAIRS_KEPT: Final = 50_000
_MOST_READINGS: Final = 10
_LONGEST_REPAIRED: Final = 40
_SHORTEST_JOINED: Final = 5
_SHORTEST_SLIPPED: Final = 3
_SHORTEST_ALONE: Final = 6
"""Letters of a word that is a phrase by itself from which it may be repaired without a neighbour's word."""
_LETTERS_OF_FIGURE: Final = {"0": "o", "1": "il", "3": "e", "4": "a", "5": "s", "7": "t"}
_FIGURE_LETTERS: Final = "oileast"
_COST: Final = 0.1
"""What a reading costs against the pairs it makes: less than one pair, so that the first pair decides."""
_RANK_COST: Final = 0.001


@dataclass(frozen=True, slots=True)
class Repair:
    """One reading of an odd word. `slips` counts letters that are wrong in it, `has_figures` says that it reads figures
    as letters, which the text's own figures have to bear out."""

    words: tuple[bytes, ...]
    slips: int = 0
    has_figures: bool = False


class Repairer:
    """Readings of odd words by the words and word pairs of `patterns` (folded words, a space around each)."""

    def __init__(self, patterns: Iterable[bytes]) -> None:
        self._patterns = tuple(patterns)
        self._repairs: dict[bytes, tuple[Repair, ...]] = {}

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """Every word of the patterns."""
        return frozenset(word for pattern in self._patterns for word in pattern.decode("ascii").split())

    @cached_property
    def known(self) -> frozenset[bytes]:
        """Words that are left alone: numbers, words of phrases and every Vietnamese syllable; not short spellings, and
        not words with figures (``B2``), which may spell another word."""
        letters = (word for word in self.vocabulary | SYLLABLES if word.isalpha() and word not in lexicon().teencode)
        return frozenset((*(word.encode("ascii") for word in letters), b"0", b"0%"))

    @cached_property
    def pairs(self) -> frozenset[tuple[bytes, bytes]]:
        """Every two words that follow one another in a pattern."""
        return frozenset(pair for pattern in self._patterns for pair in pairwise(pattern.split()))

    @cached_property
    def _alone(self) -> frozenset[bytes]:
        """Long words that are a pattern by themselves."""
        words = (pattern.strip() for pattern in self._patterns)
        return frozenset(word for word in words if b" " not in word and len(word) >= _SHORTEST_ALONE)

    @cached_property
    def _foreign(self) -> frozenset[str]:
        """Words of the patterns that are no syllables, and long enough to be told within joined words."""
        return frozenset(word for word in self.vocabulary - SYLLABLES if word.isalpha() and len(word) >= 3)

    @cached_property
    def _by_deletion(self) -> dict[str, tuple[str, ...]]:
        """A word, whole and with one letter left out, to the words it comes from."""
        found: dict[str, set[str]] = {}
        for word in self.vocabulary:
            if len(word) < _SHORTEST_SLIPPED:
                continue
            found.setdefault(word, set()).add(word)
            for place in range(len(word)):
                found.setdefault(word[:place] + word[place + 1 :], set()).add(word)
        return {key: tuple(sorted(words)) for key, words in found.items()}

    def readings(self, word: bytes) -> tuple[Repair, ...]:
        """What an odd word can stand for, likeliest first."""
        known = self._repairs.get(word)
        if known is None:
            if len(self._repairs) > _REPAIRS_KEPT:
                self._repairs.clear()
            known = self._repairs[word] = tuple(self._read(word.decode("ascii")))[:_MOST_READINGS]
        return known

    def agrees(self, before: bytes, word: bytes, after: bytes) -> bool:
        """Whether a reading of `word` makes a pair with a neighbour, or stands for itself."""
        pairs = self.pairs
        return any(
            (before, repair.words[0]) in pairs or (repair.words[-1], after) in pairs or self._within(word, repair)
            for repair in self.readings(word)
        )

    def line(self, words: Sequence[bytes], repairable: Set[bytes], written: Callable[[int], str]) -> dict[int, Repair]:
        """The places of `words` to repair, the last one first, with the readings that make the most pairs in all.

        `written` gives the word of a place as the text writes it, for readings of figures.
        """
        pairs = self.pairs
        # For each reading of the odd word before: its last word, the sum up to it, and the readings chosen up to it.
        ends: list[_End] = [(b"", 0.0, None)]
        next_place = 0
        for place in [place for place, word in enumerate(words) if word in repairable]:
            if place > next_place:
                ends = [(words[place - 1], *_best(ends, words[next_place], pairs))]
            told: list[_End] = []
            for repair, gain in self._options(words[place], place, written):
                if repair is None:
                    total, chosen = _best(ends, words[place], pairs)
                    told.append((words[place], total, chosen))
                else:
                    total, chosen = _best(ends, repair.words[0], pairs)
                    told.append((repair.words[-1], total + gain, (place, repair, chosen)))
            ends = told
            next_place = place + 1
        _, chosen = _best(ends, words[next_place] if next_place < len(words) else b"", pairs)
        repairs: dict[int, Repair] = {}
        while chosen is not None:
            place, repair, chosen = chosen
            repairs[place] = repair
        return repairs

    def _options(self, word: bytes, place: int, written: Callable[[int], str]) -> Iterator[tuple[Repair | None, float]]:
        """Ways to read an odd word, itself first, with what each gains or costs."""
        yield None, 0.0
        for rank, repair in enumerate(self.readings(word)):
            if repair.has_figures and not spells(written(place), repair.words[0].decode("ascii")):
                continue
            yield repair, self._within(word, repair) - _COST * (1 + repair.slips) - _RANK_COST * rank

    def _within(self, word: bytes, repair: Repair) -> int:
        """Pairs that a reading makes within itself; a short spelling's own do not count, it needs a neighbour."""
        if len(repair.words) > 1:
            pairs = self.pairs
            return sum(pair in pairs for pair in pairwise(repair.words)) if len(word) >= _SHORTEST_JOINED else 0
        return repair.words[0] in self._alone

    def _read(self, word: str) -> Iterator[Repair]:
        meanings = lexicon().teencode.get(word)
        if meanings is not None:
            yield from (Repair(tuple(part.encode("ascii") for part in meaning)) for meaning in meanings)
            return
        if len(word) > LONGEST_JOINED:
            return
        if not word.isalpha():
            yield from (Repair((meant.encode("ascii"),), has_figures=True) for meant in self._by_figures.get(word, ()))
            return
        for pieces in self._parted(word):
            yield Repair(tuple(piece.encode("ascii") for piece in pieces))
        if _SHORTEST_SLIPPED <= len(word) <= _LONGEST_REPAIRED:
            yield from (Repair((meant.encode("ascii"),), slips=1) for meant in self._slipped(word))

    def _parted(self, word: str) -> Iterable[tuple[str, ...]]:
        """The words that `word` may be made of: as syllables, with words of phrases among them, in two."""
        if len(word) < _SHORTEST_JOINED:
            return ()
        found: dict[tuple[str, ...], None] = {}
        for pieces in (part(word), part_into(word, self._foreign)):
            if pieces is not None and len(pieces) > 1:
                found[pieces] = None
        for cut in range(1, len(word)):
            if word[:cut] in SYLLABLES and word[cut:] in SYLLABLES:
                found[(word[:cut], word[cut:])] = None
        return found

    def _slipped(self, word: str) -> Iterator[str]:
        """Words of phrases that are one slip away: a letter left out, added, changed, or swapped with the next."""
        near = set(self._by_deletion.get(word, ()))
        for place in range(len(word)):
            near.update(self._by_deletion.get(word[:place] + word[place + 1 :], ()))
        ranked = sorted((OSA.distance(word, other), other) for other in near)
        return (other for distance, other in ranked if distance == 1)

    @cached_property
    def _by_figures(self) -> dict[str, tuple[str, ...]]:
        """A word with figures for one or two letters, or two beside each other, each run as ``0``, to its words."""
        found: dict[str, list[str]] = {}
        for word in self.vocabulary:
            if word.isalpha():
                for form in _with_figures(word):
                    found.setdefault(form, []).append(word)
        return {form: tuple(sorted(words)) for form, words in found.items()}


def _with_figures(word: str) -> set[str]:
    places = [place for place, letter in enumerate(word) if letter in _FIGURE_LETTERS]
    forms = {word[:place] + "0" + word[place + 1 :] for place in places}
    for first, second in combinations(places, 2):
        forms.add(
            word[:first] + "0" + (word[first + 1 : second] + "0" if second > first + 1 else "") + word[second + 1 :]
        )
    return forms


_Chosen = tuple[int, Repair, "_Chosen | None"]
"""A place, the reading chosen there, and those chosen before it."""
_End = tuple[bytes, float, _Chosen | None]


def _best(ends: list[_End], following: bytes, pairs: Set[tuple[bytes, bytes]]) -> tuple[float, _Chosen | None]:
    """The sum and the readings of the end that goes best with the word `following` it."""
    if len(ends) == 1:
        last, total, chosen = ends[0]
    else:
        last, total, chosen = max(ends, key=lambda end: end[1] + ((end[0], following) in pairs))
    return total + ((last, following) in pairs), chosen


def spells(written: str, word: str) -> bool:
    """Whether `written` is `word` with figures for some of its letters.

    >>> spells("CH1", "chi"), spells("ch2", "chi")
    (True, False)
    """
    letters = fold_text(written)
    return len(letters) == len(word) and all(
        letter == wanted or wanted in _LETTERS_OF_FIGURE.get(letter, "")
        for letter, wanted in zip(letters, word, strict=True)
    )
