"""Brands' names misspelt: within an edit or two, found by their parts; and made-up sisters of a family of names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from rapidfuzz.distance import OSA

from matchers.hosts.baits import read_residue, without_bait
from matchers.hosts.brands import SHORTEST_TYPO_NAME, Brand, BrandIndex, edits_allowed
from matchers.hosts.candidate import Candidate
from matchers.hosts.hostname import HostName
from matchers.hosts.signs import LOOKS_LIKE, stranger_points, suffix_points, tokens_of

_BANK: Final = "bank"
_SHORTEST_WITH_BAIT: Final = 9
_LONGEST_INITIALS: Final = 3
_EDGE_DIGITS: Final = re.compile(r"^[0-9]+|[0-9]+$")


class _Spelling(NamedTuple):
    """A stretch of a host in which a misspelt name may be: `rest` is what stands beside it in its label."""

    text: str
    rest: tuple[str, ...]
    is_subdomain: bool


_Stretch = tuple[str, tuple[str, ...], bool]
"""A spelling's parts, as they are until a name is near: most never are, and a plain tuple costs a fifth."""


def misspelt_names(parsed: HostName, brands: BrandIndex) -> Iterable[Candidate]:
    """Names within as many edits of the host's label, or its parts, as their length allows."""
    plans = brands.plans
    found: list[Candidate] = []
    for spelling in _spellings(parsed):
        text = spelling[0]
        if len(text) not in plans:
            continue
        for start, end, parts in plans[len(text)]:
            if text[start:end] in parts:  # hardly ever; a lookup would cost more
                found.extend(_near(parsed, _Spelling(*spelling), parts[text[start:end]], brands))
    return found


def _near(parsed: HostName, spelling: _Spelling, labels: tuple[str, ...], brands: BrandIndex) -> Iterator[Candidate]:
    """Those of `labels`, names that share a part with the spelling, that are near enough to it."""
    text = spelling.text
    for label in labels:
        distance = OSA.distance(text, label, score_cutoff=2)
        if distance == 0 or distance > edits_allowed(len(label)):
            continue
        if distance == len(label) - len(text) > 1 and label.endswith(text):
            continue  # "express": a word of the trade, not a name cut short
        brand = brands.by_label[label]
        points = _typo_points(parsed, spelling, label, distance, brand)
        yield Candidate(brand, "homograph" if parsed.is_folded else "typo", text, distance, points)


def sister_of_family(parsed: HostName, brands: BrandIndex) -> Iterable[Candidate]:
    """A made-up sister of several brands that share their ending (FE Credit, Mcredit, Home Credit: "kocredit.top").

    Only with a head of three letters at most, and only under a suffix that fraud is registered under.
    """
    name = parsed.name
    for size in brands.ending_sizes:
        if 0 < len(name) - size <= _LONGEST_HEAD and name[-size:] in brands.endings:
            if suffix_points(parsed) <= 0 or parsed.is_hosted:
                return ()
            label = min(brands.endings[name[-size:]], key=lambda label: OSA.distance(name, label))
            return (Candidate(brands.by_label[label], "typo", name, OSA.distance(name, label), 1.0),)
    return ()


_LONGEST_HEAD: Final = 3


def _spellings(parsed: HostName) -> list[_Stretch]:
    name = parsed.name
    if "-" in name:
        tokens = tokens_of(name)
        found: list[_Stretch] = [("".join(tokens), (), False)]
        for place, token in enumerate(tokens):
            if len(token) >= SHORTEST_TYPO_NAME:
                found.append((token, (*tokens[:place], *tokens[place + 1 :]), False))
    else:
        found = [(name, (), False)]
        if len(name) >= _SHORTEST_WITH_BAIT:
            found.extend((rest, (bait,), False) for rest, bait in without_bait(name))
    if not name.isalpha():
        bare = _EDGE_DIGITS.sub("", name)
        if bare != name:
            found.append((bare, (name[len(bare) :],), False))
        found.append((name.translate(LOOKS_LIKE), (), False))
    for label in parsed.subdomains:
        if len(label) >= SHORTEST_TYPO_NAME:
            found.append((label.replace("-", ""), (), True))
    if parsed.subdomains and parsed.subdomains[-1] != "www":
        found.append((parsed.subdomains[-1] + name, (), False))
    return found


