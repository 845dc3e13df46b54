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
from functools import cache, lru_cache
from typing import Final, Literal

from rapidfuzz.distance import OSA

from matchers.hosts.baits import Residue, read_residue
from matchers.hosts.brands import Brand, BrandIndex, edits_allowed
from matchers.hosts.hostname import HostName, parse_host
from matchers.hosts.lexicon import lexicon
from matchers.text.syllables import part

Kind = Literal["typo", "combo", "subdomain", "homograph", "prefix", "hosted"]

# Suffixes that a registry gives only to the institutions they name; nobody else can take a name there.
_RESTRICTED: Final = ("gov.vn", "mil.vn", "chinhphu.vn")
_ORDINARY: Final = frozenset(("com", "net", "org", "edu", "gov", "mil", "int"))
# Country suffixes sold the world over as if they were generic ones.
_SOLD_WORLDWIDE: Final = frozenset(
    ("cc", "me", "co", "tk", "ml", "ga", "cf", "gq", "pw", "ws", "to", "la", "am", "io", "tv", "us", "vc", "ai")
)
_VN_SHAPE: Final = re.compile(r"vn[-a-z0-9]{0,9}|.*vn|vn.*|.*gov.{0,4}")
# "bank" with its middle letters changed, at the end or before two more: bink, brnk, bauk, bsnk.
_MANGLED_BANK: Final = re.compile(r"[a-z]*b[aeiours][nrsu][kg][a-z]{0,2}|[a-z]*bi?ok")
_BANK_SECTORS: Final = ("bank", "e-wallet", "payment")
_CONVICTS: Final = 0.995
"""Points that convict: one, less the rounding of sums of tenths."""
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
    if parsed.suffix in _given_out() or (parsed.subdomains and parsed.registered_domain in _given_out()):
        return None
    best: Lookalike | None = None
    for found in (
        _official_prefix(parsed, brands),
        _exact(parsed, brands),
        _misspelt(parsed, brands),
        _of_family(parsed, brands),
    ):
        if found is not None and (best is None or found.confidence > best.confidence):
            best = found
    return best


@cache
def _given_out() -> frozenset[str]:
    """Domains below which names are given to their owners only."""
    words = lexicon()
    return words.app_link_suffixes | words.tenant_suffixes


# --- signs around the name -------------------------------------------------------------------------------------


def _suffix_points(parsed: HostName) -> float:
    """What the suffix says: above 0 for those that fraud is registered under, below 0 for other countries'."""
    if parsed.is_hosted:
        return 0.3
    last = parsed.suffix.rpartition(".")[2]
    if last in _ORDINARY or last == "vn":
        return 0.0
    if len(last) > 2 or last in _SOLD_WORLDWIDE:
        return 0.3
    return -0.4


def _is_plain_vn(parsed: HostName) -> bool:
    return parsed.suffix in ("vn", "com.vn")


def _residue_points(residue: Residue, is_vn: bool, is_risky: bool) -> float:
    points = 0.0
    if residue.lures or residue.names_country:
        points += 0.5
    if residue.gambling:
        points += 0.5
    if residue.digits:
        # "28", or a code such as "5s"
        points += 0.5 if len(residue.digits) > 1 or len(residue.unread) == 1 else 0.3
    if residue.fillers:
        points += 0.2 if len(residue.fillers) == 1 else 0.3
    unread = residue.unread
    if unread:
        if is_vn:
            points -= 0.3
        elif residue.is_unpronounceable:
            points += 0.5
        elif len(unread) > 3:
            points -= min(0.06 * (len(unread) - 3), 0.1 if is_risky else 0.3)
    return points


def _name_points(label: str, brand: Brand, has_second_sign: bool) -> float:
    """How much the bare name says, by its length; less for a common word that nothing else speaks for."""
    length = len(label)
    if length >= 11:
        points = 1.2
    elif length >= 8:
        points = 1.0
    elif length >= 5:
        points = 0.8 if length == 5 or brand.is_common else 0.95
    elif length == 4:
        points = 0.5
    else:
        points = 0.35
    return points - 0.15 * (brand.is_common and not has_second_sign)


# --- an official domain that opens a longer name ---------------------------------------------------------------


def _official_prefix(parsed: HostName, brands: BrandIndex) -> Lookalike | None:
    host = parsed.host
    if host.count(".") < 2:
        return None
    starts = [0]
    for place, character in enumerate(host):
        if character not in ".-":
            continue
        for start in starts:
            brand = brands.official.get(host[start:place])
            if brand is not None:
                return Lookalike(host, brand, "prefix", host[start:place], 0, 0.99)
        if character == ".":
            starts.append(place + 1)
    return None


# --- the exact name --------------------------------------------------------------------------------------------


def _exact(parsed: HostName, brands: BrandIndex) -> Lookalike | None:
    best: tuple[float, Lookalike] | None = None
    for points, found in _exact_candidates(parsed, brands):
        if points >= _CONVICTS and (best is None or points > best[0]):
            best = (points, found)
    return None if best is None else best[1]


