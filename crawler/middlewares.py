"""Scrapy downloader middlewares: the guard before every request, bounded redirects, and waiting when asked to."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from typing import Any, Final, Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.redirect import MetaRefreshMiddleware, RedirectMiddleware
from scrapy.http import HtmlResponse, Response
from w3lib.html import get_meta_refresh

from crawler.encoding import decode_html
from crawler.failure import PageRefused
from crawler.guard import HostRefused, UrlGuard, urlsplit_safely
from crawler.settings import load_settings

REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
META_REFRESH_BYTES: Final = 4096
"""How far into a document a meta refresh is looked for."""
MAX_META_REFRESH_SECONDS: Final = 100
"""A page that reloads itself later than that is one that people read."""
TOO_BUSY: Final = frozenset({429, 503})
MAX_WAIT_SECONDS: Final = 120.0
"""The longest that a site may ask us to wait within a run; asked for more, we leave the page to the next run."""
FIRST_WAIT_SECONDS: Final = 2.0


class GuardMiddleware:
    """Refuses requests to addresses that the guard does not allow, before robots.txt or anything is asked.

    A name that changes its answer afterwards gains nothing: what it resolves to is checked again where the connection
    is made, by `crawler.resolver` for plain requests and by `crawler.gateway` for the browser's.
    """

    def __init__(self, guard: UrlGuard) -> None:
        self.guard = guard

    @classmethod
    def from_crawler(cls, _crawler: Crawler) -> Self:
        return cls(load_settings().guard)

    async def process_request(self, request: Request) -> None:
        try:
            await self.guard.require_async(request.url)
        except HostRefused as error:
            raise PageRefused(error.kind, str(error)) from None


class _NoLoops:
    """Ends a redirect that comes back to an address it passed, by name instead of being dropped as a duplicate."""

    max_redirect_times: int

    def _redirect(self, redirected: Request, request: Request, reason: Any) -> Request:
        passed = [*request.meta.get("redirect_urls", []), request.url]
        if redirected.url in passed:
            raise PageRefused("redirect_loop", f"{' → '.join(passed)} → {redirected.url}")
        if len(passed) > self.max_redirect_times:
            raise PageRefused("too_many_redirects", f"{' → '.join(passed)} → {redirected.url}")
        return super()._redirect(redirected, request, reason)  # type: ignore[misc,no-any-return]


class BoundedRedirectMiddleware(_NoLoops, RedirectMiddleware):
    """Scrapy's HTTP redirects, without loops, and with a name for those that lead to no web address."""

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        try:
            result: Request | Response = super().process_response(request, response)
        except ValueError as error:
            raise PageRefused("bad_redirect", f"{response.url}: {error}") from error
        if result is response and response.status in REDIRECTS and "Location" in response.headers:
            location = (response.headers["Location"] or b"").decode("latin-1")
            raise PageRefused("address_refused", f"redirects to {location[:500]}")
        return result


class BoundedMetaRefreshMiddleware(_NoLoops, MetaRefreshMiddleware):
    """Scrapy's meta-refresh redirects, without loops, and in the charset that the bytes are really in."""

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        if not isinstance(response, HtmlResponse) or request.meta.get("playwright"):
            return response
        if b"refresh" not in response.body[:META_REFRESH_BYTES].lower():
            return response
        text = decode_html(response).text
        try:
            seconds, url = get_meta_refresh(text[:META_REFRESH_BYTES], response.url)
            if seconds is None or not url or seconds >= MAX_META_REFRESH_SECONDS:
                return response
            if urlsplit_safely(url)[0] not in ("http", "https"):
                return response
            redirected = self._redirect_request_using_get(request, response, url)
        except ValueError:
            # A browser shows the page when its refresh leads nowhere; so do we.
            return response
        return self._redirect(redirected, request, "meta refresh")


class BackOffMiddleware:
    """Slows down for a host that says it is too busy (429, 503), as long as it asks, and speeds up again after."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.usual_delay = crawler.settings.getfloat("DOWNLOAD_DELAY")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Response:
        engine = self.crawler.engine
        slot = engine.downloader.slots.get(request.meta.get("download_slot", "")) if engine is not None else None
        if slot is None:
            return response
        if response.status not in TOO_BUSY:
            if slot.delay > self.usual_delay:
                slot.delay = max(self.usual_delay, slot.delay / 2)
            return response
        asked = retry_after_seconds(response)
        if asked is not None and asked > MAX_WAIT_SECONDS:
            raise PageRefused("told_to_wait", f"{response.url} answered {response.status} and asks for {asked:.0f} s")
        wait = asked if asked is not None else max(FIRST_WAIT_SECONDS, 2 * slot.delay)
        slot.delay = min(max(slot.delay, wait), MAX_WAIT_SECONDS)
        return response


def retry_after_seconds(response: Response) -> float | None:
    """How long the Retry-After header asks to wait, from 0; None where it says nothing that can be read."""
    said = (response.headers.get("Retry-After") or b"").decode("latin-1").strip()
    if said.isascii() and said.isdigit():
        return float(said[:9])
    try:
        return max(0.0, parsedate_to_datetime(said).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None
