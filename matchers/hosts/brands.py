"""Brands that fraudsters pass themselves off as: `brands.csv` read, checked and indexed.

A row is one brand: id, name, sector, aliases (``;`` between them), official_domains (``;``), is_common (``yes``
where the name also means something else in the world, so that it convicts only beside a second sign), verified
(``yes`` once somebody has compared the row with the brand's own site), nicknames (``;``: names and parts of names
that count in hosts only beside bait words, as all names of two and three letters do; the id may be one), legal_names
(``;``: the companies behind it) and hotlines (``;``, as dialled in the country). All but id and name may be left out.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

from ahocorasick_rs import AhoCorasick

from matchers.errors import Problem
from matchers.hosts.skeleton import look, skeleton
from matchers.text.normalise import fold_text

BUILT_IN_BRANDS: Final = Path(__file__).parents[1] / "packs" / "brands.csv"
COLUMNS: Final = (
    *("id", "name", "sector", "aliases", "official_domains", "is_common", "verified", "nicknames"),
    *("legal_names", "hotlines"),
)
_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]*")
_HOTLINE: Final = re.compile(r"[01]\d{6,10}")
_DOMAIN: Final = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]{2,}")
SHORTEST_ENDING: Final = 6
SHORTEST_NAME: Final = 4
"""Names below this many letters count in hosts only beside bait."""
SHORTEST_OFFICIAL: Final = 3
"""Letters that the first label of an official domain must have to be told within longer names."""
SHORTEST_TYPO_NAME: Final = 5
"""Names below this many letters are never looked up by edit distance: too many words are one letter away."""

CATEGORY_OF_SECTOR: Final = {
    "bank": "fake_bank",
    "e-wallet": "fake_bank",
    "payment": "fake_bank",
    "finance": "loan_credit",
    "insurance": "fake_bank",
    "government": "impersonated_authority",
    "utility": "impersonated_authority",
    "securities": "securities",
    "lottery": "prize_notice",
    "conglomerate": "illegal_fundraising",
}
"""Which category a brand's imitation falls under; the rest is e-commerce fraud."""
ELSE_CATEGORY: Final = "ecommerce"


@dataclass(frozen=True, slots=True)
class Brand:
    """One brand: what it is called, in which trade, and the domains that are its own."""

    id: str
    name: str
    sector: str
    aliases: tuple[str, ...] = ()
    official_domains: tuple[str, ...] = ()
    is_common: bool = False
    is_verified: bool = False
    nicknames: tuple[str, ...] = ()
    legal_names: tuple[str, ...] = ()
    hotlines: tuple[str, ...] = ()

    @property
    def category(self) -> str:
        """The category that imitations of this brand fall under."""
        return CATEGORY_OF_SECTOR.get(self.sector, ELSE_CATEGORY)

    @property
    def labels(self) -> tuple[str, ...]:
        """The brand's names as they stand in host names: letters and digits only, longest first."""
        found = {_label(text) for text in (self.id, *self.aliases)} - {_label(text) for text in self.nicknames}
        return tuple(sorted((label for label in found if len(label) > 1), key=lambda label: (-len(label), label)))


