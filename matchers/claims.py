"""Claimed brands: as which brand a page presents itself, by its site name, its title and how often it says it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate
from typing import Final

from matchers.hosts.brands import Brand, BrandIndex
from matchers.text.normalise import fold_text

_SHORTEST_NAME: Final = 4
_LONGEST_NAME_WORDS: Final = 4
_HEAD_WORDS: Final = 60  # words at the top of a page in which it says whose it is
_OWNER_REACH: Final = 8  # words within which a copyright line names the owner
_FEWEST_MENTIONS: Final = 3
_TITLE_PARTS: Final = re.compile(r"\s[-–—|:•»]\s|[|»•]")
_WORD: Final = re.compile(r"[a-z0-9]+")


def claimed_brand(site_name: str, title: str, folded: str, brands: BrandIndex) -> Brand | None:
    """The brand as which a page presents itself: its site name or title opens or closes with the brand's name, or
    the top of the page or its copyright line names it and the rest keeps naming it, more than twice as often as
    any other. `folded` is the page's text, folded.
    """
    for line in (site_name, title):
        for part in _TITLE_PARTS.split(line):
            words = _WORD.findall(fold_text(part))
            for size in range(min(_LONGEST_NAME_WORDS, len(words)), 0, -1):
                for piece in ("".join(words[:size]), "".join(words[-size:])):
                    brand = _named(piece, brands)
                    if brand is not None:
                        return brand
    return _most_mentioned(folded, brands)


def _ownership(words: list[str]) -> Iterator[int]:
    """Places after a copyright line's opening words, where the owner is named."""
    for place, word in enumerate(words):
        if word == "copyright" or (word == "ban" and words[place + 1 : place + 2] == ["quyen"]):
            yield place + 1


def _named(piece: str, brands: BrandIndex) -> Brand | None:
    is_name = len(piece) >= _SHORTEST_NAME or any(letter.isdigit() for letter in piece)
    brand = brands.by_label.get(piece) if is_name else None
    return brand if brand is not None and not brand.is_common else None


def _most_mentioned(text: str, brands: BrandIndex) -> Brand | None:
    words = _WORD.findall(text)
    squeezed = "".join(words)
    hits = brands.automaton.find_matches_as_indexes(squeezed, overlapping=True)
    hits += brands.figure_automaton.find_matches_as_indexes(squeezed, overlapping=True)
    if not hits:
        return None
    ends = dict(zip(accumulate(map(len, words)), range(1, len(words) + 1), strict=True))
    owned = {place + shift for place in _ownership(words) for shift in range(_OWNER_REACH)}
    at_the_top: set[str] = set()
    counts: Counter[str] = Counter()
    for _, start, end in hits:
        place = ends.get(start) if start else 0
        if place is None or end not in ends:
            continue  # inside other words
        brand = _named(squeezed[start:end], brands)
        if brand is not None:
            counts[brand.id] += 1
            if place < _HEAD_WORDS or place in owned:
                at_the_top.add(brand.id)
    if not counts:
        return None
    (first, most), *others = counts.most_common(2)
    if first in at_the_top and most >= _FEWEST_MENTIONS and (not others or most > 2 * others[0][1]):
        return brands.by_id[first]
    return None
