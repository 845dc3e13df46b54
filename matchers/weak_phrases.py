"""Phrases of a pack that do not do what they look like: unreachable, written twice, or looked for in another form."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from matchers.errors import Problem
from matchers.pack import PackFile, RuleFile
from matchers.text.letters import DROP, SYMBOL, VIETNAMESE_LETTERS, rare_byte
from matchers.text.normalise import fold
from matchers.text.phrases import Phrase, parse_phrase, word_letters

_PLAIN: Final = frozenset(VIETNAMESE_LETTERS + "–—‘’“”…₫•°≥\u00a0")
"""What Vietnamese phrases are written with beside ASCII."""
_LETTERS: Final = re.compile(r"[^\W\d_]")
_WORD: Final = re.compile(r"[^\W_]+")
_BOUND: Final = re.compile(r">=|≥")
_BARE: Final = re.compile(r"[a-z]*(?:ie|ye|uo|uu)[a-z]+|[a-z]+(?:c|ch|p|t)")
"""Syllables that Vietnamese never writes without marks: those rimes have a hat or horn, those endings a tone."""
_USUALLY_MARKED: Final = 2
"""From so many times with marks, and without only here, such a word is a slip and no foreign one."""
_SHORTEST_MASKED: Final = 4  # letters: figures in shorter words (f0, 4g) are names of their own

phrase_of = lru_cache(maxsize=65_536)(parse_phrase)


@dataclass(frozen=True, slots=True)
class PlacedRule:
    """A rule with its pack and its number there."""

    pack: PackFile
    number: int

    @property
    def rule(self) -> RuleFile:
        """The rule as it is written."""
        return self.pack.rules[self.number]

    @property
    def name(self) -> str:
        """What verdicts call it: ``pack/rule``."""
        return f"{self.pack.id}/{self.rule.id}"

    def problem(self, message: str, remedy: str, *where: int | str) -> Problem:
        """A weakness of the rule, at the line of what stands at `where` in it."""
        line = self.pack.line("rules", self.number, *where)
        return Problem(self.pack.path or self.pack.id, line, f"{self.name}: {message}", remedy)


def swallows(shorter: Phrase, longer: Phrase) -> bool:
    """Whether a text that holds `longer` always holds `shorter`."""
    place = longer.pattern.find(shorter.pattern)
    if place < 0 or (shorter.minimum is not None and shorter.minimum != longer.minimum):
        return False
    if shorter.letters is None:
        return True
    if longer.letters is None:
        return False
    first = longer.pattern.count(b" ", 0, place)
    words = zip(shorter.letters, longer.letters[first:], strict=False)
    # Figures have no marks to agree: any number stands for any other.
    return all(one == other or not _LETTERS.search(one[0]) for one, other in words)


def repeated(placed: PlacedRule) -> Iterator[Problem]:
    """Phrases of one group that are there twice, or never needed beside a shorter one."""
    for where, group in (*placed.rule.groups(), (("unless",), placed.rule.unless)):
        parsed = [phrase_of(phrase) for phrase in group]
        for number, phrase in enumerate(parsed):
            for other, earlier in enumerate(parsed):
                if other == number or not swallows(earlier, phrase):
                    continue
                if not swallows(phrase, earlier):
                    message, remedy = (
                        f"{group[number]!r} is never needed beside {group[other]!r}",
                        "drop the longer one",
                    )
                elif other < number:
                    message = f"{group[number]!r} folds to the same words as {group[other]!r}"
                    remedy = "keep one of them"
                else:
                    continue
                yield placed.problem(message, remedy, *where, number)
                break


def excepted(placed: PlacedRule) -> Iterator[Problem]:
    """Phrases that bring one of the rule's own exceptions along."""
    for where, group in placed.rule.groups():
        for number, phrase in enumerate(group):
            for exception in placed.rule.unless:
                if swallows(phrase_of(exception), phrase_of(phrase)):
                    message = f"{phrase!r} holds {exception!r}, which the rule's own 'unless' excepts"
                    yield placed.problem(message, "drop the phrase, or make the exception longer", *where, number)
                    break