@dataclass(frozen=True)
class BrandIndex:
    """The brands, laid out so that a look-up costs the same for a hundred of them as for ten thousand.

    Exact names are found with one automaton. Misspelt ones are found by parts: a name at most two edits away
    shares at least one of its three parts with the brand (the pigeonhole principle of PASS-JOIN, Li, Deng, Wang
    and Feng, VLDB 2011), so that a handful of dictionary look-ups finds every candidate.
    """

    brands: tuple[Brand, ...]
    allowed: frozenset[str] = frozenset()
    by_label: dict[str, Brand] = field(init=False, repr=False)
    by_nickname: dict[str, Brand] = field(init=False, repr=False)
    official: dict[str, Brand] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        by_label: dict[str, Brand] = {}
        for brand in self.brands:
            for label in brand.labels:
                by_label.setdefault(label, brand)
        object.__setattr__(self, "by_label", by_label)
        by_nickname = {label: brand for label, brand in by_label.items() if len(label) < SHORTEST_NAME}
        for brand in self.brands:
            for nickname in brand.nicknames:
                by_nickname.setdefault(_label(nickname), brand)
        object.__setattr__(self, "by_nickname", by_nickname)
        official = {domain: brand for brand in self.brands for domain in brand.official_domains}
        object.__setattr__(self, "official", official)

    @cached_property
    def by_id(self) -> dict[str, Brand]:
        """Brands by id."""
        return {brand.id: brand for brand in self.brands}

    @cached_property
    def kept(self) -> frozenset[str]:
        """Domains that imitate nobody: official and allowed ones."""
        return self.allowed.union(self.official)

    @cached_property
    def long_labels(self) -> list[str]:
        """Names of four letters and more, in the automaton's order."""
        return [label for label in self.by_label if len(label) >= SHORTEST_NAME]

    @cached_property
    def automaton(self) -> AhoCorasick:
        """Finds `long_labels` in a text."""
        return AhoCorasick(self.long_labels or ["\x00"], store_patterns=False)

    @cached_property
    def skeletons(self) -> AhoCorasick:
        """Finds the skeletons of `long_labels`, in their order, in the skeleton of a host."""
        return AhoCorasick([skeleton(label) for label in self.long_labels] or ["\x00"], store_patterns=False)

    @cached_property
    def figure_automaton(self) -> AhoCorasick:
        """Finds short names that hold a figure (F88), distinct enough for running text."""
        labels = [label for label in self.by_label if len(label) < SHORTEST_NAME and not label.isalpha()]
        return AhoCorasick(labels or ["\x00"], store_patterns=False)

    @cached_property
    def nickname_openings(self) -> dict[str, tuple[str, ...]]:
        """The first two letters of the names in `by_nickname`, to the names."""
        return _grouped((nickname[:2], nickname) for nickname in self.by_nickname)

    @cached_property
    def nickname_closings(self) -> dict[str, tuple[str, ...]]:
        """The last two letters of the names in `by_nickname`, to the names."""
        return _grouped((nickname[-2:], nickname) for nickname in self.by_nickname)

    @cached_property
    def look_openings(self) -> frozenset[str]:
        """What the domains of `by_look` begin with, up to their first dot or hyphen."""
        return frozenset(seen.replace("-", ".").partition(".")[0] for seen in self.by_look)

    @cached_property
    def by_look(self) -> dict[str, str]:
        """What official domains look like, with their dots or with hyphens for them, to the domains."""
        found: dict[str, str] = {}
        for domain in self.official:
            if domain.find(".") >= SHORTEST_OFFICIAL:
                found.setdefault(look(domain), domain)
                found.setdefault(look(domain.replace(".", "-")), domain)
        return found

    @cached_property
    def plans(self) -> dict[int, tuple[tuple[int, int, dict[str, tuple[str, ...]]], ...]]:
        """For a text of each length, the places to look at and the names that have a part there: (start, end, part
        to names). A text two edits or fewer from a name holds one of the name's parts at one of these places."""
        found: dict[int, dict[tuple[int, int], dict[str, list[str]]]] = {}
        for label in self.by_label:
            if len(label) < SHORTEST_TYPO_NAME:
                continue
            for length, start, end, part in _part_places(label):
                names = found.setdefault(length, {}).setdefault((start, end), {}).setdefault(part, [])
                if label not in names:
                    names.append(label)
        return {
            length: tuple(
                (start, end, {part: tuple(names) for part, names in parts.items()})
                for (start, end), parts in sorted(places.items())
            )
            for length, places in found.items()
        }

    @cached_property
    def endings(self) -> dict[str, tuple[str, ...]]:
        """Endings of six letters and more that three or more lenders' names share, to those names."""
        lenders = [label for label, brand in self.by_label.items() if brand.sector == "finance"]
        found: dict[str, set[str]] = {}
        for label in lenders:
            for size in range(SHORTEST_ENDING, len(label)):
                found.setdefault(label[-size:], set()).add(label)
        return {ending: tuple(sorted(labels)) for ending, labels in found.items() if len(labels) > 2}

    @cached_property
    def ending_sizes(self) -> tuple[int, ...]:
        """Lengths of `endings`."""
        return tuple(sorted({len(ending) for ending in self.endings}))

    def is_official(self, host: str) -> bool:
        """Whether `host` is an official or allowed domain, or below one."""
        kept = self.kept
        while host:
            if host in kept:
                return True
            host = host.partition(".")[2]
        return False

    def owner(self, host: str) -> Brand | None:
        """The brand whose official domain `host` is or is below."""
        while host:
            if host in self.official:
                return self.official[host]
            host = host.partition(".")[2]
        return None


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return {key: tuple(values) for key, values in found.items()}


