"""Lookalike hosts: which brand a host name imitates, how, and how sure.

A host is looked at in three ways, from the surest to the weakest: an official domain that opens a stranger's name
(``vietcombank.com.vn-kyc.xyz``), a brand's exact name inside a label or as a subdomain, and a name within a few
edits of a brand's. Each way gives points; weak signs (suffix, figures, words beside the name) add or take some and
never decide alone. One point convicts. The constants were set on one half of labelled host names and read on the
other; docs/matching.md has the figures.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from rapidfuzz.distance import OSA

from matchers.baits import Residue, read_residue
from matchers.brands import Brand, BrandIndex, edits_allowed, part_bounds
from matchers.hostname import HostName, parse_host
from matchers.lexicon import lexicon

Kind = Literal["typo", "combo", "subdomain", "homograph", "prefix", "hosted"]

# Suffixes that a registry gives only to the institutions they name; nobody else can take a name there.
_RESTRICTED: Final = ("gov.vn", "mil.vn", "chinhphu.vn")
_ORDINARY: Final = frozenset(("com", "net", "org", "edu", "gov", "mil", "int"))
# Country suffixes sold the world over as if they were generic ones.
_SOLD_WORLDWIDE: Final = frozenset(
    ("cc", "me", "co", "tk", "ml", "ga", "cf", "gq", "pw", "ws", "to", "la", "am", "io", "tv")
)
_VN_SHAPE: Final = re.compile(r"vn[-a-z0-9]{0,9}|.*vn|vn.*|.*gov.{0,4}")
_MANGLED_BANK: Final = re.compile(r"b[a-z]{2}[kg]|b[a-z]nk|ban[a-z]")
_SEPARATORS: Final = re.compile(r"[-_]+")
_EDGE_DIGITS: Final = re.compile(r"^[0-9]+|[0-9]+$")
_LOOKS_LIKE: Final = str.maketrans("013458", "olesab")


@dataclass(frozen=True, slots=True)
class Lookalike:
    """A brand that a host imitates.

    `kind` is ``typo`` (misspelt name), ``combo`` (the name with other words), ``subdomain`` (the name before a
    stranger's domain), ``homograph`` (letters or figures that look like the name's), ``prefix`` (an official
    domain that opens a longer name) or ``hosted`` (the name taken at a hosting company). `distance` counts
    edits between `found` and the brand's name, `confidence` is 0 to 1.
    """

    host: str
    brand: Brand
    kind: Kind
    found: str
    distance: int
    confidence: float

    @property
    def reason_vi(self) -> str:
        """Why, for people, in Vietnamese."""
        name = self.brand.name
        own = (
            f" Tên miền chính thức: {', '.join(self.brand.official_domains[:2])}."
            if self.brand.official_domains
            else ""
        )
        how = {
            "typo": f"viết nhái '{self.found}' gần giống thương hiệu '{self.brand.id}' (khác {self.distance} ký tự)",
            "combo": f"ghép tên thương hiệu '{self.found}' với từ khác",
            "subdomain": f"đặt tên thương hiệu '{self.found}' làm tên miền con của một tên miền lạ",
            "homograph": f"dùng ký tự trông giống chữ trong tên thương hiệu '{self.found}'",
            "prefix": f"mở đầu bằng tên miền chính thức '{self.found}' nhưng thuộc về tên miền khác",
            "hosted": f"đặt tên thương hiệu '{self.found}' trên dịch vụ lưu trữ web dùng chung",
        }[self.kind]
        return f"Tên miền '{self.host}' {how}, dễ bị nhầm là của {name}.{own}"

    @property
    def reason_en(self) -> str:
        """Why, for people, in English."""
        how = {
            "typo": f"misspells '{self.brand.id}' as '{self.found}' ({self.distance} edits)",
            "combo": f"puts the brand name '{self.found}' beside other words",
            "subdomain": f"puts the brand name '{self.found}' before a stranger's domain",
            "homograph": f"uses characters that look like the brand name '{self.found}'",
            "prefix": f"opens with the official domain '{self.found}' but belongs to another domain",
            "hosted": f"takes the brand name '{self.found}' at a shared web host",
        }[self.kind]
        return f"Host '{self.host}' {how}; it can be taken for {self.brand.name}."


def lookalike(host: str, brands: BrandIndex) -> Lookalike | None:
    """The brand that `host` imitates, with the reason, or None.

    `host` is an ASCII or Unicode host name without port. Official domains of a brand and allowed ones never match.
    Distance is optimal string alignment (Damerau-Levenshtein without overlapping edits) on the folded label.
    """
    parsed = parse_host(host)
    if parsed.suffix in _RESTRICTED or brands.is_official(parsed.host):
        return None
    if parsed.suffix in lexicon().app_link_suffixes or parsed.registered_domain in lexicon().app_link_suffixes:
        return None
    best: Lookalike | None = None
    for found in (_official_prefix(parsed, brands), _exact(parsed, brands), _misspelt(parsed, brands)):
        if found is not None and (best is None or found.confidence > best.confidence):
            best = found
    return best


# --- signs around the name -------------------------------------------------------------------------------------


def _suffix_points(parsed: HostName) -> float:
    """What the suffix says: above 0 for those that fraud is registered under, below 0 for other countries'."""
    if parsed.is_hosted:
        return 0.25
    last = parsed.suffix.rpartition(".")[2]
    if last in _ORDINARY or last == "vn":
        return 0.0
    if len(last) > 2 or last in _SOLD_WORLDWIDE:
        return 0.3
    return -0.4