def too_far(placed: PlacedRule) -> Iterator[Problem]:
    """Phrases and groups of `near` that cannot stand within its words."""
    near = placed.rule.near
    if near is None:
        return
    shortest = []
    for number, group in enumerate(near.groups):
        lengths = [phrase_of(phrase).pattern.count(b" ") - 1 for phrase in group]
        shortest.append(min(lengths))
        for place, length in enumerate(lengths):
            if length > near.within + 1:
                message = f"{group[place]!r} has {length} words and can never stand within {near.within}"
                yield placed.problem(message, "shorten it, or raise 'within'", "near", "groups", number, place)
    words = [{word for phrase in group for word in phrase_of(phrase).pattern.split()} for group in near.groups]
    are_apart = all(one.isdisjoint(other) for place, one in enumerate(words) for other in words[:place])
    needed = sum(shortest) - 1
    if are_apart and needed > near.within:
        message = f"the groups need {needed} words at least, {near.within} are allowed: no text can satisfy them"
        yield placed.problem(message, f"raise 'within' above {needed}", "near", "within")


def unreadable(placed: PlacedRule) -> Iterator[Problem]:
    """Phrases with letters of other scripts, letters that folding drops, or figures that are read as letters."""
    for where, phrase in placed.rule.placed_phrases():
        dropped = [one for one in phrase if not one.isascii() and rare_byte(one) in (DROP, SYMBOL)]
        dropped = [one for one in dropped if one not in _PLAIN and not unicodedata.combining(one)]
        foreign = [one for one in phrase if one.isalpha() and not one.isascii() and one not in _PLAIN]
        if dropped:
            shown = ", ".join(f"U+{ord(one):04X}" for one in dict.fromkeys(dropped))
            yield placed.problem(f"{phrase!r} holds {shown}, which no text is asked for", "take it out", *where)
        elif foreign and unicodedata.normalize("NFC", phrase) == phrase:
            shown = ", ".join(f"{one!r} ({unicodedata.name(one, '?').title()})" for one in dict.fromkeys(foreign))
            yield placed.problem(f"{phrase!r} mixes scripts: {shown}", "write it in the letters of Vietnamese", *where)
        elif masked := _masked(phrase):
            message = f"{phrase!r} is looked for as {masked!r}"
            yield placed.problem(message, "write the letters that people read there, with spaces between words", *where)


def _masked(phrase: str) -> str:
    """What is looked for, where folding reads other letters than a phrase shows; else ""."""
    looked_for = fold(_BOUND.sub(" ", phrase)).words.text.decode("ascii").split()
    shown = _as_it_looks(phrase)
    is_other = len(shown) != len(looked_for) or any(
        one != other and len(one) >= _SHORTEST_MASKED for one, other in zip(shown, looked_for, strict=True)
    )
    return " ".join(looked_for) if is_other else ""


def _as_it_looks(phrase: str) -> list[str]:
    """The words of a phrase by nothing but small letters without marks, any number as 0."""
    plain = unicodedata.normalize("NFD", _BOUND.sub(" ", phrase).lower().replace("đ", "d").replace("₫", " "))
    letters = "".join(one for one in plain if not unicodedata.combining(one))
    numbers = re.sub(r"\d+(?:[.,]\d+)*", "0", letters)
    return re.findall(r"[a-z0-9%]+", numbers)


def marks_in_use(packs: Iterable[PackFile]) -> Mapping[str, Counter[bool]]:
    """Of each folded word in phrases that are written with marks, how often it has marks and how often not."""
    seen: dict[str, Counter[bool]] = {}
    for pack in packs:
        for rule in pack.rules:
            for phrase in rule.phrases():
                if not phrase.isascii():
                    for word in _WORD.findall(phrase.lower()):
                        seen.setdefault(fold(word).text, Counter())[_has_marks(word)] += 1
    return seen


def unmarked(placed: PlacedRule, in_use: Mapping[str, Counter[bool]]) -> Iterator[Problem]:
    """Words left without their marks in a phrase with marks, with which texts must then agree. Capitals are names."""
    for where, phrase in placed.rule.placed_phrases():
        if phrase.isascii():
            continue
        for word in _WORD.findall(phrase):
            known = in_use.get(word.lower(), Counter())
            if _BARE.fullmatch(word) and known[True] >= _USUALLY_MARKED and known[False] == 1:
                message = f"{phrase!r} writes {word!r} without the marks that it has in Vietnamese"
                yield placed.problem(message, "write its marks, or none in the whole phrase", *where)


def _has_marks(word: str) -> bool:
    letters, tones = word_letters(word)
    return bool(tones) or not letters.isascii()


def marked_patterns(placed: PlacedRule) -> Iterator[Problem]:
    """Patterns over the folded text that ask for marks, of which it has none."""
    for number, one in enumerate(placed.rule.patterns):
        marked = [letter for letter in one.folded if letter.isalpha() and not letter.isascii()]
        if marked:
            message = f"{one.folded!r} asks for {marked[0]!r}, but folded text has no marks"
            yield placed.problem(message, "write it without marks, or as 'original:'", "patterns", number)