def _part_places(label: str) -> Iterator[tuple[int, int, int, str]]:
    """(length of a text, start, end, part): where a part of `label` stands in texts few enough edits away.

    The bounds on the shift are PASS-JOIN's multi-match-aware ones. Two letters exchanged across a cut would spoil
    both parts, so that the name is also laid out with the letters at each cut exchanged.
    """
    size = len(label)
    bounds = part_bounds(size)
    edits = edits_allowed(size)
    spellings = {label}
    for _, cut in bounds[:-1]:
        spellings.add(label[: cut - 1] + label[cut] + label[cut - 1] + label[cut + 1 :])
    for gap in range(-edits, edits + 1):
        for number, (start, end) in enumerate(bounds):
            for shift in range(-number, number + 1):
                if abs(gap - shift) <= edits - number and start + shift >= 0:
                    for spelling in spellings:
                        yield size + gap, start + shift, end + shift, spelling[start:end]


def part_bounds(length: int) -> tuple[tuple[int, int], ...]:
    """Where a name of `length` letters is cut: two parts below nine letters (one edit), else three (two edits)."""
    count = edits_allowed(length) + 1
    size, longer = divmod(length, count)
    bounds = []
    start = 0
    for number in range(count):
        end = start + size + (number >= count - longer)
        bounds.append((start, end))
        start = end
    return tuple(bounds)


def edits_allowed(length: int) -> int:
    """Edits within which a name of `length` letters still counts as misspelt."""
    return 1 if length < 9 else 2


def read_brands(path: Path) -> tuple[list[Brand], list[Problem]]:
    """The brands of one CSV file, and what is wrong with it; a row with a problem is left out."""
    brands: list[Brand] = []
    problems: list[Problem] = []
    place = str(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        return [], [Problem(place, 0, f"cannot be read: {error}", "save the file as UTF-8 and check its permissions")]
    reader = csv.DictReader(text.splitlines())
    missing = [column for column in COLUMNS[:2] if column not in (reader.fieldnames or ())]
    if missing:
        header = ",".join(COLUMNS)
        return [], [Problem(place, 1, f"column {missing[0]!r} is missing", f"start the file with the line {header}")]
    seen: dict[str, int] = {}
    for row in reader:
        line = reader.line_num
        found = _row_problems(row, place, line)
        brand_id = (row.get("id") or "").strip()
        if brand_id in seen:
            found.append(
                Problem(place, line, f"brand {brand_id!r} is already on line {seen[brand_id]}", "keep one row a brand")
            )
        if found:
            problems.extend(found)
            continue
        seen[brand_id] = line
        brands.append(_brand(row))
    return brands, problems


def _row_problems(row: dict[str, str], place: str, line: int) -> list[Problem]:
    problems: list[Problem] = []
    brand_id = (row.get("id") or "").strip()
    if not _ID.fullmatch(brand_id):
        problems.append(
            Problem(place, line, f"{brand_id!r} is not a brand id", "use lower-case letters, digits and hyphens")
        )
    if not (row.get("name") or "").strip():
        problems.append(Problem(place, line, "the brand has no name", "write the name people know it by"))
    for domain in _list(row.get("official_domains")):
        if not _DOMAIN.fullmatch(domain):
            problems.append(
                Problem(place, line, f"{domain!r} is not a domain", "write it bare and in lower case: example.com.vn")
            )
    for hotline in _list(row.get("hotlines")):
        if not _HOTLINE.fullmatch(hotline):
            problems.append(
                Problem(place, line, f"{hotline!r} is not a hotline", "write its digits as dialled: 1900545413")
            )
    for column in ("is_common", "verified"):
        value = (row.get(column) or "no").strip().lower()
        if value not in ("yes", "no"):
            problems.append(Problem(place, line, f"{column} is {value!r}", "write yes or no"))
    return problems


def _label(text: str) -> str:
    """A name as it stands in host names: letters and digits only."""
    return re.sub(r"[^a-z0-9]", "", fold_text(text))


def _list(value: str | None) -> Iterable[str]:
    return (item.strip() for item in (value or "").split(";") if item.strip())


def _brand(row: dict[str, str]) -> Brand:
    return Brand(
        id=row["id"].strip(),
        name=row["name"].strip(),
        sector=(row.get("sector") or "").strip(),
        aliases=tuple(_list(row.get("aliases"))),
        official_domains=tuple(domain.lower() for domain in _list(row.get("official_domains"))),
        is_common=(row.get("is_common") or "").strip().lower() == "yes",
        is_verified=(row.get("verified") or "").strip().lower() == "yes",
        legal_names=tuple(_list(row.get("legal_names"))),
        hotlines=tuple(_list(row.get("hotlines"))),
        nicknames=tuple(_list(row.get("nicknames"))),
    )
