"""One page read once: folded words, phrases, hosts, lookalikes, identifiers and facts, shared by all matchers.

What its pictures say is read behind its own text, by the same rules, with the picture as the place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from typing import Final

from matchers.claims import Claim, claimed_brand
from matchers.hosts.hostname import HostName, host_of, parse_host
from matchers.hosts.lexicon import lexicon
from matchers.hosts.lookalike import Lookalike, lookalike
from matchers.hosts.mentions import MOST_HOSTS, TextHost, hosts_in
from matchers.hosts.platforms import is_shared
from matchers.identifiers.codes import find_in_code
from matchers.identifiers.finder import find_identifiers
from matchers.identifiers.phones import is_hotline
from matchers.identifiers.sighting import Sighting, distinct
from matchers.journalism import has_article_marks, solicits
from matchers.match import Span
from matchers.page import Page, PageKind, PictureRole
from matchers.pictures.likeness import PictureLikeness
from matchers.pictures.picture_text import MOST_PICTURES, PictureText
from matchers.publishers import stands_under
from matchers.rules import Rules
from matchers.text.normalise import Folded, fold
from matchers.text.phrases import Found
from matchers.text.visible import NO_BREAK_SPACE, Visible

LONGEST_TEXT: Final = 200_000
"""Characters of a text that are read: beyond a page's worth of words, more is padding or an attack."""
LONGEST_LINE: Final = 2_000
"""Characters of a title, a fact, a contact or an address that are read."""
MOST_LINKS: Final = 5_000
"""Links, and contacts, that are looked at; extraction keeps no more of a page."""

_ROLES_OF_BRANDS: Final = (PictureRole.FAVICON, PictureRole.LOGO, PictureRole.SCREENSHOT)
_SHORT_TEXT: Final = 700  # characters: a text message, a post, the text of an advertisement
_REACHES_A_PERSON: Final = frozenset(
    ("phone", "zalo", "telegram", "facebook", "whatsapp", "viber", "wechat", "line", "kakaotalk")
)
# Signs that nobody writes between two letters, and addresses, in which they stand by right.
_SIGN_INSIDE: Final = re.compile(r"(?<=[^\W\d_])[;:,'\"~*^_|!$<>.#%](?=[^\W\d_])")
_ADDRESSES: Final = re.compile(r"\S*(?://|www\.|@|[a-zA-Z0-9]\.(?:vn|com|net|me|ly|org|link)\b)\S*")
_SIGNS_IN_DISGUISE: Final = 6
_KINDS_OF_SIGN: Final = 3
_SECRET_FIELD: Final = re.compile(r"otp|cvv|cvc|card|cccd|cmnd|^pin|mat_?khau|so_?the|tai_?khoan|passw|pwd")
_UNREAD_IN_DISGUISE: Final = 0.25