def _is_plain_vn(parsed: HostName) -> bool:
    return parsed.suffix in ("vn", "com.vn")


def _residue_points(residue: Residue, is_vn: bool) -> float:
    points = 0.0
    if residue.lures:
        points += 0.5
    if residue.gambling:
        points += 0.5
    if residue.digits:
        points += 0.35 if len(residue.digits) > 1 else 0.25
    if residue.fillers:
        points += 0.2
    unread = residue.unread
    if unread:
        if is_vn:
            points -= 0.3
        elif residue.is_unpronounceable:
            points += 0.3
        elif len(unread) > 3:
            points -= 0.12 * (len(unread) - 3)
    return points


def _name_points(label: str, brand: Brand) -> float:
    """How much the bare name says, by its length and whether the world uses it otherwise."""
    length = len(label)
    if length >= 8:
        points = 1.0
    elif length >= 5:
        points = 0.8
    elif length == 4:
        points = 0.5
    else:
        points = 0.35
    return points - 0.15 * brand.is_common


# --- an official domain that opens a longer name ---------------------------------------------------------------


def _official_prefix(parsed: HostName, brands: BrandIndex) -> Lookalike | None:
    host = parsed.host
    if host.count(".") < 2:
        return None
    for place, character in enumerate(host):
        if character in ".-" and "." in host[:place] and host[:place] in brands.official:
            prefix = host[:place]
            brand = next(brand for brand in brands.brands if prefix in brand.official_domains)
            return Lookalike(host, brand, "prefix", prefix, 0, 0.99)
    return None


# --- the exact name --------------------------------------------------------------------------------------------


def _exact(parsed: HostName, brands: BrandIndex) -> Lookalike | None:
    best: tuple[float, Lookalike] | None = None
    for points, found in _exact_candidates(parsed, brands):
        if points >= 1.0 and (best is None or points > best[0]):
            best = (points, found)
    return None if best is None else best[1]


def _exact_candidates(parsed: HostName, brands: BrandIndex) -> list[tuple[float, Lookalike]]:
    found: list[tuple[float, Lookalike]] = []
    squeezed = parsed.host.replace("-", "") if "-" in parsed.host else parsed.host
    hits = brands.automaton.find_matches_as_indexes(squeezed, overlapping=True)
    if not hits and parsed.is_folded is False and any(digit in squeezed for digit in "0134"):
        shown = squeezed.translate(_LOOKS_LIKE)
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
            found.append(candidate)
    found.extend(_short_candidates(parsed, brands))
    return found


