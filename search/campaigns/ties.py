"""Ties: what a hit has that may tie it to others - a number, an account, a site, a text, a picture."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.orm import Session

from matchers.hosts.brands import BUILT_IN_BRANDS, BrandIndex, read_brands
from matchers.hosts.hostname import host_of, parse_host
from matchers.hosts.platforms import is_shared
from matchers.identifiers.cards import masked_card
from matchers.identifiers.kinds import KINDS
from matchers.identifiers.phones import phone_in_e164
from matchers.identifiers.registrations import licence_number, tax_code
from matchers.page import SPEAKING_ROLES, PageKind
from matchers.pictures.fingerprint import NEAR_PICTURE_BITS
from matchers.text.likeness import NEAR_COPY_BITS
from search.campaigns.first_sights import sights
from search.seen import seen_pictures
from search.tables import Base, CapturedPageRow, CaptureRow, HitRow, TieRow
from search.text import storable

SITE, LINK, TEXT, PICTURE = "site", "link", "text", "picture"
TIE_KINDS: Final = (*KINDS, SITE, LINK, TEXT, PICTURE)
"""Every kind of tie, in the order in which people are shown them."""
SEEN_FIRST: Final = (TEXT, PICTURE)
"""Kinds whose value is the id of a first sight."""
MAX_VALUE_CHARACTERS: Final = 255
MAX_OF_A_KIND: Final = 10
"""Who shows more identifiers of one kind lists them, as a warning does: those tie nobody."""
_FRAUDSTERS_OWN: Final = (PageKind.LANDING, PageKind.HOST)
"""Kinds of page whose host is the fraudster's; articles, posts and advertisements stand on somebody else's."""
_FRAUDSTERS_DESIGN: Final = (*_FRAUDSTERS_OWN, PageKind.ADVERTISEMENT)
"""Kinds whose picture is of the fraudster's making: that of an advertisement shows where its click leads. All posts of
a platform look alike, whoever wrote them."""
SPEAKS_BY_PICTURES: Final = (PageKind.ADVERTISEMENT, PageKind.POST)
"""Kinds of page whose own pictures are the fraudster's, whoever's place they are shown in."""
SMALLEST_CREATIVE: Final = (120, 60)
"""Width and height below which a picture is a button, a face or a sign, which many use."""
SHOWN: Final = "shown"
"""First sights of pictures that pages show are of the kind `picture/shown`; others are of screens, by device."""
_NAMED: Final = ("facebook", "tiktok", "line", "kakaotalk")
_INVITATIONS: Final = ("+", "g/", "g2/", "u/", "p/", "o/", "lin.ee/")
"""How the value starts that is a link's random part and not a name."""
_CHANNELS: Final = ("facebook", "tiktok", "youtube")
"""Where a publisher asks people to follow it, beside each of its articles."""
# Built once: to build them costs more than to run them, and they run for every hit.
_HAD: Final = select(TieRow.kind, TieRow.value, TieRow.cut_at).where(TieRow.hit_id == bindparam("of_hit"))
_CUT: Final = select(TieRow.kind, TieRow.value, TieRow.cut_at, TieRow.cut_by, TieRow.cut_note).where(
    TieRow.hit_id == bindparam("of_hit"), TieRow.cut_at.is_not(None)
)
_LAID: Final = insert(Base.metadata.tables[TieRow.__tablename__])
_CAPTURED: Final = (
    select(CaptureRow.device, CapturedPageRow.picture_fingerprint)
    .join(CaptureRow, CaptureRow.id == CapturedPageRow.capture_id)
    .where(CapturedPageRow.hit_id == bindparam("of_hit"))
    .order_by(CapturedPageRow.capture_id)
)


@dataclass(frozen=True, slots=True, order=True)
class Tie:
    """A kind and a value: hits that both have it are tied."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Laid:
    """What laying a hit's ties changed: those it now has and had not, and those it had and has no more."""

    added: frozenset[Tie]
    dropped: frozenset[Tie]


