"""The Page: what a spider saw at one address, in the shape every matcher takes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final


class PageKind(StrEnum):
    """What sort of thing a page is, as the spider that found it knows."""

    ARTICLE = "article"
    """Editorial text of a news site."""
    SPONSORED = "sponsored"
    """Paid post on a news site."""
    ADVERTISEMENT = "advertisement"
    """The creative of an advertisement; its landing page is a Page of its own."""
    POST = "post"
    """A post of a public social page or channel."""
    LANDING = "landing"
    """A site that an advertisement, a post, a report or a host-name feed led to."""
    HOST = "host"
    """A host name alone: nothing was fetched."""


@dataclass(frozen=True, slots=True)
class Link:
    url: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Advertisement:
    """One ad slot of a page: `network` is the host that served it, `click_url` its first hop."""

    network: str
    click_url: str
    text: str = ""
    image_url: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """A form of the page. `fields` are the input names, lower case; nothing is ever submitted."""

    action: str
    has_password: bool = False
    fields: tuple[str, ...] = ()


Box = tuple[int, int, int, int]
"""Left, top, right and bottom of a place in a picture, in its pixels; right and bottom lie outside."""


class PictureRole(StrEnum):
    """What a picture is to its page."""

    FAVICON = "favicon"
    LOGO = "logo"
    SCREENSHOT = "screenshot"
    """The page as a browser showed it."""
    CREATIVE = "creative"
    """The picture of an advertisement."""
    POST = "post"
    """A picture in a post."""


SPEAKING_ROLES: Final = frozenset((PictureRole.CREATIVE, PictureRole.POST))
"""Roles of pictures that say what their page says."""


@dataclass(frozen=True, slots=True)
class PictureLink:
    """A picture that a page shows, not fetched yet; `text` is what it stands for (its alt text)."""

    url: str
    role: PictureRole
    text: str = ""


@dataclass(frozen=True, slots=True)
class PictureLine:
    """One line of text as it was read in a picture; `confidence` is 0 to 1."""

    text: str
    box: Box
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class PictureCode:
    """A code seen in a picture, a QR code mostly; `payload` is what it says."""

    payload: str
    box: Box
    symbology: str = "QRCode"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of the page, and what was read in it.

    `url` is where it was found ("" for a screenshot), `sha256` the hexadecimal hash of its bytes, `fingerprint` the
    64-bit `matchers.pictures.fingerprint` by which near-copies are told (0: it shows too little), `outlines` what
    stands out in it, as `matchers.pictures.outline` writes it: by these logos and icons are told.
    """

    url: str
    role: PictureRole
    sha256: str
    width: int
    height: int
    fingerprint: int = 0
    lines: tuple[PictureLine, ...] = ()
    codes: tuple[PictureCode, ...] = ()
    outlines: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The lines, one below the other: what spans of the field `picture` point into."""
        return "\n".join(line.text for line in self.lines)


@dataclass(frozen=True, slots=True)
class Page:
    """One page as it was seen.

    `url` is the final address, `requested_url` the one asked for, `redirect_chain` every address in between
    in order. `text` is the visible text with the site's own letters (matching folds it, never this).
    `fetched_at` is aware UTC. `status` is the HTTP status, 0 where nothing was fetched (`PageKind.HOST`).
    `contacts` are the targets of tel:, mailto:, zalo.me, t.me and like links, as written in the page.
    `facts` are what the page says of itself, each a claim and each only where the page makes it: `site_name`,
    `organization` (owner in structured data), `heading` (the first h1), `canonical` (the address it gives as its own),
    `byline`, `publisher`, `article_type` (schema.org's name), `og_type`, `published_at`, `section`, `description`,
    `generator`, `encoding`; and `resource_hosts`, the hosts that its pictures, scripts and styles are loaded from, with
    their number, most first: ``static.a.vn:12 cdn.b.com:3``.
    `picture_links` are the pictures it shows that may be worth a look, `pictures` those that were fetched and read.
    """

    url: str
    fetched_at: datetime
    source: str
    kind: PageKind
    status: int = 200
    requested_url: str = ""
    redirect_chain: tuple[str, ...] = ()
    referrer_url: str = ""
    title: str = ""
    text: str = ""
    language: str = ""
    links: tuple[Link, ...] = ()
    advertisements: tuple[Advertisement, ...] = ()
    contacts: tuple[str, ...] = ()
    forms: tuple[Form, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    is_rendered: bool = False
    picture_links: tuple[PictureLink, ...] = ()
    pictures: tuple[Picture, ...] = ()

    @property
    def content_hash(self) -> str:
        """SHA-256, hexadecimal, of title, text and the pictures that speak: what was said, not the markup.

        Pictures speak in advertisements and posts. A logo or a screenshot, read later, makes no other content.
        """
        said = "\n".join((self.title, self.text, *sorted(one.sha256 for one in self.speaking_pictures)))
        return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def speaking_pictures(self) -> tuple[Picture, ...]:
        """Those of the pictures that say what the page says: of an advertisement, or in a post."""
        return tuple(one for one in self.pictures if one.role in SPEAKING_ROLES)
