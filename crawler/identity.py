"""What a page says of itself beside its words: whose it is, who wrote it, which pictures stand for it.

The facts come from metadata, the first heading, logos, structured data (schema.org in JSON-LD) and the hosts that the
page's pictures, scripts and styles are loaded from. They are claims: matching weighs them, nothing here believes them.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from selectolax.lexbor import LexborHTMLParser

from matchers.page import PictureLink, PictureRole

MAX_ICONS: Final = 2
MAX_LOGOS: Final = 4
MAX_LOGOS_LOOKED_AT: Final = 50
MAX_RESOURCE_HOSTS: Final = 8
"""Hosts named in the fact `resource_hosts`: the ones that most comes from."""
MAX_STRUCTURED_CHARACTERS: Final = 100_000
"""Of one block of JSON-LD; what is longer lists goods, not an owner."""
MAX_STRUCTURED_BLOCKS: Final = 5
MAX_STRUCTURED_NODES: Final = 200
MAX_FACT_CHARACTERS: Final = 500

_NAMED: Final = "meta[property], meta[name], meta[itemprop], link[rel], h1"
_META_FACTS: Final = {
    "og:site_name": "site_name",
    "og:title": "og_title",
    "og:type": "og_type",
    "og:url": "og_url",
    "og:image": "og_image",
    "article:author": "byline",
    "author": "byline",
    "article:published_time": "published_at",
    "datepublished": "published_at",
    "article:section": "section",
    "article:publisher": "publisher",
    "description": "description",
    "generator": "generator",
}
_LOGOS: Final = "header img, img:is([class*=logo i], [src*=logo i], [alt*=logo i])"
_AUTHOR: Final = "[rel=author], [itemprop=author], .byline, .author"
_ICON_RELS: Final = frozenset(("icon", "apple-touch-icon", "apple-touch-icon-precomposed"))
# Begins with plain letters, so that the search for it runs at the speed of memory.
_SOURCE: Final = re.compile(r"src=[\"']?(?:https?:)?//([\w.-]{4,253})")
_STRUCTURED: Final = "script[type='application/ld+json']"
_ARTICLE_TYPES: Final = frozenset(
    (
        *("Article", "NewsArticle", "ReportageNewsArticle", "AnalysisNewsArticle", "OpinionNewsArticle"),
        *("BackgroundNewsArticle", "LiveBlogPosting", "Report"),
    )
)
PAID_TYPE: Final = "AdvertiserContentArticle"
"""What schema.org calls a paid post."""
_OWNER_TYPES: Final = frozenset(
    (
        *("Organization", "Corporation", "BankOrCreditUnion", "FinancialService", "LocalBusiness", "WebSite"),
        *("GovernmentOrganization", "NewsMediaOrganization", "OnlineStore", "Store"),
    )
)


@dataclass(frozen=True, slots=True)
class Identity:
    """Facts (`matchers.page.Page.facts`), and the pictures that stand for the page."""

    facts: dict[str, str]
    pictures: tuple[PictureLink, ...]


def read_identity(tree: LexborHTMLParser, html: str, resolve: Callable[[str], str]) -> Identity:
    """What the document parsed from `html` says of itself; `resolve` makes an address absolute, "" when malformed."""
    facts: dict[str, str] = {}
    loaded = Counter(map(str.lower, _SOURCE.findall(html)))
    pictures = _Pictures(resolve)
    for node in tree.css(_NAMED):
        attributes = node.attributes
        if node.tag == "meta":
            name = attributes.get("property") or attributes.get("name") or attributes.get("itemprop") or ""
            fact = _META_FACTS.get(name.lower())
            content = attributes.get("content")
            if fact and content and fact not in facts:
                facts[fact] = content.strip()[:MAX_FACT_CHARACTERS]
        elif node.tag == "h1":
            if "heading" not in facts and (words := _one_line(node.text())):
                facts["heading"] = words[:MAX_FACT_CHARACTERS]
        else:
            _read_link(attributes, facts, loaded, pictures)
    if "byline" not in facts and ("author" in html or "byline" in html) and (author := tree.css_first(_AUTHOR)):
        facts["byline"] = _one_line(author.text())[:200]
    if "ld+json" in html:
        for fact, value in _structured_facts(tree).items():
            facts.setdefault(fact, value)
    for fact in ("canonical", "og_url"):
        if address := facts.pop(fact, ""):
            facts["canonical"] = facts.get("canonical") or resolve(address)
    if loaded:
        facts["resource_hosts"] = " ".join(f"{host}:{count}" for host, count in loaded.most_common(MAX_RESOURCE_HOSTS))
    pictures.add(facts.pop("og_image", ""), PictureRole.LOGO)
    for node in tree.css(_LOGOS)[:MAX_LOGOS_LOOKED_AT] if "<img" in html else ():
        attributes = node.attributes
        pictures.add(_source(attributes), PictureRole.LOGO, attributes.get("alt") or "")
    return Identity(facts, tuple(pictures.found.values()))


class _Pictures:
    """The pictures that stand for a page, each once, by absolute address, up to the most of each role.

    Pictures written into the page (data: addresses) are left out: they would be kept whole with every hit.
    """

    def __init__(self, resolve: Callable[[str], str]) -> None:
        self.found: dict[str, PictureLink] = {}
        self._resolve = resolve
        self._left = {PictureRole.FAVICON: MAX_ICONS, PictureRole.LOGO: MAX_LOGOS}

    def add(self, address: str, role: PictureRole, text: str = "") -> None:
        """One more, if its address is good."""
        if not address or not self._left[role]:
            return
        address = self._resolve(address)
        if address.startswith(("http://", "https://")) and address not in self.found:
            self._left[role] -= 1
            self.found[address] = PictureLink(address, role, _one_line(text)[:200])


def _read_link(
    attributes: Mapping[str, str | None], facts: dict[str, str], loaded: Counter[str], pictures: _Pictures
) -> None:
    rels = (attributes.get("rel") or "").lower().split()
    href = attributes.get("href") or ""
    if "canonical" in rels:
        facts.setdefault("canonical", href[:MAX_FACT_CHARACTERS])
    elif "stylesheet" in rels:
        _, slashes, rest = href.partition("//")
        if slashes and "." in rest:
            loaded[rest.partition("/")[0].lower()] += 1
    elif not _ICON_RELS.isdisjoint(rels):
        pictures.add(href, PictureRole.FAVICON)


def _source(attributes: Mapping[str, str | None]) -> str:
    """Where a picture comes from, also one that a script loads when it is scrolled to."""
    for name in ("src", "data-src", "data-lazy-src", "data-original"):
        address = (attributes.get(name) or "").strip()
        if address and not address.startswith("data:"):
            return address
    return ""


def _structured_facts(tree: LexborHTMLParser) -> dict[str, str]:
    facts: dict[str, str] = {}
    for block in tree.css(_STRUCTURED)[:MAX_STRUCTURED_BLOCKS]:
        text = block.text()
        if len(text) > MAX_STRUCTURED_CHARACTERS:
            continue
        try:
            data = json.loads(text, strict=False)
        except (ValueError, RecursionError):
            continue  # what does not parse says nothing
        for node in _nodes(data):
            types = {kind for kind in _list(node.get("@type")) if isinstance(kind, str)}
            if types & _ARTICLE_TYPES:
                facts.setdefault("article_type", min(types & _ARTICLE_TYPES))
                facts.setdefault("publisher", _name(node.get("publisher")))
                facts.setdefault("byline", _name(node.get("author")))
                facts.setdefault("published_at", _name(node.get("datePublished")))
            elif PAID_TYPE in types:
                facts.setdefault("article_type", PAID_TYPE)
            elif types & _OWNER_TYPES:
                facts.setdefault("organization", _name(node))
    return {fact: value for fact, value in facts.items() if value}


def _nodes(data: Any) -> Iterator[Mapping[str, Any]]:
    """The objects of a JSON-LD block: at the top, in a list, in `@graph`."""
    waiting = _list(data)[:MAX_STRUCTURED_NODES]
    for node in waiting:
        if isinstance(node, dict):
            yield node
            for inner in _list(node.get("@graph"))[:MAX_STRUCTURED_NODES]:
                if isinstance(inner, dict):
                    yield inner


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _name(value: Any) -> str:
    """A name in JSON-LD: text, an object that has one, or the first of a list."""
    first = _list(value)[0] if value else ""
    name = first.get("name") if isinstance(first, dict) else first
    return _one_line(name)[:200] if isinstance(name, str) else ""


def _one_line(text: str) -> str:
    return " ".join(text.split())
