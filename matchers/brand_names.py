"""The names that brands go by in running text: short ones, and those of the companies behind them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ahocorasick_rs import AhoCorasick

from matchers.hosts.brands import Brand, BrandIndex
from matchers.text.lines import Lines
from matchers.text.normalise import fold_text
from matchers.text.syllables import part

_SHORTEST_NAME: Final = 4
_SHORTEST_COMMON_ALIAS: Final = 6
"""Letters from which an alias of a brand with a common name (ACB: acbbank) is distinct enough for running text."""
_SHORTEST_NICKNAME: Final = 6
"""Letters from which a coined nickname (shinhan) is distinct enough for running text."""
_LONGEST_NAME_WORDS: Final = 5
_SHORTEST_LEGAL_NAME: Final = 14  # letters; shorter ones are the brand's short name over again
_WHOLE_SHARE: Final = 0.7
"""Share of a line's letters from which a company's name is all that the line says; its short name may follow."""
_WORD: Final = re.compile(r"[a-z0-9]+")
_WRITTEN_WORD: Final = re.compile(r"[^\W_]+")
_TITLE_PARTS: Final = re.compile(r"\s[-–—|:•»·]\s|[|»•·]|\s\(|\)")
# Words that stand around a name without making another name of it: what the company is, what the page is.
_PLAIN_WORDS: Final = frozenset(
    _WORD.findall(
        "ngan hang so vi cong ty tap doan tong tai chinh cp tmcp tnhh mtv viet nam vietnam vn cua official chinh thuc "
        "trang chu home homepage website web site cong thong tin dien tu app ung dung sieu thi he dang nhap login "
        "chao mung quy khach den voi welcome to the online digital banking internet mobile smart san thuong mai bank "
        "ebanking va"
    )
)
_LEGAL_FORMS: Final = (
    (r"\btmcp\b", "thuong mai co phan", ""),
    (r"\btnhh\b", "trach nhiem huu han", ""),
    (r"\bmtv\b", "mot thanh vien", ""),
)


@dataclass(frozen=True, slots=True)
class SelfName:
    """A brand that a line calls itself by; `is_whole`: by nothing else, so that it is no one's who sells for it."""

    brand: Brand
    is_whole: bool
    words: tuple[str, ...]
    """The part of the line in question, folded."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A brand named in a text: line number, first word and the word after the last one in it."""

    brand: Brand
    line: int
    first: int
    end: int


