"""The ground truth of the demo web: every planted scam. Whatever is not named here is innocent."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from crawler.demo import advertising, landing, news, social
from crawler.demo.content import lookalikes
from crawler.demo.document import Address


@dataclass(frozen=True, slots=True)
class Planted:
    """A scam of the demo web that a crawl must find.

    `url_path` is host, path and, where it tells pages apart, query; without scheme and port. `category` is a
    category of the rule packs, `kind` a `PageKind` value, `why` says what a person would see in it.
    """

    url_path: str
    category: str
    kind: str
    why: str


@lru_cache
def planted(day: int) -> tuple[Planted, ...]:
    """Every scam there on `day` (1 or 2), sorted by address."""
    nowhere = Address(0)
    found = [
        Planted(document.host + document.path, document.truth.category, document.kind, document.truth.why)
        for site in (news, advertising, social, landing)
        for document in site.documents(day, nowhere)
        if document.truth is not None
    ]
    found += [
        Planted(f"{name.host}/", name.planted.category, "host", name.planted.why)
        for name in lookalikes()
        if name.planted is not None and day in name.days
    ]
    return tuple(sorted(found, key=lambda scam: scam.url_path))


def is_same(scam: Planted, url: str) -> bool:
    """Whether `url`, with any port, is the address of `scam`.

    The query counts only where the scam's own address has one: landing pages are reached with tracking parameters.
    A host name alone is the address of its root.
    """
    parts = urlsplit(url if "//" in url else f"//{url}")
    address = f"{parts.hostname or ''}{parts.path or '/'}"
    if "?" in scam.url_path:
        address += f"?{parts.query}"
    return address == scam.url_path
