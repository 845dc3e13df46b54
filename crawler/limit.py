"""The page limit of a crawl: so many pages are asked for, and what was left out is said, not passed over."""

from __future__ import annotations

from typing import Final, Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http.request import NO_CALLBACK
from scrapy.settings import SETTINGS_PRIORITIES

from crawler.failure import PageRefused

LIMIT_REACHED: Final = "limit_reached"
LIMIT_SETTING: Final = "LUOITROI_PAGE_LIMIT"
IS_LIST: Final = "is_list"
"""In a request's meta: it asks for a feed, sitemap or list, which is counted apart from the pages it leads to."""


class PageLimitMiddleware:
    """Scrapy downloader middleware: refuses requests beyond the source's `limits.pages`, or `--limit`.

    Redirects, retries and robots.txt are part of the page they belong to. Lists have the same limit of their own.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.pages = 0
        self.lists = 0

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler.settings.getint(LIMIT_SETTING))

    def process_request(self, request: Request) -> None:
        is_again = request.meta.get("redirect_times") or request.meta.get("retry_times")
        if is_again or request.callback is NO_CALLBACK:
            return
        if request.meta.get(IS_LIST):
            self.lists += 1
            count = self.lists
        else:
            self.pages += 1
            count = self.pages
        if count > self.limit:
            raise PageRefused(LIMIT_REACHED, f"the limit of {self.limit} pages a crawl is reached; raise limits.pages")


def is_asked_for(crawler: Crawler) -> bool:
    """Whether a person set the limit on the command line: reaching it then is no failure."""
    return crawler.settings.getpriority(LIMIT_SETTING) == SETTINGS_PRIORITIES["cmdline"]
