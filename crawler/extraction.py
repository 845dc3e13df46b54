"""A fetched document to a Page: title, visible text, links, forms, contacts and what the page says of itself.

The hot path of a crawl: one parse by lexbor, one walk for the text, one pass over the anchors.
Operators' own selectors are read with BeautifulSoup, only where a source has them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from typing import Final
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup, Tag
from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawler.identity import PAID_TYPE, read_identity
from crawler.legacy_letters import recognise
from crawler.markup import is_tangled, read_flat
from matchers.page import Form, Link, PictureLink

MAX_TEXT_CHARACTERS: Final = 400_000
MAX_LINKS: Final = 5_000
MAX_CONTACTS: Final = 200
MAX_FORMS: Final = 50
MAX_FIELDS: Final = 200
MAX_ARTICLES: Final = 20
"""Elements looked at for the main text; a page that nests thousands costs no more."""
MAX_DESCRIBED: Final = 300
"""Pictures and fields whose own words are put into the text."""
MAX_SELECTED_CHARACTERS: Final = 3_000_000
"""How much of a document selectors are tried on; BeautifulSoup takes seconds for that much."""
MIN_ARTICLE_CHARACTERS: Final = 200
SHORT_ARTICLE_CHARACTERS: Final = 1_000
"""Below, an <article> may be a teaser: it is believed only where it holds a good part of the page's text."""
TEASER_SHARE: Final = 0.25
_INVISIBLE: Final = ["script", "style", "noscript", "template", "svg", "iframe", "object", "select", "title"]
_BLOCKS: Final = (
    "address article aside blockquote br button caption center dd details dialog div dl dt fieldset figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 header hr label legend li main marquee menu nav ol p pre section summary table td "
    "th tr ul"
)
_BLOCK_NAMES: Final = frozenset(_BLOCKS.split())


def _any_case(name: str) -> str:
    return "".join(f"[{letter}{letter.upper()}]" if letter.isalpha() else letter for letter in name)


def _tags(names: Iterable[str]) -> re.Pattern[str]:
    """The `<` of a start or end tag of these elements; branches by first letter, at half the time of a flat list."""
    branches = (
        f"{_any_case(first)}(?:{'|'.join(_any_case(name[1:]) for name in sorted(alike, key=len, reverse=True))})"
        for first, alike in groupby(sorted(names), key=lambda name: name[0])
    )
    return re.compile(rf"<(?=/?(?:{'|'.join(branches)})\b)")


_BLOCK: Final = _tags(_BLOCK_NAMES)
_BLOCK_MARK = "\f"
"""Stands before every block's tag while the document is parsed. White space to HTML, so that it moves nothing
(other text would be thrown out of tables), and no author writes it."""
_INLINE: Final = ":is(span,b,i,em,strong,font,u,s,small,sub,sup,label,a)"
_MAYBE_HIDDEN: Final = f"{_INLINE}[hidden], {_INLINE}[style]"
_STYLED: Final = re.compile(r"style\s*=")
_HIDING: Final = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d]*[1-9])", re.IGNORECASE
)
_DESCRIBED = "img[alt], input[placeholder], textarea[placeholder], input[type=submit][value], input[type=button][value]"
_BOILERPLATE = "nav, header, footer, aside"
_ARTICLE = "article, [itemprop=articleBody], main"
_CONTACT_STARTS = ("tel:", "mailto:", "sms:", "zalo:", "viber:", "whatsapp:", "tg:")
_CONTACT_HOSTS: Final = re.compile(
    r"(?:https?:)?//(?:www\.)?(?:(?:chat\.)?zalo\.me|zaloapp\.com|t\.me|telegram\.(?:me|dog)|m\.me|messenger\.com|wa\.me|"
    r"(?:api|chat)\.whatsapp\.com|(?:invite|chats)\.viber\.com|line\.me|lin\.ee|u\.wechat\.com|(?:open|pf)\.kakao\.com|"
    r"(?:m\.|vi-vn\.)?facebook\.com|fb\.(?:com|me)|tiktok\.com|(?:m\.)?youtube\.com/(?:@|c|user|channel)|"
    r"online\.gov\.vn)(?:/|(?<=@))",
    re.IGNORECASE,
)
_VIETNAMESE = re.compile(r"[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", re.IGNORECASE)
_SPONSORED_WORDS = re.compile(
    r"\b(?:bài tài trợ|thông tin doanh nghiệp|nội dung tài trợ|quảng cáo|advertorial)\b", re.I
)
_SPONSORED: Final = ".sponsored, .advertorial, .tai-tro, [data-sponsored], [rel=sponsored].label"
_SPONSORED_MARKS: Final = ("sponsored", "advertorial", "tai-tro")


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
    picture_links: tuple[PictureLink, ...] = ()