def tie_of(kind: str, value: str) -> Tie | None:
    """The tie of an identifier, a site or a link, normalised so that the same one is equal; None where it ties nobody.

    An account of a messenger or an e-wallet that goes by a phone number is that number. A card is its first and last
    figures. Addresses at a brand's official domain tie nobody.

    >>> tie_of("zalo", "+84912000111"), tie_of("phone", "0912 000 111"), tie_of("email", "hotro@vietcombank.com.vn")
    (Tie(kind='phone', value='+84912000111'), Tie(kind='phone', value='+84912000111'), None)
    """
    value = storable(value.strip())[:MAX_VALUE_CHARACTERS]
    if kind == "phone" or (kind in KINDS and KINDS[kind].is_phone_based):
        phone = phone_in_e164(value)
        kind, value = ("phone", phone) if phone is not None else (kind, _named(value))
    elif kind == "wallet":
        account = value.rpartition(":")[2]
        if account.isdigit() and (phone := phone_in_e164(account)) is not None:
            kind, value = "phone", phone
    elif kind == "email":
        value = value.lower()
        if _brands().is_official(value.rpartition("@")[2]):
            return None
    elif kind in _NAMED:
        value = _named(value)
    elif kind == "card":
        value = masked_card(value) if value.replace(" ", "").isdigit() else value.lower()
    elif kind == "tax_code":
        value = tax_code(value) or value
    elif kind == "licence":
        value = licence_number(value)
    elif kind == SITE:
        value = site_of(value)
    return Tie(kind, value) if value else None


def _named(name: str) -> str:
    """An account's name, in which capitals do not matter; they do in an invitation (`+…`, `g/…`)."""
    return name if name.startswith(_INVITATIONS) else name.lower()


def site_of(address: str) -> str:
    """The site that somebody registered for themselves, of a URL or host name; "" where it is nobody's alone.

    >>> site_of("https://dang-ky.vay.top/a"), site_of("vcb.weebly.com"), site_of("docs.google.com")
    ('vay.top', 'vcb.weebly.com', '')
    """
    host = host_of(address)
    if not host or is_shared(host) or _brands().is_official(host):
        return ""
    labels = host.split(".")
    if host.startswith("[") or labels[-1].isdigit():
        return host
    # Of the host as it is written: its folded form would make one site of a name and its disguise.
    return storable(".".join(labels[-(parse_host(host).suffix.count(".") + 2) :]))[:MAX_VALUE_CHARACTERS]


def lay_ties(session: Session, hit: HitRow, is_new: bool = False) -> Laid:
    """Give a hit the ties that it has now and take from it those that it has no more; what a person cut stays cut.

    A new hit that supersedes another starts with what was cut from that one. The caller holds the campaigns.
    """
    wanted = {*_told(hit), *_texts(session, hit), *_creatives(session, hit)}
    had: set[Tie] = set()
    cut: set[Tie] = set()
    if is_new:
        cut.update(_carry_cuts(session, hit))
    else:
        if hit.page_kind in _FRAUDSTERS_DESIGN:
            wanted.update(_pictures(session, hit.id))
        for row in session.execute(_HAD, {"of_hit": hit.id}):
            (had if row.cut_at is None else cut).add(Tie(row.kind, row.value))
    added, dropped = frozenset(wanted - had - cut), frozenset(had - wanted)
    if added:
        given = {"hit_id": hit.id, "cut_at": None, "cut_by": "", "cut_note": ""}
        session.execute(_LAID, [{**given, "kind": tie.kind, "value": tie.value} for tie in sorted(added)])
    for tie in dropped:
        session.execute(
            delete(TieRow).where(TieRow.hit_id == hit.id, TieRow.kind == tie.kind, TieRow.value == tie.value)
        )
    return Laid(added, dropped)


def _carry_cuts(session: Session, hit: HitRow) -> Iterator[Tie]:
    """Cut from the hit what was cut from the one that it supersedes, of which it tells nothing anew."""
    if hit.supersedes_id is None:
        return
    for row in session.execute(_CUT, {"of_hit": hit.supersedes_id}).all():
        session.execute(_LAID, {**row._mapping, "hit_id": hit.id})
        yield Tie(row.kind, row.value)


def _told(hit: HitRow) -> Iterator[Tie]:
    """What the hit's page and addresses tell by themselves."""
    yield from _contacts(hit)
    told: list[tuple[str, str]] = []
    if hit.page_kind in _FRAUDSTERS_OWN:
        told.append((SITE, hit.url))
        told.extend((LINK, _link(url)) for url in hit.redirect_chain[:1])
    elif hit.page_kind == PageKind.ADVERTISEMENT:
        told.append((LINK, _link(hit.url)))
    for kind, value in told:
        tie = tie_of(kind, value)
        if tie is not None:
            yield tie


