"""A fetched document to a Page: title, visible text, links, forms, contacts and what the page says of itself.

The hot path of a crawl: one parse by lexbor, one walk for the text, one pass over the anchors.
Operators' own selectors are read with BeautifulSoup, only where a source has them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup
from selectolax.lexbor import LexborHTMLParser, LexborNode

from matchers.page import Form, Link

MAX_TEXT_CHARACTERS = 400_000
MAX_LINKS = 5_000
MIN_ARTICLE_CHARACTERS = 200
_INVISIBLE = ["script", "style", "noscript", "template", "svg", "iframe", "object", "select", "title"]
_BLOCK = re.compile(
    r"<(?=/?(?:address|article|aside|blockquote|br|button|caption|center|dd|div|dl|dt|fieldset|figcaption|figure|"
    r"footer|form|h[1-6]|header|hr|label|li|main|nav|ol|p|pre|section|summary|table|td|th|tr|ul)\b)",
    re.IGNORECASE,
)
_BLOCK_MARK = "\f"
"""Stands before every block's tag while the document is parsed. White space to HTML, so that it moves nothing
(other text would be thrown out of tables), and no author writes it."""
_BOILERPLATE = "nav, header, footer, aside"
_ARTICLE = "article, [itemprop=articleBody], main"
_CONTACT_STARTS = ("tel:", "mailto:", "sms:", "zalo:", "viber:", "whatsapp:", "tg:")
_CONTACT_HOSTS = re.compile(
    r"https?://(?:www\.)?(?:zalo\.me|chat\.zalo\.me|t\.me|telegram\.me|m\.me|wa\.me|"
    r"(?:m\.|vi-vn\.)?facebook\.com|fb\.com|tiktok\.com)/",
    re.IGNORECASE,
)
_VIETNAMESE = re.compile(r"[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", re.IGNORECASE)
_SPONSORED_WORDS = re.compile(
    r"\b(?:bài tài trợ|thông tin doanh nghiệp|nội dung tài trợ|quảng cáo|advertorial)\b", re.I
)


@dataclass(frozen=True, slots=True)
class Document:
    """What one HTML document holds. `text` has a line per block; `is_sponsored` is what it says of itself."""

    title: str
    text: str
    language: str
    links: tuple[Link, ...]
    contacts: tuple[str, ...]
    forms: tuple[Form, ...]
    facts: Mapping[str, str]
    is_sponsored: bool


def read_document(html: str, url: str, *, main_text_only: bool = False) -> Document:
    """Read `html` fetched from `url`; never raises, whatever the markup.

    `main_text_only` keeps to the article where the page marks one, and leaves menus and footers out.
    """
    tree = LexborHTMLParser(_BLOCK.sub(_BLOCK_MARK + "<", html))
    facts = _facts(tree)
    title = _title(tree, facts)
    language = (tree.root.attributes.get("lang") or "")[:16] if tree.root is not None else ""
    links, contacts = _anchors(tree, url)
    forms = _forms(tree, url)
    is_sponsored = _says_sponsored(tree, facts)
    tree.strip_tags(_INVISIBLE)
    text = _text(tree, main_text_only)
    return Document(
        title=title,
        text=text,
        language=language or ("vi" if _VIETNAMESE.search(text[:4000]) else ""),
        links=links,
        contacts=contacts,
        forms=forms,
        facts=facts,
        is_sponsored=is_sponsored,
    )


def select_text(html: str, selector: str) -> str:
    """The text of what `selector` finds, a line each; "" when it finds nothing."""
    found = BeautifulSoup(html, "lxml").select(selector)
    return "\n".join(_one_line(element.get_text(" ")) for element in found)


def select_links(html: str, url: str, selector: str) -> list[str]:
    """The addresses of the links that `selector` finds, or that stand inside what it finds, each once."""
    found: dict[str, None] = {}
    for element in BeautifulSoup(html, "lxml").select(selector):
        for anchor in [element] if element.name == "a" else element.find_all("a"):
            href = anchor.get("href")
            if isinstance(href, str):
                found[absolute_url(url, href)] = None
    return [address for address in found if address.startswith(("http://", "https://"))]


def absolute_url(base: str, href: str) -> str:
    """`href` as seen on the page at `base`, without fragment; "" when it is malformed."""
    href = href.strip()
    try:
        address = href if href.startswith(("http://", "https://")) else urljoin(base, href)
    except ValueError:
        return ""
    return address.partition("#")[0]


def _facts(tree: LexborHTMLParser) -> dict[str, str]:
    facts: dict[str, str] = {}
    for meta in tree.css("meta[property], meta[name], meta[itemprop]"):
        attributes = meta.attributes
        name = attributes.get("property") or attributes.get("name") or attributes.get("itemprop") or ""
        fact = _META_FACTS.get(name.lower())
        content = attributes.get("content")
        if fact and content and fact not in facts:
            facts[fact] = content.strip()[:500]
    if "byline" not in facts and (author := tree.css_first("[rel=author], [itemprop=author], .byline, .author")):
        facts["byline"] = _one_line(author.text())[:200]
    return facts


_META_FACTS = {
    "og:site_name": "site_name",
    "og:title": "og_title",
    "og:type": "og_type",
    "article:author": "byline",
    "author": "byline",
    "article:published_time": "published_at",
    "datepublished": "published_at",
    "article:section": "section",
    "description": "description",
    "generator": "generator",
}


def _title(tree: LexborHTMLParser, facts: Mapping[str, str]) -> str:
    node = tree.css_first("head > title") or tree.css_first("title")
    title = _one_line(node.text()) if node is not None else ""
    if not title:
        heading = tree.css_first("h1")
        title = facts.get("og_title", "") or (_one_line(heading.text()) if heading is not None else "")
    return title[:1000]


def _anchors(tree: LexborHTMLParser, url: str) -> tuple[tuple[Link, ...], tuple[str, ...]]:
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.netloc}"
    links: dict[str, Link] = {}
    contacts: dict[str, None] = {}
    for anchor in tree.css("a[href]"):
        href = (anchor.attributes.get("href") or "").strip()
        lowered = href[:9].lower()
        if lowered.startswith(_CONTACT_STARTS):
            contacts[href[:500]] = None
            continue
        if lowered.startswith(("http://", "https://")):
            address = href
            if _CONTACT_HOSTS.match(href):
                contacts[href[:500]] = None
        elif href.startswith("/") and not href.startswith("//"):
            address = origin + href
        elif href.startswith("#") or lowered.startswith("javascript"):
            continue
        else:
            address = absolute_url(url, href)
        address = address.partition("#")[0]
        if address and address not in links:
            if len(links) >= MAX_LINKS:
                break
            links[address] = Link(address, _one_line(anchor.text())[:300])
    return tuple(links.values()), tuple(contacts)


def _forms(tree: LexborHTMLParser, url: str) -> tuple[Form, ...]:
    forms = []
    for form in tree.css("form"):
        inputs = form.css("input, textarea, select")
        fields = tuple((field.attributes.get("name") or "").lower()[:100] for field in inputs)
        has_password = any((field.attributes.get("type") or "").lower() == "password" for field in inputs)
        action = absolute_url(url, form.attributes.get("action") or url)
        forms.append(Form(action, has_password, tuple(name for name in fields if name)))
    return tuple(forms[:50])


def _text(tree: LexborHTMLParser, main_text_only: bool) -> str:
    body = tree.body
    if body is None:
        return ""
    if main_text_only:
        for node in tree.css(_BOILERPLATE):
            node.decompose()
        candidates = [_clean(node) for node in tree.css(_ARTICLE)]
        best = max(candidates, key=len, default="")
        if len(best) >= MIN_ARTICLE_CHARACTERS:
            return best
    return _clean(body)


def _clean(node: LexborNode) -> str:
    lines = map(_one_line, node.text().split(_BLOCK_MARK))
    return "\n".join(filter(None, lines))[:MAX_TEXT_CHARACTERS]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _says_sponsored(tree: LexborHTMLParser, facts: Mapping[str, str]) -> bool:
    if _SPONSORED_WORDS.search(facts.get("section", "")):
        return True
    mark = tree.css_first(".sponsored, .advertorial, .tai-tro, [data-sponsored], [rel=sponsored].label")
    return mark is not None