def _judge_name(
    parsed: HostName, brand: Brand, label: str, before: str, after: str, dots_after: int
) -> tuple[float, Lookalike] | None:
    """Points of a brand's exact name that has `before` and `after` around it in its label."""
    suffix_dots = parsed.suffix.count(".") + 1 if parsed.suffix else 0
    if dots_after < suffix_dots:
        return None  # inside the suffix
    is_name = dots_after == suffix_dots
    kind: Kind
    points = _name_points(label, brand)
    residue = read_residue((before, after))
    if is_name:
        kind = "hosted" if parsed.is_hosted else "homograph" if parsed.is_folded else "combo"
        if not before and not after:
            if _is_plain_vn(parsed):
                return None  # the brand's own country: most often its own spare registration
            points += _suffix_points(parsed) * (1.5 if not brand.is_common else 1.0) + (0.1 if len(label) > 4 else 0)
        else:
            points += _residue_points(residue, parsed.suffix.endswith("vn")) + _suffix_points(parsed)
            if before and after:
                points -= 0.2
            if len(label) == 4 and residue.unread and not residue.is_unpronounceable:
                points -= 0.25
        if parsed.is_folded:
            points += 0.4
    else:
        kind = "subdomain"
        points -= 0.1 + (0.3 if before or after else 0.0)
        points += _stranger_points(parsed)
        if residue.lures:
            points += 0.2
    return points, Lookalike(parsed.host, brand, kind, label, 0, _confidence(points))


def _stranger_points(parsed: HostName) -> float:
    """What the registered name under a brand's subdomain says of its owner."""
    points = _suffix_points(parsed)
    residue = read_residue(tuple(_SEPARATORS.split(parsed.name)))
    if residue.lures:
        points += 0.3 + 0.1 * min(len(residue.lures), 3)
    if _VN_SHAPE.fullmatch(parsed.name):
        points += 0.35
    if parsed.suffix.endswith("vn") and not residue.lures:
        points -= 0.4
    return points


def _short_candidates(parsed: HostName, brands: BrandIndex) -> list[tuple[float, Lookalike]]:
    """Names of two and three letters: only as a token of their own, at an edge beside bait, or in a mangled family."""
    found: list[tuple[float, Lookalike]] = []
    short = brands.short_labels
    tokens = _SEPARATORS.split(parsed.name)
    name = "".join(tokens)
    for place, token in enumerate(tokens):
        if token in short:
            rest = tuple(tokens[:place] + tokens[place + 1 :])
            residue = read_residue(rest)
            if rest and not residue.unread:
                points = _name_points(token, brands.by_label[token]) + 0.2
                points += _residue_points(residue, parsed.suffix.endswith("vn")) + max(_suffix_points(parsed), 0)
                found.append((points, _short(parsed, brands, token, "combo", points)))
    for label in parsed.subdomains:
        if label in short:
            points = _name_points(label, brands.by_label[label]) + _stranger_points(parsed)
            found.append((points, _short(parsed, brands, label, "subdomain", points)))
    for size in (3, 2):
        start, end = name[:size], name[-size:]
        if start in short:
            if size == 3 and len(name) >= 7 and _MANGLED_BANK.fullmatch(name[-4:]) and name[3:7] != name[-4:]:
                found.append((1.1, _short(parsed, brands, start, "typo", 1.1)))
            found.extend(_short_edge(parsed, brands, start, name[size:]))
        if end in short and end != start:
            found.extend(_short_edge(parsed, brands, end, name[:-size]))
    return found


def _short_edge(parsed: HostName, brands: BrandIndex, label: str, rest: str) -> list[tuple[float, Lookalike]]:
    residue = read_residue((rest,))
    if not rest or len(residue.unread) > (1 if residue.fillers or residue.lures else 0):
        return []
    points = _name_points(label, brands.by_label[label]) + max(_suffix_points(parsed), 0)
    points += _residue_points(residue, parsed.suffix.endswith("vn"))
    return [(points, _short(parsed, brands, label, "combo", points))]


