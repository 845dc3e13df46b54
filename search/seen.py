"""What a hit's page held beside its text: kept with the hit, so that the page can be judged again by other rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Final

from pydantic import TypeAdapter

from matchers.page import Advertisement, Form, Link, Page, PageKind, Picture, PictureLink
from matchers.pictures.fingerprint import NEAR_PICTURE_BITS
from matchers.text.likeness import hamming_distance
from search.tables import HitRow
from search.text import storable

MAX_LINKS: Final = 200
"""Links of a page that are kept: those that matchers look at stand first, and a portal has thousands."""


@dataclass(frozen=True, slots=True)
class _Seen:
    status: int = 200
    requested_url: str = ""
    links: tuple[Link, ...] = ()
    advertisements: tuple[Advertisement, ...] = ()
    contacts: tuple[str, ...] = ()
    forms: tuple[Form, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    picture_links: tuple[PictureLink, ...] = ()
    pictures: tuple[Picture, ...] = ()


_SEEN: Final = TypeAdapter(_Seen)


def seen_json(page: Page) -> dict[str, Any]:
    """What `page` held beside its text, for the column `seen` of its hit."""
    seen = _Seen(
        page.status,
        page.requested_url,
        page.links[:MAX_LINKS],
        page.advertisements,
        page.contacts,
        page.forms,
        dict(page.facts),
        page.picture_links,
        page.pictures,
    )
    kept: dict[str, Any] = _storable(asdict(seen))
    return kept


def is_seen_whole(hit: HitRow) -> bool:
    """Whether all that matchers look at is known of the hit's page; of hits from before it was kept, only the text."""
    return bool(hit.seen)


def seen_page(hit: HitRow) -> Page:
    """The page of a hit as it was last seen. Of hits recorded before this was kept, only the text is known."""
    seen = _SEEN.validate_python(hit.seen)
    return Page(
        url=hit.url,
        fetched_at=hit.last_seen_at,
        source=hit.source,
        kind=PageKind(hit.page_kind),
        status=seen.status,
        requested_url=seen.requested_url,
        redirect_chain=tuple(hit.redirect_chain),
        referrer_url=hit.referrer_url,
        title=hit.title,
        text=hit.text,
        language=hit.language,
        links=seen.links,
        advertisements=seen.advertisements,
        contacts=seen.contacts,
        forms=seen.forms,
        facts=seen.facts,
        is_rendered=hit.is_rendered,
        picture_links=seen.picture_links,
        pictures=seen.pictures,
    )


def seen_pictures(hit: HitRow) -> tuple[Picture, ...]:
    """The pictures of a hit's page that were read."""
    return _SEEN.validate_python(hit.seen).pictures


class PictureLikeness(StrEnum):
    """How the pictures that a page showed stand to those that it shows."""

    ALIKE = "alike"
    """The same, or nearly: sent anew in another size or quality; or there were none, and are none."""
    GAINED = "gained"
    """There were none, and now there are."""
    LOST = "lost"
    """None could be read this time."""
    OTHERS = "others"


def compare_pictures(before: Sequence[Picture], now: Sequence[Picture]) -> PictureLikeness:
    """How the pictures `now` stand to those of `before`: each must be nearly one of them, by its fingerprint."""
    if not before or not now:
        return PictureLikeness.GAINED if now else PictureLikeness.LOST if before else PictureLikeness.ALIKE
    are_alike = all(any(_is_near_picture(one, other) for other in before) for one in now)
    return PictureLikeness.ALIKE if are_alike else PictureLikeness.OTHERS


def _is_near_picture(one: Picture, other: Picture) -> bool:
    if one.sha256 == other.sha256:
        return True
    is_telling = one.fingerprint != 0 and other.fingerprint != 0
    return is_telling and hamming_distance(one.fingerprint, other.fingerprint) <= NEAR_PICTURE_BITS


def _storable(value: Any) -> Any:
    match value:
        case str():
            return storable(value)
        case dict():
            return {storable(name): _storable(item) for name, item in value.items()}
        case list() | tuple():
            return [_storable(item) for item in value]
    return value