class BrandNames:
    """All names of all brands, found in a text at a cost that does not grow with their number."""

    def __init__(self, brands: BrandIndex) -> None:
        self._names = dict(_short_names(brands))
        self._companies: dict[str, tuple[Brand, ...]] = {}
        for brand in brands.brands:
            for name in _legal_spellings((brand.name, *brand.legal_names)):
                if brand not in (known := self._companies.get(name, ())):
                    self._companies[name] = (*known, brand)
        self._name_list = list(self._names)
        self._company_list = list(self._companies)
        self._name_automaton = AhoCorasick(self._name_list or ["\x00"], store_patterns=False)
        self._company_automaton = AhoCorasick(self._company_list or ["\x00"], store_patterns=False)
        self._spoken = frozenset(name for name in self._names if part(name) is not None)

    def called(self, line: str) -> Iterator[SelfName]:
        """The brands that the parts of a title, a site's name or a like line call themselves."""
        for piece in _TITLE_PARTS.split(line):
            words = tuple(_WORD.findall(fold_text(piece)))
            if words and (named := self._named(words, piece)) is not None:
                yield named

    def _named(self, words: tuple[str, ...], written: str) -> SelfName | None:
        for first in range(min(len(words), _leading_plain(words) + 1)):
            for end in range(len(words), len(words) - _leading_plain(words[::-1]) - 1, -1):
                brand = self._names.get("".join(words[first:end])) if end > first else None
                if brand is not None and self._is_proper(words, first, end, written):
                    return SelfName(brand, True, words)
        squeezed = "".join(words)
        for company, letters in self._companies_at(squeezed):
            return SelfName(company, letters >= _WHOLE_SHARE * len(squeezed), words)
        for size in range(min(_LONGEST_NAME_WORDS, len(words)), 0, -1):
            for first in {0, len(words) - size}:
                brand = self._names.get("".join(words[first : first + size]))
                if brand is not None and self._is_proper(words, first, first + size, written):
                    return SelfName(brand, False, words)
        return None

    def _companies_at(self, squeezed: str) -> Iterator[tuple[Brand, int]]:
        """The brands whose company's name stands in these joined words, with its number of letters."""
        if len(squeezed) < _SHORTEST_LEGAL_NAME:
            return
        for number, start, end in self._company_automaton.find_matches_as_indexes(squeezed, overlapping=True):
            for brand in self._companies[self._company_list[number]]:
                yield brand, end - start

    def mentions(self, lines: Lines) -> list[Mention]:
        """The brands named in a text, in order.

        A name made of everyday words (Giao Hàng Nhanh) counts where it is written as a name, with capitals.
        """
        found: dict[tuple[int, int], Mention] = {}
        for name, start, stop in self._name_automaton.find_matches_as_indexes(lines.joined, overlapping=True):
            place = lines.place(start, stop)
            if place is None:
                continue  # inside other words, or over the end of a line
            number, first, end = place
            known = found.get((number, first))
            if known is not None and known.end >= end:
                continue
            if self._is_proper(lines.words(number), first, end, lines.text(number)):
                found[number, first] = Mention(self._names[self._name_list[name]], number, first, end)
        return _longest(sorted(found.values(), key=lambda mention: (mention.line, mention.first, -mention.end)))

    def companies(self, lines: Lines) -> Iterator[tuple[Brand, int]]:
        """The brands whose company a text names in full, with the number of the line."""
        for number, start, end in self._company_automaton.find_matches_as_indexes(lines.joined, overlapping=True):
            line = lines.line_at(start)
            if lines.line_at(end - 1) == line:
                for brand in self._companies[self._company_list[number]]:
                    yield brand, line

    def _is_proper(self, words: Sequence[str], first: int, end: int, written: str) -> bool:
        """Whether the words are a name: a coined one, or everyday words with capitals on half of them and more."""
        if "".join(words[first:end]) not in self._spoken:
            return True
        originals = _written_words(written)
        if len(originals) != len(words):
            return False
        named = originals[first:end]
        capitals = [word[0].isupper() for word in named]
        return capitals[0] and 2 * sum(capitals) >= len(named)


@lru_cache(maxsize=16)
def _written_words(line: str) -> list[str]:
    """The words of a line as written; kept for the next names in it."""
    return _WRITTEN_WORD.findall(line)


def _longest(mentions: Iterable[Mention]) -> list[Mention]:
    """Mentions without those inside the one before (`shinhan` in `shinhan bank`)."""
    kept: list[Mention] = []
    for mention in mentions:
        if not kept or mention.line != kept[-1].line or mention.first >= kept[-1].end:
            kept.append(mention)
    return kept


def _short_names(brands: BrandIndex) -> Iterator[tuple[str, Brand]]:
    for label, brand in brands.by_label.items():
        has_figure = any(letter.isdigit() for letter in label)
        if not brand.is_common:
            if len(label) >= _SHORTEST_NAME or has_figure:
                yield label, brand
        elif label != brand.id and len(label) >= _SHORTEST_COMMON_ALIAS:
            yield label, brand
        if brand.sector == "bank" and label.isalpha():
            yield f"nganhang{label}", brand
    for nickname, brand in brands.by_nickname.items():
        if brand.sector == "bank":
            yield f"nganhang{nickname}", brand
        is_coined = len(nickname) >= _SHORTEST_NICKNAME and part(nickname) is None
        if is_coined and not brand.is_common and nickname not in brands.by_label:
            yield nickname, brand


def _legal_spellings(names: Iterable[str]) -> Iterator[str]:
    """Every way in which companies write their name: legal form in letters, in full, or left out."""
    for name in names:
        folded = " ".join(_WORD.findall(fold_text(name)))
        for choice in (None, 1, 2):
            spelled = folded
            if choice is not None:
                for form, *spellings in _LEGAL_FORMS:
                    spelled = re.sub(form, spellings[choice - 1], spelled)
            squeezed = spelled.replace(" ", "")
            if len(squeezed) >= _SHORTEST_LEGAL_NAME:
                yield squeezed


def _leading_plain(words: Sequence[str]) -> int:
    count = 0
    while count < len(words) and words[count] in _PLAIN_WORDS:
        count += 1
    return count