class Reading:
    """What one page says, worked out once and on demand."""

    def __init__(self, page: Page, rules: Rules) -> None:
        self.page = page = _bounded(page)
        self.rules = rules
        self.body = page.text[:LONGEST_TEXT]
        self._offset = len(page.title) + 1 if page.title else 0
        self.written = f"{page.title}\n{self.body}" if page.title else self.body
        self.pictured = PictureText(page.pictures, after=len(self.written))
        self.whole = self.written + self.pictured.text

    @cached_property
    def plain(self) -> Visible:
        """All texts as they are seen: look-alike letters and figures unmasked, invisible characters left out."""
        return Visible.of(self.whole) if self.folded.has_rare or NO_BREAK_SPACE in self.whole else Visible(self.whole)

    @cached_property
    def folded(self) -> Folded:
        """Title, text and what pictures say folded together, a line break between them."""
        return fold(self.whole)

    @cached_property
    def folded_written(self) -> Folded:
        """Title and text folded, without what pictures say."""
        return fold(self.written) if self.pictured.text else self.folded

    @cached_property
    def found(self) -> Found:
        """Phrases of the rules found in title, text and pictures."""
        return self.rules.phrases.find(self.folded.words)

    def span(self, start: int, end: int) -> Span:
        """Place in `whole` as a span of the page's own field, or of one of its pictures."""
        if start >= len(self.written) and self.pictured.text:
            return self.pictured.span(start, end)
        end = min(end, len(self.written))
        if start >= self._offset:
            return Span("text", start - self._offset, end - self._offset)
        return Span("title", start, min(end, max(self._offset - 1, 0)))

    def words_span(self, first: int, last: int) -> tuple[Span, str]:
        """Span and original text of words `first` to `last`."""
        return self.placed(*self.folded.words.span(first, last))

    def placed(self, start: int, end: int) -> tuple[Span, str]:
        """Span and original text of a place in `whole`; of a code of a picture, the link that it holds."""
        span = self.span(start, end)
        length = span.end - span.start
        return span, self.whole[start : start + length] if length else self.whole[start:end]

    def sureness(self, span: Span | None) -> float:
        """How sure the words of a span are: 1.0 for text, less for words read in a picture with doubt."""
        return self.pictured.sureness(span) if span is not None and span.field == "picture" else 1.0

    @cached_property
    def host(self) -> HostName:
        """The host of the page's own address."""
        return parse_host(host_of(self.page.url))

    @cached_property
    def is_official_host(self) -> bool:
        """Whether the page is on a brand's own or an allowed domain, or on a government's.

        Where a brand lets everybody publish (a social network, a maker of forms), the page is not the brand's.
        """
        host = self.host
        if host.suffix in ("gov.vn", "mil.vn"):
            return True
        brands = self.rules.brands
        is_open = is_shared(host.host) and not stands_under(host.host, brands.allowed)
        return brands.is_official(host.host) and not is_open

    @cached_property
    def text_hosts(self) -> tuple[TextHost, ...]:
        """Hosts named in title and text, each once, with their place."""
        plain = self.plain
        return tuple(TextHost(place.host, *plain.span(place.start, place.end)) for place in hosts_in(plain.text))

    @cached_property
    def lookalikes(self) -> list[tuple[Lookalike, TextHost | None]]:
        """Brands imitated by the page's own host (place None), hosts in its text, and hosts it sends people to."""
        found: list[tuple[Lookalike, TextHost | None]] = []
        seen: set[str] = set()
        for host, place in self._hosts():
            if host in seen:
                continue
            seen.add(host)
            imitated = lookalike(host, self.rules.brands)
            if imitated is not None and (place is None or self._is_no_misreading(imitated, place)):
                found.append((imitated, place))
        return found

    def _is_no_misreading(self, imitated: Lookalike, place: TextHost) -> bool:
        """A brand's name a letter off in a picture may well be the name itself, misread."""
        is_exact = imitated.distance == 0 and imitated.kind not in ("typo", "homograph")
        return is_exact or not self.pictured.is_read(place.start)

    def _hosts(self) -> Iterator[tuple[str, TextHost | None]]:
        page = self.page
        yield self.host.host, None
        for url in page.redirect_chain:
            yield host_of(url), None
        if page.kind in (PageKind.POST, PageKind.ADVERTISEMENT):
            for link in page.links[:MOST_HOSTS]:
                yield host_of(link.url), None
        for place in self.text_hosts:
            yield place.host.host, place

    @cached_property
    def identifiers(self) -> list[Sighting]:
        """Phones, accounts, wallets and handles in title, text, contacts, pictures and their codes."""
        plain = self.plain
        found = find_identifiers(plain.text, self.rules.brands, self.page.contacts)
        told = [sight if sight.is_contact else _moved(sight, *plain.span(sight.start, sight.end)) for sight in found]
        return distinct([*told, *(sight for sights in self._in_codes.values() for sight in sights)])

    @cached_property
    def _in_codes(self) -> dict[Span, list[Sighting]]:
        """Identifiers that the codes of pictures hold, by the place of the code."""
        return {
            Span("picture", 0, 0, picture.sha256, code.box): find_in_code(code.payload, self.rules.brands)
            for picture, code in self.pictured.codes
        }

    def sight_span(self, sight: Sighting) -> Span | None:
        """Where an identifier stands; None for the target of a link."""
        if not sight.is_contact:
            return self.span(sight.start, sight.end)
        return next((span for span, sights in self._in_codes.items() if sight in sights), None)

    def fact(self, name: str) -> bool:
        """One of the facts that rules may ask for (`matchers.pack.Condition`)."""
        value = getattr(self, name)
        return bool(value)

    @cached_property
    def has_login_form(self) -> bool:
        """A form with a password field."""
        return any(form.has_password for form in self.page.forms)

    @cached_property
    def has_form(self) -> bool:
        """Any form with fields."""
        return any(form.has_password or form.fields for form in self.page.forms)

    @cached_property
    def has_contact(self) -> bool:
        """A way to reach a person: phone, messenger or Facebook; not a company's 1800 or 1900 number."""
        return bool(self._personal)

    @cached_property
    def _personal(self) -> list[Sighting]:
        return [
            sight
            for sight in self.identifiers
            if sight.identifier.kind in _REACHES_A_PERSON and not is_hotline(sight.identifier.value)
        ]

    @cached_property
    def has_link(self) -> bool:
        """A host named in the text."""
        return bool(self.text_hosts)

    @cached_property
    def has_risky_link(self) -> bool:
        """A host in the text that imitates a brand or stands under a suffix of throw-away names."""
        if any(place is not None for _, place in self.lookalikes):
            return True
        return any(
            place.host.suffix.rpartition(".")[2] in lexicon().throwaway_suffixes
            and place.host.suffix not in lexicon().app_link_suffixes
            and place.host.host not in lexicon().shorteners
            and place.host.registered_domain not in lexicon().app_link_suffixes
            and not self.rules.brands.is_official(place.host.host)
            for place in self.text_hosts
        )

    @cached_property
    def has_only_official_links(self) -> bool:
        """Every host in the text is a brand's own, a government's or an app's link service, and there is one."""
        return bool(self.text_hosts) and all(
            place.host.suffix in ("gov.vn", "mil.vn")
            or self.rules.brands.is_official(place.host.host)
            or place.host.suffix in lexicon().app_link_suffixes
            for place in self.text_hosts
        )

    @cached_property
    def has_unknown_link(self) -> bool:
        """A host in the text that is nobody's official one."""
        return self.has_link and not self.has_only_official_links

    @cached_property
    def has_short_link(self) -> bool:
        """A link shortener in the text."""
        return any(place.host.host in lexicon().shorteners for place in self.text_hosts)

    @cached_property
    def host_lookalike(self) -> bool:
        """The page's own host imitates a brand."""
        return any(place is None and found.host == self.host.host for found, place in self.lookalikes)

    @cached_property
    def is_short(self) -> bool:
        """A text as short as a message or an advertisement, and pictures that say no more than one."""
        return len(self.written) <= _SHORT_TEXT and len(self.pictured.text) <= _SHORT_TEXT

    @cached_property
    def is_disguised(self) -> bool:
        """Signs among the letters on purpose, so that words cannot be read: only the text itself is looked at, not
        addresses in it. Letters that are merely kept apart fold to words, and say what they say."""
        text = _ADDRESSES.sub(" ", self.written) if self.is_short else ""
        signs = _SIGN_INSIDE.findall(text)
        is_mixed = len(set(signs)) >= _KINDS_OF_SIGN or signs.count(".") == len(signs)
        has_signs = len(signs) >= _SIGNS_IN_DISGUISE and is_mixed and len(signs) * 6 > len(text.split())
        return has_signs and self.rules.phrases.unread_share(self.folded_written.words) >= _UNREAD_IN_DISGUISE

    @cached_property
    def has_host(self) -> bool:
        """The page stands somewhere: a text that was handed in has no host, and ``.invalid`` (RFC 6761) says so."""
        return bool(self.host.host) and self.host.suffix != "invalid"

    @cached_property
    def claim(self) -> Claim | None:
        """The brand as which a site presents itself on a host that is not the brand's, with the signs of it."""
        if self.page.kind is not PageKind.LANDING or not self.has_host or self.is_official_host:
            return None
        return claimed_brand(
            self.page,
            self.written,
            self.folded_written.text,
            self.host,
            (sight.identifier for sight in self.identifiers),
            ((like.brand, like.picture.role) for like in self.picture_brands),
            self.rules.brand_names,
            self.rules.brands,
        )

    @cached_property
    def picture_brands(self) -> tuple[PictureLikeness, ...]:
        """Brands that the page's favicon, logos and screenshot are like, the nearest picture of each brand and role."""
        nearest: dict[tuple[str, PictureRole], PictureLikeness] = {}
        for picture in self.page.pictures[:MOST_PICTURES]:
            like = self.rules.brand_pictures.like(picture) if picture.role in _ROLES_OF_BRANDS else None
            if like is not None:
                known = nearest.setdefault((like.brand, picture.role), like)
                if like.distance < known.distance:
                    nearest[like.brand, picture.role] = like
        return tuple(nearest.values())

    @cached_property
    def claims_brand(self) -> bool:
        """The page is a site that presents itself as a brand, on a host that is not the brand's."""
        return self.claim is not None

    @cached_property
    def poses_as_brand(self) -> bool:
        """The same beyond doubt, or with a form that asks for what only the brand may ask."""
        claim = self.claim
        if claim is None:
            return False
        return self.asks_secrets or (claim.is_posing and not is_shared(self.host.host))

    @cached_property
    def asks_secrets(self) -> bool:
        """A form with a password field, or one for codes, cards or papers."""
        return self.has_login_form or any(
            _SECRET_FIELD.search(name) for form in self.page.forms for name in form.fields
        )

    @cached_property
    def is_publisher_host(self) -> bool:
        """The page stands where editors answer for what is written, by the list of publishers, or at a government's."""
        host = self.host
        return host.suffix in ("gov.vn", "mil.vn") or stands_under(host.host, self.rules.publishers)

    @cached_property
    def solicits(self) -> bool:
        """The page asks its readers to get in touch with a person, on a host that is nobody's in particular."""
        if self.is_publisher_host or self.is_official_host:
            return False
        return solicits(self.whole, self._personal)

    @cached_property
    def is_journalism(self) -> bool:
        """Editorial text: an article by its kind or host, or with the marks of one and nothing to sell; not paid for.

        Marks alone are believed only of a page that asks for no login, card or contact and poses as no brand.
        """
        page = self.page
        if page.kind in (PageKind.SPONSORED, PageKind.ADVERTISEMENT):
            return False
        if page.kind is PageKind.ARTICLE or (self.is_publisher_host and page.kind is PageKind.LANDING):
            return True
        sells = self.asks_secrets or self.has_form or self.solicits or self.poses_as_brand
        return has_article_marks(page.facts) and not sells


def _moved(sight: Sighting, start: int, end: int) -> Sighting:
    return sight if (sight.start, sight.end) == (start, end) else replace(sight, start=start, end=end)


def _bounded(page: Page) -> Page:
    """The page with what is too long or too much of it cut off, so that no page costs more than a large one."""
    lines = (page.url, page.title, *page.facts.values(), *page.contacts)
    is_small = max(map(len, lines)) <= LONGEST_LINE and max(len(page.links), len(page.contacts)) <= MOST_LINKS
    if is_small:
        return page
    return replace(
        page,
        url=page.url[:LONGEST_LINE],
        title=page.title[:LONGEST_LINE],
        facts={name: value[:LONGEST_LINE] for name, value in page.facts.items()},
        contacts=tuple(contact[:LONGEST_LINE] for contact in page.contacts[:MOST_LINKS]),
        links=page.links[:MOST_LINKS],
    )