def read_document(html: str, url: str, *, main_text_only: bool = False) -> Document:
    """Read `html` fetched from `url`; never raises, whatever the markup.

    `main_text_only` keeps to the article where the page marks one, and leaves menus and footers out. A document too
    large or too deeply nested for a tree is read tag by tag, without its forms and facts.
    """
    if is_tangled(html):
        return _read_flat(html, url)
    tree = LexborHTMLParser(_BLOCK.sub(_BLOCK_MARK + "<", html))
    base = _base(tree, url)
    identity = read_identity(tree, html, partial(absolute_url, base))
    facts = identity.facts
    title = _title(tree, facts)
    language = (tree.root.attributes.get("lang") or "")[:16] if tree.root is not None else ""
    links, contacts = _links(base, ((anchor.attributes.get("href") or "", anchor) for anchor in tree.css("a[href]")))
    forms = _forms(tree, base)
    is_sponsored = _says_sponsored(tree, facts, html)
    tree.strip_tags(_INVISIBLE)
    if "hidden" in html or _STYLED.search(html):
        _drop_hidden_letters(tree)
    document = Document(
        title=title,
        text=_text(tree, main_text_only),
        language=language,
        links=links,
        contacts=contacts,
        forms=forms,
        facts=facts,
        is_sponsored=is_sponsored,
        picture_links=identity.pictures,
    )
    return _in_unicode(document)


def _in_unicode(document: Document) -> Document:
    """The document with the letters of an old font's encoding read as Unicode, and its fact `encoding` saying so."""
    letters = recognise(f"{document.title}\n{document.text}")
    if letters is not None:
        facts = {name: letters.read(value) for name, value in document.facts.items()}
        document = replace(
            document,
            title=letters.read(document.title),
            text=letters.read(document.text),
            links=tuple(replace(link, text=letters.read(link.text)) for link in document.links),
            picture_links=tuple(replace(link, text=letters.read(link.text)) for link in document.picture_links),
            facts={**facts, "encoding": letters.name},
        )
    return document if document.language else replace(document, language=guess_language(document.text))


def guess_language(text: str) -> str:
    """`vi` where the text has letters that only Vietnamese uses, else ""."""
    return "vi" if _VIETNAMESE.search(text[:4000]) else ""


def _read_flat(html: str, url: str) -> Document:
    flat = read_flat(
        html,
        block_names=_BLOCK_NAMES,
        skipped=frozenset(_INVISIBLE),
        mark=_BLOCK_MARK,
        max_characters=MAX_TEXT_CHARACTERS,
        max_anchors=MAX_LINKS,
    )
    text = _lines(flat.text)
    links, contacts = _links(url, flat.anchors)
    title = _one_line(flat.title)[:1000]
    return _in_unicode(Document(title, text, "", links, contacts, (), {}, is_sponsored=False))


def parse_for_selectors(html: str) -> BeautifulSoup:
    """`html` for CSS selectors of any kind; its elements' words are read with `element_text`."""
    return BeautifulSoup(_BLOCK.sub(_BLOCK_MARK + "<", html[:MAX_SELECTED_CHARACTERS]), "lxml")


def element_text(element: Tag) -> str:
    """The visible text of an element, a line per block; inline tags part no words."""
    return _lines(element.get_text(""))


def select_text(html: str, selector: str) -> str:
    """The text of what `selector` finds, one below the other; "" when it finds nothing."""
    found = map(element_text, parse_for_selectors(html).select(selector))
    return "\n".join(filter(None, found))[:MAX_TEXT_CHARACTERS]


def select_links(html: str, url: str, selector: str) -> list[str]:
    """The addresses of the links that `selector` finds, or that stand inside what it finds, each once."""
    found: dict[str, None] = {}
    soup = parse_for_selectors(html)
    base = base_of(soup, url)
    for element in soup.select(selector):
        for anchor in [element] if element.name == "a" else element.find_all("a"):
            href = anchor.get("href")
            if isinstance(href, str):
                found[absolute_url(base, href)] = None
    return [address for address in found if address.startswith(("http://", "https://"))]


def base_of(soup: BeautifulSoup, url: str) -> str:
    """The address that relative links of this document stand for: `url`, or what its <base> says."""
    base = soup.select_one("base[href]")
    return url if base is None else absolute_url(url, str(base["href"])) or url


def absolute_url(base: str, href: str) -> str:
    """`href` as seen on the page at `base`, without fragment; "" when it is malformed."""
    href = href.strip()
    try:
        address = href if href.startswith(("http://", "https://")) else urljoin(base, href)
        urlsplit(address)
    except ValueError:
        return ""
    return address.partition("#")[0]


