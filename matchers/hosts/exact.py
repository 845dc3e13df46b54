"""Brands' exact names in hosts: an official domain that opens a longer name, a name in a label or before a
stranger's domain.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Final

from rapidfuzz.distance import OSA

from matchers.hosts.baits import Residue, is_chance, read_residue
from matchers.hosts.brands import SHORTEST_NAME, Brand, BrandIndex
from matchers.hosts.candidate import Candidate, Kind
from matchers.hosts.hostname import HostName
from matchers.hosts.signs import is_plain_vn, name_points, residue_points, stranger_points, suffix_points
from matchers.hosts.skeleton import look, paired, skeleton
from matchers.text.syllables import part

_PREFIX_POINTS: Final = 3.0  # more than any other way gives
_OUTSIDE_THE_STATE: Final = 0.2
_BURIED: Final = 0.2
_LONGEST_CHANCE: Final = 8
_LONG_ENOUGH_TO_LOOK_ALIKE: Final = 6


def official_domain(parsed: HostName, brands: BrandIndex) -> Iterable[Candidate]:
    """An official domain that opens or stands inside a longer name (``vietcombank.com.vn-kyc.xyz``), also with hyphens
    for its dots (``vietcombank-com-vn.xyz``) or with letters that look like its own; or the whole host looks like one.
    """
    if not (parsed.subdomains or parsed.is_folded or "-" in parsed.name):
        return ()
    shown = parsed.shown
    if parsed.is_folded and (owner := brands.owner(shown)) is not None:
        return (Candidate(owner, "homograph", shown, 1, _PREFIX_POINTS),)
    for text in (shown, paired(shown)):
        found = text and _official_in(text, len(parsed.suffix), brands)
        if found:
            return (found,)
    return ()


def _official_in(text: str, suffix_length: int, brands: BrandIndex) -> Candidate | None:
    seen = look(text)
    if brands.look_openings.isdisjoint(seen.replace("-", ".").split(".")):
        return None
    starts = [0]
    # A name that the suffix completes (example.com.au) is a name of its own.
    for place in range(len(seen) - suffix_length):
        if seen[place] not in ".-":
            continue
        for start in starts:
            domain = brands.by_look.get(seen[start:place])
            if domain is not None:
                found = text[start:place]
                distance = OSA.distance(found.replace("-", "."), domain)
                return Candidate(brands.official[domain], "prefix", found, distance, _PREFIX_POINTS)
        starts.append(place + 1)
    return None


def exact_names(parsed: HostName, brands: BrandIndex) -> Iterable[Candidate]:
    """Names of four letters and more, wherever they stand in a label, written or looking like the brand's."""
    shown = parsed.shown
    hits = brands.skeletons.find_matches_as_indexes(skeleton(shown), overlapping=True)
    found = list(_judged(shown, hits, parsed, brands)) if hits else []
    read = paired(shown)
    if read is not None:
        hits = brands.skeletons.find_matches_as_indexes(skeleton(read), overlapping=True)
        for candidate in _judged(read, hits, parsed, brands):
            if candidate.found not in shown:
                found.append(replace(candidate, kind="homograph", distance=max(candidate.distance, 1)))
    return found


def _judged(shown: str, hits: list[tuple[int, int, int]], parsed: HostName, brands: BrandIndex) -> Iterator[Candidate]:
    sources = [place for place, character in enumerate(shown) if character != "-"]
    suffix_dots = parsed.suffix.count(".") + 1 if parsed.suffix else 0
    for number, first, last in hits:
        start, end = sources[first], sources[last - 1] + 1
        found = shown[start:end]
        dots = shown.count(".", end)
        if "." in found or dots < suffix_dots:
            continue  # across labels, or inside the suffix
        opening = shown.rfind(".", 0, start) + 1
        closing = shown.find(".", end)
        before = shown[opening:start]
        after = shown[end : closing if closing >= 0 else len(shown)]
        if _is_chance(found, before, after):
            continue
        label = brands.long_labels[number]
        if dots == suffix_dots:
            candidate = _in_name(parsed, brands.by_label[label], label, found, before, after)
        else:
            candidate = _in_subdomain(parsed, brands.by_label[label], label, found, before, after)
        if candidate is not None:
            yield candidate


def _is_chance(found: str, before: str, after: str) -> bool:
    """Whether a name comes about where words of others meet: ``mul(ti-mo)dal``, ``vietna(mcredit)``."""
    if len(found) > _LONGEST_CHANCE:
        return False
    if "-" in found:
        return before[-1:].isalpha() or after[:1].isalpha()
    return is_chance(before, found, after)


def _is_buried(before: str, after: str) -> bool:
    """Whether letters that are no known words go on at both sides, as in ``sa(fecredit)union``."""
    if before[-1:] in ("", "-") or after[:1] in ("", "-"):
        return False
    return bool(read_residue((before,)).unread and read_residue((after,)).unread)


def _in_name(parsed: HostName, brand: Brand, label: str, found: str, before: str, after: str) -> Candidate | None:
    """A brand's name in the registered label, `before` and `after` around it."""
    written = found.replace("-", "")
    residue = read_residue((before.replace("-", ""), after.replace("-", "")))
    suffix = suffix_points(parsed)
    points = name_points(label, brand, suffix > 0 or residue.is_telling)
    if before or after:
        points += residue_points(residue, parsed.suffix.endswith("vn"), suffix > 0) + suffix
        points += _unread_points(label, brand, residue, suffix, bool(before and after))
    elif is_plain_vn(parsed) and written == label:
        return None  # the brand's own country: most often its own spare registration
    else:
        points += suffix * (1.0 if brand.is_common else 1.5) + (0.1 if len(label) > 4 else 0.0)
    if _is_buried(before, after):
        points -= _BURIED
    if "-" in found:
        points += 0.25  # a hyphen inside the brand's name
    if parsed.is_folded:
        points += 0.4
    if brand.sector == "government" and not brand.is_common:
        points += _OUTSIDE_THE_STATE  # an office is at home under gov.vn
    kind: Kind = "hosted" if parsed.is_hosted else "homograph" if parsed.is_folded else "combo"
    distance = 0
    if written != label:
        kind, distance = "homograph", OSA.distance(written, label)
        points += _alike_points(written, label)
        if not (before or after) and len(label) > SHORTEST_NAME and not brand.is_common:
            points += 0.25  # all of the name
    return Candidate(brand, kind, found, distance, points)


def _alike_points(written: str, label: str) -> float:
    """What other characters that look like the name's say: figures and pairs more than i for l, long names more."""
    if len(label) < _LONG_ENOUGH_TO_LOOK_ALIKE:
        return -0.2 if written.isalpha() else 0.0
    return 0.1 if written.isalpha() else 0.25


def _in_subdomain(parsed: HostName, brand: Brand, label: str, found: str, before: str, after: str) -> Candidate:
    """A brand's name before a stranger's registered name."""
    residue = read_residue((before.replace("-", ""), after.replace("-", "")))
    points = name_points(label, brand, suffix_points(parsed) > 0 or residue.is_telling)
    points -= (0.0 if len(label) >= 8 else 0.1) + (0.3 if before or after else 0.0)
    points += stranger_points(parsed)
    if residue.lures:
        points += 0.2
    written = found.replace("-", "")
    if written != label:
        return Candidate(brand, "homograph", found, OSA.distance(written, label), points - 0.1)
    return Candidate(brand, "subdomain", found, 0, points)


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
