"""Fetching pictures through the crawl's own downloader, so that guard, robots.txt, pace, size and time limits hold."""

from __future__ import annotations

from base64 import b64decode
from typing import Final
from urllib.parse import unquote_to_bytes

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http.request import NO_CALLBACK

from crawler.failure import name_failure

ACCEPT: Final = "image/avif;q=0,image/webp,image/png,image/jpeg,image/gif,image/x-icon,image/*;q=0.5,*/*;q=0.1"
"""What we can read, so that a site that has a choice sends that."""
_DATA: Final = "data:"


class PictureUnfetched(Exception):
    """A picture could not be had; `kind` is the failure's name in the counts, the detail says what it ended in."""

    kind = "picture_unfetched"


class PictureFetcher:
    """Fetches pictures for a crawl."""

    def __init__(self, crawler: Crawler, max_bytes: int) -> None:
        self._crawler = crawler
        self._max_bytes = max_bytes

    async def fetch(self, url: str, referrer: str) -> bytes:
        """The bytes at a web address, or in a `data:` address. Raises PictureUnfetched."""
        if is_embedded(url):
            return self._embedded(url)
        engine = self._crawler.engine
        if engine is None:
            raise PictureUnfetched("the crawl has not begun")
        headers = {"Accept": ACCEPT} | ({"Referer": referrer} if referrer else {})
        try:
            request = Request(
                url,
                callback=NO_CALLBACK,
                headers=headers,
                meta={"download_maxsize": self._max_bytes, "referrer": referrer},
            )
            response = await engine.download_async(request)
        except Exception as error:
            # Whatever a site's answer makes of a request: it is named, and the page goes on without its picture.
            kind, detail = name_failure(error)
            raise PictureUnfetched(f"{kind}: {detail}") from error
        if response.status != 200:
            raise PictureUnfetched(f"http_{response.status}: the site answered {response.status}")
        if not response.body:
            raise PictureUnfetched("bad_answer: it is empty")
        return response.body

    def _embedded(self, url: str) -> bytes:
        head, comma, body = url.partition(",")
        if not comma or len(body) > 2 * self._max_bytes:
            raise PictureUnfetched(f"bad_answer: {head[:80]} holds no picture of at most {self._max_bytes} bytes")
        data = unquote_to_bytes(body)
        if not head.lower().endswith(";base64"):
            return data
        try:
            return b64decode(data)
        except ValueError as error:
            raise PictureUnfetched(f"bad_answer: {head[:80]} is no base64: {error}") from error


def is_embedded(url: str) -> bool:
    """Whether the address holds the picture itself."""
    return url[: len(_DATA)].lower() == _DATA
