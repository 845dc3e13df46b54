"""Pictures in markup: where an element's pictures stand, however they are put there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from bs4 import Tag

from crawler.extraction import absolute_url
from crawler.pictures.fetching import is_embedded
from matchers.page import PictureLink, PictureRole

MAX_EMBEDDED_CHARACTERS: Final = 3_000_000
MOST_ELEMENTS: Final = 50
"""Elements of one advertisement or post that are looked at."""
SMALLEST_SIDE: Final = 48
"""Width or height, as the markup gives it, below which a picture is a counter, a bullet or a small face."""
_LATE: Final = ("data-src", "data-original", "data-lazy-src", "data-lazy", "data-url", "data-image", "data-bg")
"""Where scripts that load pictures late keep their addresses; what stands in `src` is a place holder then."""
_SETS: Final = ("srcset", "data-srcset", "data-lazy-srcset")
_BACKGROUND: Final = re.compile(r"background(?:-image)?\s*:[^;]*?url\(\s*(['\"]?)(.*?)\1\s*\)", re.I | re.S)
_CANDIDATE: Final = re.compile(r"\s*([^\s,]\S*[^\s,])(?:\s+([\d.]+)[wx])?\s*(?:,|$)")
_SMALL_THINGS: Final = re.compile(r"emoji|avatar|user[_-]?photo|userpic|profile[_-]?pic|tracking|pixel|sprite", re.I)
_PIXELS: Final = re.compile(r"\s*(\d+)(?:px)?\s*$")
_MARKUP_PICTURES: Final = "img, input[type=image], amp-img, [style*=background]"


def shown_pictures(element: Tag, base: str, role: PictureRole) -> Iterator[PictureLink]:
    """The pictures that `element` shows, itself included, each address once, in their order; faces, emoji and counters
    are left out."""
    seen: set[str] = set()
    found = [element] if element.name in ("img", "amp-img") or element.get("style") else []
    for one in [*found, *element.select(_MARKUP_PICTURES, limit=MOST_ELEMENTS)]:
        attributes = attributes_of(one)
        if is_small_thing(attributes):
            continue
        url = picture_address(attributes, base) or _alternative(one, base)
        if url and url not in seen:
            seen.add(url)
            yield PictureLink(url, role, attributes.get("alt", "").strip()[:500])


def attributes_of(element: Tag) -> dict[str, str]:
    """An element's attributes; those that are lists of words in one text."""
    return {
        name: value if isinstance(value, str) else " ".join(map(str, value)) for name, value in element.attrs.items()
    }


def _alternative(image: Tag, base: str) -> str:
    """What a <picture> offers in place of an image that has no address of its own."""
    parent = image.parent
    sources = parent.find_all("source", recursive=False) if parent is not None and parent.name == "picture" else []
    return next(filter(None, (picture_address(attributes_of(source), base) for source in sources)), "")


def picture_address(attributes: Mapping[str, str], base: str) -> str:
    """The address of the picture that an element with these attributes shows, the largest on offer; "" for none.

    >>> picture_address({"src": "cho.gif", "data-src": "/qc.jpg"}, "https://bao.test/a/")
    'https://bao.test/qc.jpg'
    >>> picture_address({"srcset": "nho.jpg 300w, to.jpg 900w", "src": "nho.jpg"}, "https://bao.test/")
    'https://bao.test/to.jpg'
    """
    background = _BACKGROUND.search(attributes.get("style", ""))
    candidates = (
        *(largest(attributes.get(name, "")) for name in reversed(_SETS)),
        *(attributes.get(name, "") for name in _LATE),
        attributes.get("src", ""),
        background.group(2) if background is not None else "",
    )
    return next(filter(None, (usable(candidate, base) for candidate in candidates)), "")


def largest(srcset: str) -> str:
    """The address of the largest picture in a `srcset`; "" where it holds none."""
    best, most = "", -1.0
    for found in _CANDIDATE.finditer(srcset):
        size = float(found.group(2)) if found.group(2) and found.group(2).count(".") < 2 else 1.0
        if size > most:
            best, most = found.group(1), size
    return best


def usable(address: str, base: str) -> str:
    """The address as a whole one of the web, or of a picture that stands in it; "" for any other."""
    address = address.strip()
    if is_embedded(address):
        is_picture = address[:11].lower() == "data:image/" and len(address) <= MAX_EMBEDDED_CHARACTERS
        return address if is_picture and address[11:14].lower() != "svg" else ""
    whole = absolute_url(base, address) if address else ""
    return whole if whole.startswith(("http://", "https://")) else ""


def is_small_thing(attributes: Mapping[str, str]) -> bool:
    """Whether an element's own words say that its picture is a face, an emoji or a counter."""
    for name in ("width", "height"):
        pixels = _PIXELS.match(attributes.get(name, ""))
        if pixels is not None and int(pixels.group(1)[:6]) < SMALLEST_SIDE:
            return True
    return any(_SMALL_THINGS.search(attributes.get(name, "")) is not None for name in ("class", "id"))
