"""Brands' names of two and three letters: told by themselves only beside bait, or before a mangled "bank"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from rapidfuzz.distance import OSA

from matchers.hosts.baits import read_residue
from matchers.hosts.brands import Brand, BrandIndex
from matchers.hosts.candidate import Candidate
from matchers.hosts.hostname import HostName
from matchers.hosts.signs import SEPARATORS, name_points, residue_points, stranger_points, suffix_points

# "bank" with its middle letters changed, at the end or before two more: bink, brnk, bauk, bsnk.
_MANGLED_BANK: Final = re.compile(r"[a-z]*b[aeiours][nrsu][kg][a-z]{0,2}|[a-z]*bi?ok")
_BANK: Final = "bank"
_MANGLED_POINTS: Final = 1.1
_BANK_SECTORS: Final = ("bank", "e-wallet", "payment")


def short_names(parsed: HostName, brands: BrandIndex) -> Iterator[Candidate]:
    """Names of two and three letters: a token of their own or at an edge, beside bait only; and mangled families."""
    short = brands.short_labels
    name = parsed.name
    if "-" in name:
        tokens = SEPARATORS.split(name)
        for place, token in enumerate(tokens):
            if token in short:
                rest = ("".join(tokens[:place]), "".join(tokens[place + 1 :]))
                yield from _beside_bait(parsed, brands, token, rest, 0)
        name = "".join(tokens)
    for label in parsed.subdomains:
        for token in SEPARATORS.split(label) if "-" in label else (label,):
            if token in short:
                stranger = stranger_points(parsed)
                points = name_points(token, brands.by_label[token], stranger > 0) + stranger
                yield Candidate(brands.by_label[token], "subdomain", token, 0, points)
    for size in (3, 2):
        start, end = name[:size], name[-size:]
        if start in short:
            rest_of_name = name[size:]
            if size == 3 and _is_mangled_bank(rest_of_name, brands.by_label[start]):
                distance = max(OSA.distance(rest_of_name[-len(_BANK) :], _BANK), 1)
                yield Candidate(brands.by_label[start], "typo", name, distance, _MANGLED_POINTS)
            # "acbvn…": the bank and the country, then whatever was free
            is_bank = brands.by_label[start].sector in _BANK_SECTORS
            unread = 4 if size == 3 and is_bank and rest_of_name.startswith("vn") else 0
            yield from _beside_bait(parsed, brands, start, (rest_of_name,), unread)
        if end in short and end != start:
            yield from _beside_bait(parsed, brands, end, (name[:-size],), 0)


def _is_mangled_bank(rest: str, brand: Brand) -> bool:
    """Whether what follows a bank's short name is a changed "bank": vcb-digi-bink, vcb-tie-bink."""
    if brand.sector not in _BANK_SECTORS or len(rest) < 4 or rest.endswith("bank"):
        return False
    if brand.is_common and not rest.rstrip("ids").endswith("k"):
        return False  # "-ing" and "-ang" end many other words
    return _MANGLED_BANK.fullmatch(rest) is not None


def _beside_bait(
    parsed: HostName, brands: BrandIndex, label: str, rest: tuple[str, ...], unread: int
) -> Iterator[Candidate]:
    """Points of a short name that has nothing but bait words, fillers and figures beside it."""
    if not any(rest):
        return
    residue = read_residue(rest)
    if len(residue.lures) < 2 and len(residue.unread) > max(unread, 2 if residue.is_telling else 0):
        return
    suffix = max(suffix_points(parsed), 0.0)
    points = name_points(label, brands.by_label[label], suffix > 0 or residue.is_telling) + suffix
    points += residue_points(residue, parsed.suffix.endswith("vn"), suffix > 0)
    if residue.lures or residue.names_country:
        points += 0.2
    if residue.is_unpronounceable:
        points -= 0.5  # beside so short a name any letters are
    if "-" in parsed.name:
        points += 0.15  # a word of its own
    yield Candidate(brands.by_label[label], "combo", label, 0, points)
