"""Looking at the pictures of pages: chosen, fetched and read while a crawl goes, each once, within its bounds."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from scrapy.crawler import Crawler

from crawler.pictures.fetching import PictureFetcher, PictureUnfetched, is_embedded
from crawler.pictures.pool import PictureUnread
from crawler.pictures.reader import ICONS, PictureReader
from crawler.pictures.wanted import wanted_pictures
from crawler.settings import Settings
from matchers.match import Verdict
from matchers.page import Page, PageKind, Picture, PictureLink
from matchers.rules import Rules

SHOWN_ELSEWHERE: Final = frozenset((PageKind.ADVERTISEMENT, PageKind.POST))
"""Kinds of page whose pictures stand on the page that they were found on, not at their own address."""
_LONGEST_MIME: Final = 40
Fail = Callable[[str, str, str], None]
"""Counts a failure: kind, address, detail."""
logger = logging.getLogger(__name__)


class CrawlPictures:
    """The pictures of one crawl: each address is fetched once, each picture read once, so many in all."""

    def __init__(self, crawler: Crawler, settings: Settings, rules: Rules, fail: Fail) -> None:
        self._bounds = settings.pictures
        self._fetcher = PictureFetcher(crawler, settings.pictures.max_bytes)
        self._reader = PictureReader(settings)
        self._rules = rules
        self.fail = fail
        self._is_full = False
        self._known: dict[tuple[str, bool], asyncio.Task[Picture | None]] = {}

    async def look(self, page: Page, verdict: Verdict) -> Page:
        """`page` with those of its pictures that are worth a look; itself where none is, or none could be read.

        `verdict` is the page's as it stands. What could not be fetched or read is counted by name, each once.
        """
        links = wanted_pictures(page, verdict, self._rules, self._bounds.per_page)
        if not links:
            return without_embedded(page)
        referrer = page.referrer_url if page.kind in SHOWN_ELSEWHERE else page.url
        seen = await asyncio.gather(*(self._once(link, referrer) for link in links))
        pictures = tuple({one.sha256: one for one in seen if one is not None}.values())
        return without_embedded(replace(page, pictures=pictures) if pictures else page)

    def keep(self, pictures: Sequence[Picture]) -> None:
        """These pictures are of a hit: their copies stay longest on the shelf."""
        if pictures:
            self._reader.shelf.keep_for_hit([one.sha256 for one in pictures])

    async def close(self) -> None:
        """End what reads, and tell what was read."""
        for task in self._known.values():
            task.cancel()
        await asyncio.gather(*self._known.values(), return_exceptions=True)
        await self._reader.close()
        if self._reader.sources:
            told = ", ".join(f"{count} by {source}" for source, count in sorted(self._reader.sources.items()))
            logger.info("pictures_read", extra={"detail": told})

    async def _once(self, link: PictureLink, referrer: str) -> Picture | None:
        address = short_address(link.url)
        key = (address, link.role in ICONS)
        task = self._known.get(key)
        if task is None:
            if len(self._known) == self._bounds.per_crawl:
                if not self._is_full:
                    self._is_full = True
                    self.fail("pictures_left_out", address, f"{self._bounds.per_crawl} pictures a crawl are looked at")
                return None
            task = asyncio.ensure_future(self._fetch_and_read(link, address, referrer))
            self._known[key] = task
        picture = await asyncio.shield(task)
        return replace(picture, url=address, role=link.role) if picture is not None else None

    async def _fetch_and_read(self, link: PictureLink, address: str, referrer: str) -> Picture | None:
        try:
            data = await self._fetcher.fetch(link.url, referrer)
            return await self._reader.read(data, address, link.role)
        except (PictureUnfetched, PictureUnread) as error:
            self.fail(error.kind, address, str(error))
            return None


def short_address(url: str) -> str:
    """An address as it is kept: a picture that stands in its own address is named by its hash.

    >>> short_address("data:image/gif;base64,R0lGODlhAQABAAAAACw=")
    'data:image/gif;sha256,b1442e85b03bdcaf66dc58c7abb98745dd2687d86350be9a298a1d9382ac849b'
    """
    if not is_embedded(url):
        return url
    mime = url.partition(",")[0].partition(";")[0][:_LONGEST_MIME]
    return f"{mime};sha256,{hashlib.sha256(url.encode('utf-8', 'replace')).hexdigest()}"


def without_embedded(page: Page) -> Page:
    """`page` without the pictures that stand in addresses: what is recorded names them."""
    addresses = [*(one.image_url for one in page.advertisements), *(one.url for one in page.picture_links)]
    if not any(map(is_embedded, addresses)):
        return page
    return replace(
        page,
        advertisements=tuple(replace(one, image_url=short_address(one.image_url)) for one in page.advertisements),
        picture_links=tuple(replace(one, url=short_address(one.url)) for one in page.picture_links),
    )
