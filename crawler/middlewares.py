"""Scrapy downloader middlewares: the guard before every request, and redirects that cannot loop."""

from __future__ import annotations

from typing import Any, Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.redirect import MetaRefreshMiddleware, RedirectMiddleware

from crawler.failure import PageRefused
from crawler.guard import UrlGuard
from crawler.settings import load_settings


class GuardMiddleware:
    """Refuses requests to addresses that the guard does not allow, before robots.txt or anything is asked.

    Plain requests have their resolved address checked by `crawler.resolver` at connect time; the browser
    resolves for itself, so for rendered ones the name is looked up here.
    """

    def __init__(self, guard: UrlGuard) -> None:
        self.guard = guard

    @classmethod
    def from_crawler(cls, _crawler: Crawler) -> Self:
        return cls(load_settings().guard)

    async def process_request(self, request: Request) -> None:
        if request.meta.get("playwright"):
            reason = await self.guard.refusal_async(request.url)
        else:
            reason = self.guard.refusal_unresolved(request.url)
        if reason is not None:
            raise PageRefused("address_refused", reason)


class _NoLoops:
    """Ends a redirect that comes back to an address it passed, by name instead of being dropped as a duplicate."""

    def _redirect(self, redirected: Request, request: Request, reason: Any) -> Request:
        passed = [*request.meta.get("redirect_urls", []), request.url]
        if redirected.url in passed:
            raise PageRefused("redirect_loop", f"{' → '.join(passed)} → {redirected.url}")
        return super()._redirect(redirected, request, reason)  # type: ignore[misc,no-any-return]


class BoundedRedirectMiddleware(_NoLoops, RedirectMiddleware):
    """Scrapy's HTTP redirects, without loops."""


class BoundedMetaRefreshMiddleware(_NoLoops, MetaRefreshMiddleware):
    """Scrapy's meta-refresh redirects, without loops."""
