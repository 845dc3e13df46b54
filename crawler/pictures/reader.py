"""The picture reader: reads the pictures of crawls and captures, each once ever as long as its reading is kept."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Final

import matchers.pictures
from crawler.pictures.pool import ReaderPool
from crawler.settings import Settings
from matchers.page import Picture, PictureRole
from matchers.pictures.ocr import Tesseract, find_tesseract
from search.picture_shelf import FILE_NAME, PictureShelf

ICONS: Final = frozenset((PictureRole.FAVICON, PictureRole.LOGO))
"""Roles of which more is read: the outlines that brands are told by; small ones are not searched for words."""
logger = logging.getLogger(__name__)


class PictureReader:
    """Reads pictures in a pool of processes, and keeps what was read on the shelf. Belongs to one event loop.

    Without Tesseract codes and fingerprints are read all the same; that is logged once. `read` counts where each
    reading came from in `sources`: `shelf`, `reader` or `unreadable`.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings.pictures
        self.shelf = picture_shelf(settings)
        self.sources: Counter[str] = Counter()
        self._opening = asyncio.Lock()
        self._pool: ReaderPool | None = None
        self._version = ""
        self._under_way: dict[tuple[str, str], asyncio.Future[Picture | None]] = {}

    async def read(self, data: bytes, url: str, role: PictureRole, *, with_words: bool = True) -> Picture | None:
        """What a picture file shows, from the shelf where it was read before; None where it is no picture we read.

        `with_words` is false where the words of the picture are known, so that only codes and likeness are read.

        Raises PictureUnread when reading it crashed or took too long.
        """
        sha256 = await asyncio.to_thread(lambda: hashlib.sha256(data).hexdigest())
        kind = "icon" if role in ICONS else "picture" if with_words else "wordless"
        key = (sha256, kind)
        under_way = self._under_way.get(key)
        if under_way is None:
            under_way = asyncio.ensure_future(self._read(data, sha256, url, role, kind))
            self._under_way[key] = under_way
            under_way.add_done_callback(lambda _: self._under_way.pop(key, None))
        picture = await asyncio.shield(under_way)
        return replace(picture, url=url, role=role) if picture is not None else None

    async def close(self) -> None:
        """End the pool's processes and let go of the shelf."""
        if self._pool is not None:
            await self._pool.close()
        self.shelf.close()

    async def _read(self, data: bytes, sha256: str, url: str, role: PictureRole, kind: str) -> Picture | None:
        pool = await self._opened()
        reader = f"{self._version} {kind}"
        known = await asyncio.to_thread(self.shelf.reading, sha256, reader)
        if known is not None:
            self.sources["shelf"] += 1
            return known
        read = await pool.read(data, url, role, with_words=kind != "wordless")
        if read is None:
            self.sources["unreadable"] += 1
            return None
        self.sources["reader"] += 1
        await asyncio.to_thread(self.shelf.keep, read.picture, reader, read.copy)
        return read.picture

    async def _opened(self) -> ReaderPool:
        async with self._opening:
            if self._pool is None:
                tesseract = await asyncio.to_thread(find_tesseract, self._settings.tesseract)
                if tesseract is None or not tesseract.reads_vietnamese:
                    logger.warning("tesseract_missing", extra={"detail": missing(tesseract, self._settings.tesseract)})
                self._version = reader_version(tesseract)
                self._pool = ReaderPool(self._settings.processes, tesseract, self._settings.seconds)
            return self._pool


def picture_shelf(settings: Settings) -> PictureShelf:
    """The shelf of this installation."""
    return PictureShelf(settings.data_dir / FILE_NAME, settings.pictures.shelf_bytes)


def missing(tesseract: Tesseract | None, name: str) -> str:
    """What is missing for text in pictures to be read, and how to get it."""
    if tesseract is None:
        return f"no {name} found, text in pictures is not read: apt-get install tesseract-ocr tesseract-ocr-vie"
    return f"{tesseract.path} has no Vietnamese letters: apt-get install tesseract-ocr-vie"


def reader_version(tesseract: Tesseract | None) -> str:
    """What tells readers apart whose readings may differ: our own code, Tesseract's version, its language."""
    words = f"{tesseract.version}/{tesseract.language}" if tesseract is not None else "no-tesseract"
    return f"{_code_version()} {words}"


@cache
def _code_version() -> str:
    digest = hashlib.sha256()
    for module in sorted(Path(matchers.pictures.__file__).parent.glob("*.py")):
        digest.update(module.read_bytes())
    return digest.hexdigest()[:12]
