"""Likeness to brand pictures: logos, icons and screens that operators put beside their packs, a folder a brand."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from PIL import Image

from matchers.errors import Problem
from matchers.page import Picture, PictureRole
from matchers.pictures.fingerprint import NEAR_PICTURE_BITS, screen_fingerprint
from matchers.pictures.image_file import flat_picture, open_picture
from matchers.pictures.outline import NEAR_OUTLINE, Outline, outlines_of

FOLDER: Final = "pictures"
"""Name, inside a pack folder, of the folder of brand pictures: one folder a brand, named by its id."""
SMALLEST_SCREEN: Final = (600, 400)
"""Width and height from which a brand picture is taken for a screen of its site, not for a logo."""
_ICON_SIDES: Final = (64, 32, 16)  # a logo is also looked for as the icon that a browser's tab shows
_ENDINGS: Final = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".ico")
_KINDS: Final = "PNG, JPEG, WebP, GIF or ICO"


@dataclass(frozen=True, slots=True)
class BrandPicture:
    """One picture of a brand: a logo by its outlines, or a screen by its fingerprint (0: it is none)."""

    brand: str
    file: str
    sha256: str
    outlines: tuple[Outline, ...] = ()
    fingerprint: int = 0


@dataclass(frozen=True, slots=True)
class PictureLikeness:
    """A picture of a page that is like a brand's. `distance` is 0.0 for the same, 1.0 for nothing in common."""

    brand: str
    file: str
    distance: float
    picture: Picture


@dataclass(frozen=True)
class BrandPictures:
    """The pictures of all brands."""

    pictures: tuple[BrandPicture, ...] = ()

    @cached_property
    def digest(self) -> bytes:
        """What names exactly these pictures: changes with every file."""
        told = sorted(f"{picture.brand} {picture.sha256}" for picture in self.pictures)
        return "\n".join(told).encode()

    @cached_property
    def _outlines(self) -> tuple[tuple[Outline, BrandPicture], ...]:
        return tuple((outline, picture) for picture in self.pictures for outline in picture.outlines)

    def like(self, picture: Picture) -> PictureLikeness | None:
        """The brand picture nearest to a favicon, logo or screenshot of a page, or None where none is near."""
        found = self._screens(picture) if picture.role is PictureRole.SCREENSHOT else self._logos(picture)
        return min(found, key=lambda each: (each.distance, each.brand), default=None)

    def _logos(self, picture: Picture) -> Iterator[PictureLikeness]:
        for seen in filter(None, map(Outline.parse, picture.outlines)):
            for outline, known in self._outlines:
                distance = seen.distance(outline)
                if distance <= NEAR_OUTLINE:
                    yield PictureLikeness(known.brand, known.file, round(distance, 3), picture)

    def _screens(self, picture: Picture) -> Iterator[PictureLikeness]:
        for known in self.pictures if picture.fingerprint else ():
            bits = (known.fingerprint ^ picture.fingerprint).bit_count()
            if known.fingerprint and bits <= NEAR_PICTURE_BITS:
                yield PictureLikeness(known.brand, known.file, round(bits / 64, 3), picture)


def load_brand_pictures(pack_folders: Iterable[Path], brand_ids: Container[str]) -> tuple[BrandPictures, list[Problem]]:
    """The pictures under ``pictures/`` of each pack folder, and what is wrong with them: a folder named for no brand,
    a file that is no picture, a picture too plain to tell a brand by.
    """
    pictures: list[BrandPicture] = []
    problems: list[Problem] = []
    for folder in pack_folders:
        for path in sorted((folder / FOLDER).glob("*")):
            if path.name.startswith("."):
                continue
            if not path.is_dir():
                remedy = f"move it into a folder named by its brand's id, such as {path.parent / 'vietcombank'}"
                problems.append(Problem(str(path), 0, "belongs to no brand", remedy))
            elif path.name not in brand_ids:
                remedy = "name the folder by an id of brands.csv, or add the brand there"
                problems.append(Problem(str(path), 0, f"there is no brand {path.name!r}", remedy))
            else:
                _read_folder(path, pictures, problems)
    return BrandPictures(tuple(pictures)), problems


def _read_folder(folder: Path, pictures: list[BrandPicture], problems: list[Problem]) -> None:
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.suffix.lower() not in _ENDINGS or not path.is_file():
            problems.append(Problem(str(path), 0, "is no picture file", f"put only {_KINDS} here"))
            continue
        try:
            data = path.read_bytes()
        except OSError as error:
            problems.append(Problem(str(path), 0, f"cannot be read: {error.strerror}", "check its permissions"))
            continue
        opened = open_picture(data)
        if opened is None:
            problems.append(Problem(str(path), 0, "cannot be read as a picture", f"save it anew as {_KINDS}"))
            continue
        picture = _brand_picture(folder.name, path, data, opened)
        if picture.outlines or picture.fingerprint:
            pictures.append(picture)
        else:
            remedy = "use a picture with more to it than one plain shape: the whole logo, or the screen of the site"
            problems.append(Problem(str(path), 0, "is too plain to tell the brand by", remedy))


def _brand_picture(brand: str, path: Path, data: bytes, opened: Image.Image) -> BrandPicture:
    sha256 = hashlib.sha256(data).hexdigest()
    if opened.width >= SMALLEST_SCREEN[0] and opened.height >= SMALLEST_SCREEN[1]:
        return BrandPicture(brand, str(path), sha256, fingerprint=screen_fingerprint(flat_picture(opened)))
    shown = (opened, *(_as_icon(opened, side) for side in _ICON_SIDES if side < max(opened.size)))
    outlines = dict.fromkeys(outline for each in shown for outline in outlines_of(each))
    return BrandPicture(brand, str(path), sha256, tuple(outlines))


def _as_icon(picture: Image.Image, side: int) -> Image.Image:
    smaller = picture.copy()
    smaller.thumbnail((side, side), Image.Resampling.LANCZOS)
    return smaller