def _exact_candidates(parsed: HostName, brands: BrandIndex) -> list[tuple[float, Lookalike]]:
    found: list[tuple[float, Lookalike]] = []
    squeezed = parsed.host.replace("-", "") if "-" in parsed.host else parsed.host
    hits = brands.automaton.find_matches_as_indexes(squeezed, overlapping=True)
    if not hits and not parsed.name.isalpha():
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
    residue = read_residue((before, after))
    suffix = _suffix_points(parsed)
    points = _name_points(label, brand, suffix > 0 or residue.is_telling)
    kind: Kind
    if is_name:
        kind = "hosted" if parsed.is_hosted else "homograph" if parsed.is_folded else "combo"
        if before or after:
            points += _residue_points(residue, parsed.suffix.endswith("vn"), suffix > 0) + suffix
            points += _unread_points(label, brand, residue, suffix, bool(before and after))
        elif _is_plain_vn(parsed):
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
        points += _stranger_points(parsed)
        if residue.lures:
            points += 0.2
    return points, Lookalike(parsed.host, brand, kind, label, 0, _confidence(points))


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


_LETTERS_OF_A_LURE: Final = 5


def _stranger_points(parsed: HostName) -> float:
    """What the registered name under a brand's subdomain says of its owner."""
    points = _suffix_points(parsed)
    residue = read_residue((_SEPARATORS.sub("", parsed.name),))
    if residue.lures:
        points += 0.4 + 0.1 * min(sum(map(len, residue.lures)) // _LETTERS_OF_A_LURE, 3)
    if _VN_SHAPE.fullmatch(parsed.name):
        points += 0.5 if "-" in parsed.name else 0.35
    if parsed.suffix.endswith("vn") and not residue.lures:
        points -= 0.4
    return points


def _short_candidates(parsed: HostName, brands: BrandIndex) -> list[tuple[float, Lookalike]]:
    """Names of two and three letters: a token of their own or at an edge, beside bait only; and mangled families."""
    found: list[tuple[float, Lookalike]] = []
    short = brands.short_labels
    name = parsed.name
    if "-" in name:
        tokens = _SEPARATORS.split(name)
        for place, token in enumerate(tokens):
            if token in short:
                rest = ("".join(tokens[:place]), "".join(tokens[place + 1 :]))
                found.extend(_beside_bait(parsed, brands, token, rest, 0))
        name = "".join(tokens)
    for label in parsed.subdomains:
        for token in _SEPARATORS.split(label) if "-" in label else (label,):
            if token in short:
                stranger = _stranger_points(parsed)
                points = _name_points(token, brands.by_label[token], stranger > 0) + stranger
                found.append((points, _short(parsed, brands, token, "subdomain", points)))
    for size in (3, 2):
        start, end = name[:size], name[-size:]
        if start in short:
            rest_of_name = name[size:]
            if size == 3 and _is_mangled_bank(rest_of_name, brands.by_label[start]):
                found.append((1.1, _short(parsed, brands, start, "typo", 1.1)))
            # "acbvn…": the bank and the country, then whatever was free
            is_bank = brands.by_label[start].sector in _BANK_SECTORS
            unread = 4 if size == 3 and is_bank and rest_of_name.startswith("vn") else 0
            found.extend(_beside_bait(parsed, brands, start, (rest_of_name,), unread))
        if end in short and end != start:
            found.extend(_beside_bait(parsed, brands, end, (name[:-size],), 0))
    return found


def _is_mangled_bank(rest: str, brand: Brand) -> bool:
    """Whether what follows a bank's short name is a changed "bank": vcb-digi-bink, vcb-tie-bink."""
    if brand.sector not in _BANK_SECTORS or len(rest) < 4 or rest.endswith("bank"):
        return False
    if brand.is_common and not rest.rstrip("ids").endswith("k"):
        return False  # "-ing" and "-ang" end many other words
    return _MANGLED_BANK.fullmatch(rest) is not None


def _beside_bait(
    parsed: HostName, brands: BrandIndex, label: str, rest: tuple[str, ...], unread: int
) -> list[tuple[float, Lookalike]]:
    """Points of a short name that has nothing but bait words, fillers and figures beside it."""
    if not any(rest):
        return []
    residue = read_residue(rest)
    if len(residue.lures) < 2 and len(residue.unread) > max(unread, 2 if residue.is_telling else 0):
        return []
    suffix = max(_suffix_points(parsed), 0.0)
    points = _name_points(label, brands.by_label[label], suffix > 0 or residue.is_telling) + suffix
    points += _residue_points(residue, parsed.suffix.endswith("vn"), suffix > 0)
    if residue.lures or residue.names_country:
        points += 0.2
    if residue.is_unpronounceable:
        points -= 0.5  # beside so short a name any letters are
    if "-" in parsed.name:
        points += 0.15  # a word of its own
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
            if points >= _CONVICTS and (best is None or points > best[0]):
                kind: Kind = "homograph" if parsed.is_folded else "typo"
                best = (points, Lookalike(parsed.host, brand, kind, text, distance, _confidence(points)))
    return None if best is None else best[1]


def _of_family(parsed: HostName, brands: BrandIndex) -> Lookalike | None:
    """A made-up sister of several brands that share their ending (FE Credit, Mcredit, Home Credit: "oncredit.top").

    Only with a head of three letters at most, and only under a suffix that fraud is registered under.
    """
    name = parsed.name
    if _suffix_points(parsed) <= 0 or parsed.is_hosted:
        return None
    for size in brands.ending_sizes:
        head, ending = name[:-size], name[-size:]
        if 0 < len(head) <= _LONGEST_HEAD and ending in brands.endings:
            label = min(brands.endings[ending], key=lambda label: OSA.distance(name, label))
            distance = OSA.distance(name, label)
            return Lookalike(parsed.host, brands.by_label[label], "typo", name, distance, _confidence(1.0))
    return None


_LONGEST_HEAD: Final = 3


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
    if not name.isalpha():
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
    suffix = _suffix_points(parsed)
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
