"""Brands' names misspelt: within an edit or two, found by their parts; and made-up sisters of a family of names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from rapidfuzz.distance import OSA

from matchers.hosts.brands import Brand, BrandIndex, edits_allowed
from matchers.hosts.candidate import Candidate
from matchers.hosts.hostname import HostName
from matchers.hosts.signs import LOOKS_LIKE, SEPARATORS, suffix_points

_EDGE_DIGITS: Final = re.compile(r"^[0-9]+|[0-9]+$")


def misspelt_names(parsed: HostName, brands: BrandIndex) -> Iterator[Candidate]:
    """Names within as many edits of the host's label, or its parts, as their length allows."""
    for text, level in _spellings(parsed):
        for label in _near_labels(text, brands):
            distance = OSA.distance(text, label, score_cutoff=2)
            if distance == 0 or distance > edits_allowed(len(label)):
                continue
            brand = brands.by_label[label]
            points = _typo_points(parsed, text, label, distance, brand, level)
            yield Candidate(brand, "homograph" if parsed.is_folded else "typo", text, distance, points)


def sister_of_family(parsed: HostName, brands: BrandIndex) -> Iterator[Candidate]:
    """A made-up sister of several brands that share their ending (FE Credit, Mcredit, Home Credit: "oncredit.top").

    Only with a head of three letters at most, and only under a suffix that fraud is registered under.
    """
    name = parsed.name
    if suffix_points(parsed) <= 0 or parsed.is_hosted:
        return
    for size in brands.ending_sizes:
        head, ending = name[:-size], name[-size:]
        if 0 < len(head) <= _LONGEST_HEAD and ending in brands.endings:
            label = min(brands.endings[ending], key=lambda label: OSA.distance(name, label))
            distance = OSA.distance(name, label)
            yield Candidate(brands.by_label[label], "typo", name, distance, 1.0)
            return


_LONGEST_HEAD: Final = 3


def _spellings(parsed: HostName) -> list[tuple[str, int]]:
    """Spellings of the host in which a misspelt brand may be: (text, 0 for the registered name, 1 below it)."""
    name = parsed.name
    found: list[tuple[str, int]] = []
    if "-" in name:
        squeezed = name.replace("-", "")
        found.append((squeezed, 0))
        found.extend((token, 0) for token in SEPARATORS.split(name) if len(token) > 5)
    else:
        found.append((name, 0))
    if not name.isalpha():
        bare = _EDGE_DIGITS.sub("", name)
        if bare != name:
            found.append((bare, 0))
        found.append((name.translate(LOOKS_LIKE), 0))
    if parsed.subdomains:
        found.append((parsed.subdomains[0].replace("-", ""), 1))
        found.append((parsed.subdomains[-1] + name, 0))
    return found


def _near_labels(text: str, brands: BrandIndex) -> set[str]:
    """Brand names that share a part with `text` at a place that a few edits allow."""
    found: set[str] = set()
    for start, end, parts in brands.plans.get(len(text), ()):
        labels = parts.get(text[start:end])
        if labels is not None:
            found.update(labels)
    return found


def _typo_points(parsed: HostName, text: str, label: str, distance: int, brand: Brand, level: int) -> float:
    length = len(label)
    if length >= 11:
        points = 1.05 if distance == 1 else 1.0
    elif length >= 9:
        points = 1.0 if distance == 1 else 0.7
    elif length == 8:
        points = 0.85
    elif length >= 6:
        points = 0.65
    else:
        points = 0.45
    points -= 0.15 * brand.is_common
    if length < 9 and not _is_slip(text, label):
        points -= 0.2
    suffix = suffix_points(parsed)
    points += suffix if suffix > 0 else 0.5 * suffix
    if text[0] != label[0] and len(text) == length:
        points -= 0.2  # another first letter is most often another word
    if distance == 2 and text[:2] == label[:2] and text[-4:] == label[-4:]:
        points += 0.1
    if sorted(text) == sorted(label) or (len(text) > length and _is_doubled(text, label)):
        points += 0.2
    if label.endswith("bank") and text.endswith("bank"):
        points += 0.15
    if len(text) > length and (text.endswith(label) or text.startswith(label)):
        points += 0.2
    if len(text) < length and length >= 7 and _is_doubled(text, label):
        points += 0.2
    if text != parsed.name and level == 0:
        points += 0.1
    if level:
        points -= 0.2
    return points


def _is_doubled(text: str, label: str) -> bool:
    """Whether `text` is `label` with letters doubled or made single."""
    return re.sub(r"(.)\1+", r"\1", text) == re.sub(r"(.)\1+", r"\1", label)


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
