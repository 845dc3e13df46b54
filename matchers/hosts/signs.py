"""Weak signs around a brand's name: suffix, words and figures beside it, what the registered name says of its owner.

They give points or take some, and never decide alone. The constants were set on one half of labelled host names and
read on the other; docs/matching.md has the figures.
"""

from __future__ import annotations

import re
from typing import Final

from matchers.hosts.baits import Residue, read_residue
from matchers.hosts.brands import Brand
from matchers.hosts.hostname import HostName

_ORDINARY: Final = frozenset(("com", "net", "org", "edu", "gov", "mil", "int"))
# Country suffixes sold the world over as if they were generic ones.
_SOLD_WORLDWIDE: Final = frozenset(
    ("cc", "me", "co", "tk", "ml", "ga", "cf", "gq", "pw", "ws", "to", "la", "am", "io", "tv", "us", "vc", "ai")
)
_VN_SHAPE: Final = re.compile(r"vn[-a-z0-9]{0,9}|.*vn|vn.*|.*gov.{0,4}")
SEPARATORS: Final = re.compile(r"[-_]+")
LOOKS_LIKE: Final = str.maketrans("013458", "oleasb")


def tokens_of(label: str) -> list[str]:
    """The stretches of a label between hyphens and underscores."""
    return SEPARATORS.split(label) if "_" in label or "--" in label else label.split("-")


def suffix_points(parsed: HostName) -> float:
    """What the suffix says: above 0 for those that fraud is registered under, below 0 for other countries'."""
    if parsed.is_hosted:
        return 0.3
    last = parsed.suffix.rpartition(".")[2]
    if last in _ORDINARY or last == "vn":
        return 0.0
    if len(last) > 2 or last in _SOLD_WORLDWIDE:
        return 0.3
    return -0.4


def is_plain_vn(parsed: HostName) -> bool:
    return parsed.suffix in ("vn", "com.vn")


def residue_points(residue: Residue, is_vn: bool, is_risky: bool) -> float:
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


def name_points(label: str, brand: Brand, has_second_sign: bool) -> float:
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


_LETTERS_OF_A_LURE: Final = 5


def stranger_points(parsed: HostName) -> float:
    """What the registered name under a brand's subdomain says of its owner."""
    points = suffix_points(parsed)
    residue = read_residue((SEPARATORS.sub("", parsed.name),))
    if residue.lures:
        points += 0.4 + 0.1 * min(sum(map(len, residue.lures)) // _LETTERS_OF_A_LURE, 3)
    if _VN_SHAPE.fullmatch(parsed.name):
        points += 0.5 if "-" in parsed.name else 0.35
    if parsed.suffix.endswith("vn") and not residue.lures:
        points -= 0.4
    return points