def _short(parsed: HostName, brands: BrandIndex, label: str, kind: Kind, points: float) -> Lookalike:
    return Lookalike(parsed.host, brands.by_label[label], kind, label, 0, _confidence(points))


def _confidence(points: float) -> float:
    """Points as a confidence: 0.75 at the threshold, towards 1 above it."""
    return round(min(0.99, 0.75 + 0.25 * (points - 1.0)), 2)


# --- the name misspelt -----------------------------------------------------------------------------------------


def _misspelt(parsed: HostName, brands: BrandIndex) -> Lookalike | None:
    best: tuple[float, Lookalike] | None = None
    for text, level in _spellings(parsed):
        for label in _near_labels(text, brands):
            brand = brands.by_label[label]
            distance = OSA.distance(text, label, score_cutoff=2)
            if distance == 0 or distance > edits_allowed(len(label)):
                continue
            points = _typo_points(parsed, text, label, distance, brand, level)
            if points >= 1.0 and (best is None or points > best[0]):
                kind: Kind = "homograph" if parsed.is_folded else "typo"
                best = (points, Lookalike(parsed.host, brand, kind, text, distance, _confidence(points)))
    return None if best is None else best[1]


def _spellings(parsed: HostName) -> list[tuple[str, int]]:
    """Spellings of the host in which a misspelt brand may be: (text, 0 for the registered name, 1 below it)."""
    name = parsed.name
    found: list[tuple[str, int]] = []
    if "-" in name:
        squeezed = name.replace("-", "")
        found.append((squeezed, 0))
        found.extend((token, 0) for token in _SEPARATORS.split(name) if len(token) > 5)
    else:
        found.append((name, 0))
    if any(character.isdigit() for character in name):
        bare = _EDGE_DIGITS.sub("", name)
        if bare != name:
            found.append((bare, 0))
        found.append((name.translate(_LOOKS_LIKE), 0))
    if parsed.subdomains:
        found.append((parsed.subdomains[0].replace("-", ""), 1))
        found.append((parsed.subdomains[-1] + name, 0))
    return found


def _near_labels(text: str, brands: BrandIndex) -> set[str]:
    """Brand names that share a part with `text` at a place that a few edits allow."""
    found: set[str] = set()
    length = len(text)
    parts = brands.parts
    for size in range(length - 2, length + 3):
        if size not in brands.name_lengths:
            continue
        edits = edits_allowed(size)
        gap = abs(size - length)
        if gap > edits:
            continue
        for number, (start, end) in enumerate(part_bounds(size)):
            for shift in range(-edits, edits + 1):
                if start + shift < 0:
                    continue
                labels = parts.get((size, number, text[start + shift : end + shift]))
                if labels:
                    found.update(labels)
    return found


def _typo_points(parsed: HostName, text: str, label: str, distance: int, brand: Brand, level: int) -> float:
    length = len(label)
    if length >= 11:
        points = 1.05 if distance == 1 else 0.95
    elif length >= 9:
        points = 1.0 if distance == 1 else 0.7
    elif length == 8:
        points = 0.85
    elif length >= 6:
        points = 0.65
    else:
        points = 0.45
    points -= 0.15 * brand.is_common
    points += 0.5 * _suffix_points(parsed) if _suffix_points(parsed) < 0 else _suffix_points(parsed)
    if text[0] != label[0] and len(text) == length:
        points -= 0.2  # another first letter is most often another word
    if sorted(text) == sorted(label) or _is_doubled(text, label):
        points += 0.2
    if len(text) > length and (text.endswith(label) or text.startswith(label)):
        points += 0.2
    if text != parsed.name and level == 0:
        points += 0.1
    if level:
        points -= 0.2
    return points


def _is_doubled(text: str, label: str) -> bool:
    """Whether `text` is `label` with letters doubled or made single."""
    return re.sub(r"(.)\1+", r"\1", text) == re.sub(r"(.)\1+", r"\1", label)
