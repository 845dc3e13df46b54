"""Brands' exact names in hosts: an official domain that opens a longer name, a name in a label or before a
stranger's domain.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from matchers.hosts.baits import Residue, read_residue
from matchers.hosts.brands import Brand, BrandIndex
from matchers.hosts.candidate import Candidate, Kind
from matchers.hosts.hostname import HostName
from matchers.hosts.signs import LOOKS_LIKE, is_plain_vn, name_points, residue_points, stranger_points, suffix_points
from matchers.text.syllables import part

_PREFIX_POINTS: Final = 2.0


def official_prefix(parsed: HostName, brands: BrandIndex) -> Iterator[Candidate]:
    """An official domain that opens or stands inside a longer name: ``vietcombank.com.vn-kyc.xyz``."""
    host = parsed.host
    if host.count(".") < 2:
        return
    starts = [0]
    for place, character in enumerate(host):
        if character not in ".-":
            continue
        for start in starts:
            brand = brands.official.get(host[start:place])
            if brand is not None:
                yield Candidate(brand, "prefix", host[start:place], 0, _PREFIX_POINTS)
                return
        if character == ".":
            starts.append(place + 1)


def exact_names(parsed: HostName, brands: BrandIndex) -> Iterator[Candidate]:
    """Names of four letters and more, wherever they stand in a label."""
    squeezed = parsed.host.replace("-", "") if "-" in parsed.host else parsed.host
    hits = brands.automaton.find_matches_as_indexes(squeezed, overlapping=True)
    if not hits and not parsed.name.isalpha():
        shown = squeezed.translate(LOOKS_LIKE)
        hits = brands.automaton.find_matches_as_indexes(shown, overlapping=True)
        if hits:
            squeezed = shown
    labels = brands.long_labels
    for number, start, end in hits:
        label = labels[number]
        if "." in squeezed[start:end]:
            continue
        brand = brands.by_label[label]
        first = squeezed.rfind(".", 0, start) + 1
        last = squeezed.find(".", end)
        last = len(squeezed) if last < 0 else last
        level = squeezed.count(".", last)
        candidate = _judge_name(parsed, brand, label, squeezed[first:start], squeezed[end:last], level)
        if candidate is not None:
            yield candidate


def _judge_name(
    parsed: HostName, brand: Brand, label: str, before: str, after: str, dots_after: int
) -> Candidate | None:
    """Points of a brand's exact name that has `before` and `after` around it in its label."""
    suffix_dots = parsed.suffix.count(".") + 1 if parsed.suffix else 0
    if dots_after < suffix_dots:
        return None  # inside the suffix
    is_name = dots_after == suffix_dots
    residue = read_residue((before, after))
    suffix = suffix_points(parsed)
    points = name_points(label, brand, suffix > 0 or residue.is_telling)
    kind: Kind
    if is_name:
        kind = "hosted" if parsed.is_hosted else "homograph" if parsed.is_folded else "combo"
        if before or after:
            points += residue_points(residue, parsed.suffix.endswith("vn"), suffix > 0) + suffix
            points += _unread_points(label, brand, residue, suffix, bool(before and after))
        elif is_plain_vn(parsed):
            return None  # the brand's own country: most often its own spare registration
        else:
            points += suffix * (1.0 if brand.is_common else 1.5) + (0.1 if len(label) > 4 else 0.0)
        if "-" in parsed.name and label not in parsed.name:
            points += 0.25  # a hyphen inside the brand's name
        if parsed.is_folded:
            points += 0.4
    else:
        kind = "subdomain"
        points -= (0.0 if len(label) >= 8 else 0.1) + (0.3 if before or after else 0.0)
        points += stranger_points(parsed)
        if residue.lures:
            points += 0.2
    return Candidate(brand, kind, label, 0, points)


def _unread_points(label: str, brand: Brand, residue: Residue, suffix: float, is_inside: bool) -> float:
    """What letters beside the name that are no known words say, by the name's length."""
    unread = residue.unread
    if not unread:
        return 0.0
    points = -0.1 if is_inside else 0.0
    if len(set(unread)) == 1 and len(unread) > 1 and unread[0] in (label[0], label[-1]):
        return points + 0.65  # a letter at the edge held down: tikiiii
    if len(label) == 4 and not residue.is_unpronounceable:
        if len(unread) <= 2 and suffix > 0:
            return points + 0.2
        if not (residue.digits or residue.gambling or residue.lures or residue.names_country):
            points -= 0.25
    elif 5 <= len(label) < 8 and not brand.is_common and len(unread) <= 3 and not residue.is_unpronounceable:
        points += 0.2
    elif len(label) >= 5 and not brand.is_common and _is_vietnamese(unread):
        points += 0.25
    return points


@lru_cache(maxsize=4096)
def _is_vietnamese(letters: str) -> bool:
    """Whether letters read as two Vietnamese syllables or more, none of a single letter."""
    syllables = part(letters)
    return syllables is not None and 1 < len(syllables) <= len(letters) // 3 + 1 and min(map(len, syllables)) > 1