def _title(tree: LexborHTMLParser, facts: Mapping[str, str]) -> str:
    node = tree.css_first("head > title") or tree.css_first("title")
    title = _one_line(node.text()) if node is not None else ""
    if not title:
        title = facts.get("og_title", "") or facts.get("heading", "")
    return title[:1000]


def _base(tree: LexborHTMLParser, url: str) -> str:
    """The address that relative links stand for: the page's own, or what its <base> says."""
    node = tree.css_first("base[href]")
    return url if node is None else absolute_url(url, node.attributes.get("href") or "") or url


def _links(base: str, anchors: Iterable[tuple[str, LexborNode | str]]) -> tuple[tuple[Link, ...], tuple[str, ...]]:
    """Links and contacts of these pairs of href and anchor (or its text), each once."""
    origin = _origin(base)
    links: dict[str, Link] = {}
    contacts: dict[str, None] = {}
    for raw, anchor in anchors:
        href = raw.strip()
        if origin and href.startswith("/") and not href.startswith("//"):
            address = (origin + href).partition("#")[0]
        else:
            lowered = href[:11].lower()
            if lowered.startswith(_CONTACT_STARTS):
                contacts[href[:500]] = None
                continue
            if _CONTACT_HOSTS.match(href):
                contacts[href[:500]] = None
            if href.startswith("#") or lowered == "javascript:":
                continue
            address = absolute_url(base, href)
        if address and address not in links and len(links) < MAX_LINKS:
            text = anchor if isinstance(anchor, str) else anchor.text()
            links[address] = Link(address, _one_line(text)[:300])
    return tuple(links.values()), tuple(contacts)[:MAX_CONTACTS]


def _origin(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme and parts.netloc else ""


def _forms(tree: LexborHTMLParser, base: str) -> tuple[Form, ...]:
    forms = []
    for form in tree.css("form")[:MAX_FORMS]:
        inputs = form.css("input, textarea, select")[:MAX_FIELDS]
        fields = tuple((field.attributes.get("name") or "").lower()[:100] for field in inputs)
        has_password = any((field.attributes.get("type") or "").lower() == "password" for field in inputs)
        action = absolute_url(base, form.attributes.get("action") or base)
        forms.append(Form(action, has_password, tuple(name for name in fields if name)))
    return tuple(forms)


def _text(tree: LexborHTMLParser, main_text_only: bool) -> str:
    body = tree.body
    if body is None:
        return ""
    if not main_text_only:
        _describe(tree)
        return _clean(body)
    for node in tree.css(_BOILERPLATE):
        node.decompose()
    candidates = [_clean(node) for node in tree.css(_ARTICLE)[:MAX_ARTICLES]]
    best = max(candidates, key=len, default="")
    if len(best) >= SHORT_ARTICLE_CHARACTERS:
        return best
    whole = _clean(body)
    return best if len(best) >= max(MIN_ARTICLE_CHARACTERS, TEASER_SHARE * len(whole)) else whole


def _drop_hidden_letters(tree: LexborHTMLParser) -> None:
    """Take out what nobody sees and what stands between the letters of a word to hide the word from us.

    Hidden blocks are kept: a script may show them, and what they say counts.
    """
    for node in tree.css(_MAYBE_HIDDEN):
        attributes = node.attributes
        if "hidden" in attributes or _HIDING.search(attributes.get("style") or ""):
            node.decompose()


def _describe(tree: LexborHTMLParser) -> None:
    """Put the words that pictures stand for, and that fields and their buttons show, where they are seen."""
    for node in tree.css(_DESCRIBED)[:MAX_DESCRIBED]:
        attributes = node.attributes
        name = "alt" if node.tag == "img" else "placeholder" if attributes.get("placeholder") else "value"
        if words := (attributes.get(name) or "").strip():
            node.insert_before(f"{_BLOCK_MARK}{words[:500]}{_BLOCK_MARK}")


def _clean(node: LexborNode) -> str:
    return _lines(node.text())


def _lines(text: str) -> str:
    lines = map(_one_line, text.split(_BLOCK_MARK))
    return "\n".join(filter(None, lines))[:MAX_TEXT_CHARACTERS]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _says_sponsored(tree: LexborHTMLParser, facts: Mapping[str, str], html: str) -> bool:
    if _SPONSORED_WORDS.search(facts.get("section", "")) or facts.get("article_type") == PAID_TYPE:
        return True
    return any(mark in html for mark in _SPONSORED_MARKS) and tree.css_first(_SPONSORED) is not None