def _typo_points(parsed: HostName, spelling: _Spelling, label: str, distance: int, brand: Brand) -> float:
    text = spelling.text
    length = len(label)
    if length >= 11:
        points = 1.05 if distance == 1 else 1.0
    elif length >= 9:
        points = 1.0 if distance == 1 else 0.7
    elif length == 8:
        points = 0.85
    elif length == 7 and not brand.is_common:
        points = 0.8
    elif length >= 6:
        points = 0.65
    else:
        points = 0.45
    points -= 0.15 * brand.is_common
    if length < 9 and not _is_slip(text, label):
        points -= 0.2
    if spelling.is_subdomain:
        points += stranger_points(parsed) - 0.2
    else:
        suffix = suffix_points(parsed)
        points += suffix if suffix > 0 else 0.5 * suffix
        if text != parsed.name:
            points += 0.1
    if spelling.rest:
        points += _bait_points(spelling.rest)
    if label.endswith(text):
        points -= 0.4  # "credit"
    return points + _shape_points(text, label, distance)


def _bait_points(rest: tuple[str, ...]) -> float:
    """What the words beside a misspelt name say."""
    residue = read_residue(rest)
    if residue.lures:
        return 0.35
    return 0.2 if residue.names_country else 0.0


def _shape_points(text: str, label: str, distance: int) -> float:
    """What the way in which `text` differs from the name says."""
    length = len(label)
    points = 0.0
    if text[0] != label[0] and len(text) == length:
        points -= 0.2  # another first letter is most often another word
    if distance == 2 and text[:2] == label[:2] and text[-4:] == label[-4:]:
        points += 0.1
    is_shuffled = sorted(text) == sorted(label)
    if is_shuffled or (len(text) > length and (_is_doubled(text, label) or _is_fat_finger(text, label))):
        points += 0.2
    if label.endswith(_BANK):
        points += _bank_points(text, label, is_shuffled)
    if len(text) > length and (text.endswith(label) or text.startswith(label)):
        points += 0.2
    if len(text) < length and length >= 7 and _is_doubled(text, label):
        points += 0.2
    return points


def _bank_points(text: str, label: str, is_shuffled: bool) -> float:
    """A bank's name: another head is another bank where it is short, another "bank" is nobody's."""
    head = label[: -len(_BANK)]
    if not text.endswith(_BANK):
        return 0.35 if text.startswith(head) else 0.0
    if len(head) < _LONGEST_INITIALS and not (is_shuffled or _is_doubled(text, label)):
        return -0.2
    return 0.15


def _is_doubled(text: str, label: str) -> bool:
    """Whether `text` is `label` with letters doubled or made single."""
    return re.sub(r"(.)\1+", r"\1", text) == re.sub(r"(.)\1+", r"\1", label)


def _is_fat_finger(text: str, label: str) -> bool:
    """Whether `text` is `label` with one more letter, close to the one beside it: two keys struck at once."""
    if len(text) != len(label) + 1:
        return False
    place = next((place for place, letter in enumerate(label) if text[place] != letter), len(label))
    if text[place + 1 :] != label[place:]:
        return False
    beside = text[max(place - 1, 0) : place] + text[place + 1 : place + 2]
    return any(frozenset((text[place], letter)) in _CLOSE_LETTERS for letter in beside)


def _is_slip(text: str, label: str) -> bool:
    """Whether the one edit is a slip or a look-alike: a letter more or less, two exchanged, or a neighbouring key."""
    if len(text) != len(label):
        return True
    changed = [(a, b) for a, b in zip(text, label, strict=True) if a != b]
    return len(changed) != 1 or frozenset(changed[0]) in _CLOSE_LETTERS


_KEY_ROWS: Final = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "qaz", "wsx", "edc", "rfv", "tgb", "yhn", "ujm")
_ALIKE: Final = "mn il ij lj uv ce bd pq gq vy nh vw ae ai ao ei eo ou iu iy".split()  # noqa: SIM905
_CLOSE_LETTERS: Final = frozenset(
    [frozenset(pair) for pair in _ALIKE]
    + [frozenset(row[place : place + 2]) for row in _KEY_ROWS for place in range(len(row) - 1)]
)
"""Pairs of letters that look or sound alike or stand side by side on a keyboard."""
