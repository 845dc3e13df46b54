"""Brands' names of two and three letters: told by themselves only beside bait, or before a mangled "bank"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from rapidfuzz.distance import OSA

from matchers.hosts.baits import is_chance, read_residue
from matchers.hosts.brands import SHORTEST_NAME, Brand, BrandIndex
from matchers.hosts.candidate import Candidate
from matchers.hosts.hostname import HostName
from matchers.hosts.signs import LOOKS_LIKE, name_points, residue_points, stranger_points, suffix_points, tokens_of

# "bank" with its middle letters changed, at the end or before two more: bink, brnk, bauk, bsnk.
_TRADE: Final = frozenset(("bank", "banking", "card", "credit", "finance"))
_MANGLED_BANK: Final = re.compile(r"[a-z]*b[aeiours][nrsu][kg][a-z]{0,2}|[a-z]*bi?ok")
_BANK: Final = "bank"
_TWO_NICKNAMES_POINTS: Final = 1.2
_SHORTEST_IN_TOKEN: Final = 2
_MANGLED_POINTS: Final = 1.1
_BANK_SECTORS: Final = ("bank", "e-wallet", "payment")


def short_names(parsed: HostName, brands: BrandIndex) -> Iterable[Candidate]:
    """Nicknames: a token of their own or at an edge, beside bait only; and mangled families."""
    name = parsed.name
    found: list[Candidate] = []
    if "-" in name:
        tokens = tokens_of(name)
        found.extend(_in_tokens(parsed, tokens, brands))
        name = "".join(tokens)
    for label in parsed.subdomains:
        if label != "www":
            found.extend(_in_subdomain(parsed, label, brands))
    openings = brands.nickname_openings.get(name[:2])
    closings = brands.nickname_closings.get(name[-2:])
    if openings is None and closings is None:
        return found
    for nickname in openings or ():
        if name.startswith(nickname):
            found.extend(_at_start(parsed, name, nickname, brands.by_nickname[nickname]))
    for nickname in closings or ():
        before = name[: -len(nickname)]
        if before and name.endswith(nickname) and not is_chance(before, nickname, ""):
            found.extend(_beside_bait(parsed, brands.by_nickname[nickname], nickname, (before,), 0, is_inside=True))
    return found


def _in_subdomain(parsed: HostName, label: str, brands: BrandIndex) -> Iterator[Candidate]:
    """Nicknames that are a token of a label before a stranger's name."""
    tokens = tokens_of(label)
    for token in tokens:
        brand = brands.by_nickname.get(token)
        if brand is not None:
            stranger = stranger_points(parsed)
            points = name_points(token, brand, stranger > 0) + stranger
            if len(tokens) > 1 and read_residue(tuple(tokens)).lures:
                points += 0.2
            yield Candidate(brand, "subdomain", token, 0, points)


def _at_start(parsed: HostName, name: str, nickname: str, brand: Brand) -> Iterator[Candidate]:
    """A nickname that opens the registered name."""
    after = name[len(nickname) :]
    if is_chance("", nickname, after):
        return
    is_initials = len(nickname) == SHORTEST_NAME - 1
    if is_initials and _is_mangled_bank(after, brand):
        distance = max(OSA.distance(after[-len(_BANK) :], _BANK), 1)
        yield Candidate(brand, "typo", name, distance, _MANGLED_POINTS)
    # "acbvn…": the bank and the country, then whatever was free
    is_bank = is_initials and brand.sector in _BANK_SECTORS
    yield from _beside_bait(parsed, brand, nickname, (after,), 4 if is_bank and after.startswith("vn") else 0)


def _in_tokens(parsed: HostName, tokens: list[str], brands: BrandIndex) -> Iterator[Candidate]:
    """Nicknames that are a token, or open or close one."""
    nicknames = brands.by_nickname
    told: dict[str, str] = {}
    for place, token in enumerate(tokens):
        rest = ("".join(tokens[:place]), "".join(tokens[place + 1 :]))
        written = token if token.isalpha() or token.isdigit() or token in nicknames else token.translate(LOOKS_LIKE)
        brand = nicknames.get(written)
        if brand is not None:
            if told.setdefault(brand.id, written) != written:
                yield Candidate(brand, "combo", token, 0, _TWO_NICKNAMES_POINTS)
            yield from _beside_bait(parsed, brand, written, rest, 0)
            continue
        for nickname in brands.nickname_openings.get(token[:2], ()):
            if len(nickname) > _SHORTEST_IN_TOKEN and token.startswith(nickname):
                remains = (*rest, token[len(nickname) :])
                yield from _beside_bait(parsed, nicknames[nickname], nickname, remains, 0, is_inside=True)
        for nickname in brands.nickname_closings.get(token[-2:], ()):
            if len(nickname) > _SHORTEST_IN_TOKEN and token.endswith(nickname):
                remains = (*rest, token[: -len(nickname)])
                yield from _beside_bait(parsed, nicknames[nickname], nickname, remains, 0, is_inside=True)


def _is_mangled_bank(rest: str, brand: Brand) -> bool:
    """Whether what follows a bank's short name is a changed "bank": vcb-digi-bink, vcb-tie-bink."""
    if brand.sector not in _BANK_SECTORS or len(rest) < 4 or rest.endswith("bank"):
        return False
    if brand.is_common and not rest.rstrip("ids").endswith("k"):
        return False  # "-ing" and "-ang" end many other words
    return _MANGLED_BANK.fullmatch(rest) is not None


def _beside_bait(
    parsed: HostName, brand: Brand, label: str, rest: tuple[str, ...], unread: int, is_inside: bool = False
) -> Iterator[Candidate]:
    """Points of a short name that has nothing but bait words, fillers and figures beside it."""
    if not any(rest):
        return
    residue = read_residue(rest)
    is_baited = residue.lures or residue.names_country or residue.is_day_and_night
    if not is_baited and brand.sector in _BANK_SECTORS and len(label) > SHORTEST_NAME:
        is_baited = not _TRADE.isdisjoint(residue.fillers)
    is_of_state = brand.sector == "government" and "gov" in residue.fillers
    is_baited = is_baited or is_of_state
    if not is_baited and (len(label) != SHORTEST_NAME - 1 or (is_inside and not residue.digits)):
        return
    if len(residue.lures) < 2 and len(residue.unread) > max(unread, 2 if residue.is_telling else 0):
        return
    suffix = max(suffix_points(parsed), 0.0)
    points = name_points(label, brand, suffix > 0 or residue.is_telling) + suffix
    points += residue_points(residue, parsed.suffix.endswith("vn"), suffix > 0)
    if residue.lures or residue.names_country or is_of_state:
        points += 0.2
    if residue.is_unpronounceable:
        points -= 0.5  # beside so short a name any letters are
    if is_of_state:
        points += 0.3  # an office's own name needs no "gov" beside it
    if "-" in parsed.name:
        points += 0.15  # a word of its own
    yield Candidate(brand, "combo", label, 0, points)
