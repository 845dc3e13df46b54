"""Claimed brands: as which brand a page presents itself, by its site name, its title and how often it says it."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

from matchers.brands import Brand, BrandIndex
from matchers.normalise import fold_text

_SHORTEST_NAME: Final = 4
_LONGEST_NAME_WORDS: Final = 4
_HEAD_WORDS: Final = 60  # words at the top of a page in which it says whose it is
_FEWEST_MENTIONS: Final = 3
_TITLE_PARTS: Final = re.compile(r"\s[-–—|:•»]\s|[|»•]")
_WORD: Final = re.compile(r"[a-z0-9]+")


def claimed_brand(site_name: str, title: str, text: str, brands: BrandIndex) -> Brand | None:
    """The brand as which a page presents itself: its site name or title opens or closes with the brand's name, or
    the top of the page names it and the rest keeps naming it, more than twice as often as any other.
    """
    for line in (site_name, title):
        for part in _TITLE_PARTS.split(line):
            words = _WORD.findall(fold_text(part))
            for size in range(min(_LONGEST_NAME_WORDS, len(words)), 0, -1):
                for piece in ("".join(words[:size]), "".join(words[-size:])):
                    brand = _named(piece, brands)
                    if brand is not None:
                        return brand
    return _most_mentioned(text, brands)


def _named(piece: str, brands: BrandIndex) -> Brand | None:
    is_name = len(piece) >= _SHORTEST_NAME or any(letter.isdigit() for letter in piece)
    brand = brands.by_label.get(piece) if is_name else None
    return brand if brand is not None and not brand.is_common else None


def _most_mentioned(text: str, brands: BrandIndex) -> Brand | None:
    words = _WORD.findall(fold_text(text))
    head: set[str] = set()
    counts: Counter[str] = Counter()
    for place in range(len(words)):
        joined = ""
        for word in words[place : place + _LONGEST_NAME_WORDS]:
            joined += word
            brand = _named(joined, brands)
            if brand is not None:
                counts[brand.id] += 1
                if place < _HEAD_WORDS:
                    head.add(brand.id)
                break
    if not counts:
        return None
    (first, most), *others = counts.most_common(2)
    if first in head and most >= _FEWEST_MENTIONS and (not others or most > 2 * others[0][1]):
        return brands.by_id[first]
    return None