def _contacts(hit: HitRow) -> Iterator[Tie]:
    """The identifiers on the page, but for kinds of which it lists more than one group would show.

    What names a page's owner is the publisher's on an article or a post, and so are the channels that an article links
    to without a word of its text.
    """
    of_kind: dict[str, set[Tie]] = defaultdict(set)
    is_fraudsters = hit.page_kind in _FRAUDSTERS_DESIGN
    for match in hit.matches:
        if match["identifier"]:
            kind, value = str(match["identifier"]["kind"]), str(match["identifier"]["value"])
            is_of_owner = kind in KINDS and KINDS[kind].is_of_owner
            is_frame = hit.page_kind == PageKind.ARTICLE and kind in _CHANNELS and match["span"] is None
            tie = tie_of(kind, value) if is_fraudsters or not (is_of_owner or is_frame) else None
            if tie is not None:
                of_kind[tie.kind].add(tie)
    for ties in of_kind.values():
        if len(ties) <= MAX_OF_A_KIND:
            yield from ties


def _link(url: str) -> str:
    return url if len(url) <= MAX_VALUE_CHARACTERS else hashlib.sha256(url.encode("utf-8", "replace")).hexdigest()


def _texts(session: Session, hit: HitRow) -> Iterator[Tie]:
    if hit.text_fingerprint:
        for sight in sights(session, TEXT, hit.text_fingerprint, hit.id, NEAR_COPY_BITS):
            yield Tie(TEXT, str(sight))


def _creatives(session: Session, hit: HitRow) -> Iterator[Tie]:
    """The pictures by which an advertisement or a post speaks, but for those too small to be more than a sign."""
    if hit.page_kind not in SPEAKS_BY_PICTURES:
        return
    for picture in seen_pictures(hit):
        is_large = picture.width >= SMALLEST_CREATIVE[0] and picture.height >= SMALLEST_CREATIVE[1]
        if picture.role in SPEAKING_ROLES and picture.fingerprint and is_large:
            for sight in sights(session, f"{PICTURE}/{SHOWN}", picture.fingerprint, hit.id, NEAR_PICTURE_BITS):
                yield Tie(PICTURE, str(sight))


def _pictures(session: Session, hit_id: int) -> Iterator[Tie]:
    """The newest picture taken with each device."""
    newest = {row.device: row.picture_fingerprint for row in session.execute(_CAPTURED, {"of_hit": hit_id})}
    for device, fingerprint in newest.items():
        if fingerprint:
            for sight in sights(session, f"{PICTURE}/{device}", fingerprint, hit_id, NEAR_PICTURE_BITS):
                yield Tie(PICTURE, str(sight))


@cache
def _brands() -> BrandIndex:
    return BrandIndex(tuple(read_brands(BUILT_IN_BRANDS)[0]))


_NAMES: Final = {
    **{kind.id: (kind.name_vi, kind.name_en) for kind in KINDS.values()},
    SITE: ("trang web", "site"),
    LINK: ("đường dẫn quảng cáo", "advertised link"),
}


def sentences(tie: Tie, hits: int, first_hit_id: int = 0) -> tuple[str, str]:
    """What the tie says of hits, in Vietnamese and in English. `first_hit_id` is that of a text's or picture's.

    >>> sentences(Tie("phone", "+84912000111"), 5)
    ('cùng số điện thoại +84912000111 trên 5 mục', 'the same phone number +84912000111 on 5 hits')
    """
    counted = "1 hit" if hits == 1 else f"{hits} hits"
    if tie.kind in SEEN_FIRST:
        name_vi, name_en = ("nội dung", "text") if tie.kind == TEXT else ("hình ảnh", "picture")
        return (
            f"{name_vi} gần như nhau trên {hits} mục, thấy lần đầu ở mục {first_hit_id}",
            f"nearly the same {name_en} on {counted}, first seen on hit {first_hit_id}",
        )
    name_vi, name_en = _NAMES.get(tie.kind, (tie.kind, tie.kind))
    return f"cùng {name_vi} {tie.value} trên {hits} mục", f"the same {name_en} {tie.value} on {counted}"


def sights_of(ties: Collection[Tie]) -> set[int]:
    """The ids of the first sights that these ties name."""
    return {int(tie.value) for tie in ties if tie.kind in SEEN_FIRST}
