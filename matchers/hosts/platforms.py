"""Shared platforms: sites whose name many people use, so that one fraudster's page there convicts nobody else.

The names are in `packs/platforms.txt`; the lexicon's suffixes and the public suffix list's private section say which
hosts give each customer a name of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from matchers.hosts.hostname import parse_host
from matchers.hosts.lexicon import lexicon

PLATFORMS_FILE: Final = Path(__file__).parents[1] / "packs" / "platforms.txt"
_OPEN: Final = "*."


@dataclass(frozen=True, slots=True)
class Platforms:
    """Names of shared sites: of `closed` ones with all that is below them, of `open` ones without."""

    closed: frozenset[str]
    open: frozenset[str]


@cache
def platforms() -> Platforms:
    """The platforms that ship with the package, read once."""
    words = [
        word
        for line in PLATFORMS_FILE.read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
        for word in line.split()
    ]
    known = lexicon()
    closed = {word for word in words if not word.startswith(_OPEN)}
    opened = {word.removeprefix(_OPEN) for word in words if word.startswith(_OPEN)}
    return Platforms(
        closed=frozenset(closed | known.shorteners),
        open=frozenset(opened | known.hosting_suffixes | known.tenant_suffixes | known.app_link_suffixes),
    )


def is_shared(host: str) -> bool:
    """Whether many people's pages are at `host`, a host name in ASCII and lower case, without port.

    >>> is_shared("docs.google.com"), is_shared("weebly.com"), is_shared("vcb-digibank.weebly.com")
    (True, True, False)
    """
    known = platforms()
    domain = host
    while domain:
        if domain in known.closed:
            return True
        if domain in known.open or parse_host(f"x.{domain}").suffix == domain:
            return host in (domain, f"www.{domain}")
        domain = domain.partition(".")[2]
    return False
