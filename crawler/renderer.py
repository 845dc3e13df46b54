"""Rendering with Chromium inside Scrapy: which browser, how it is started, what its pages may load and how long."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any, Final

from playwright.async_api import Error as BrowserError
from playwright.async_api import Page as BrowserPage
from playwright.async_api import Request as BrowserRequest
from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler

from crawler.agent import browser_context
from crawler.failure import PageRefused
from crawler.gateway import FAILURE_HEADER, Gateway, GatewayFailure
from crawler.guard import urlsplit_safely
from crawler.settings import Settings, load_settings
from crawler.source import Source
from evidence.browser import Chromium, launch_arguments

NEEDLESS: Final = frozenset({"image", "media", "font"})
"""What a page's text and links do not need; captures load it all."""
SCROLL_PAUSE_MS: Final = 250
TUNNEL_SHARE: Final = 5
"""How many pages' worth of bytes one connection of the browser's may bring: scripts and styles come along."""
CLOSE_SECONDS: Final = 5.0
_NOT_CONNECTED: Final = re.compile("ERR_TUNNEL_CONNECTION_FAILED|ERR_PROXY_CONNECTION_FAILED")
BROWSER_ARGUMENTS: Final = (
    # What does not go through the proxy does not go.
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--deny-permission-prompts",
    "--disable-breakpad",
)


def renderer_settings(settings: Settings, source: Source, chromium: Chromium) -> dict[str, Any]:
    """Scrapy settings that let requests with `playwright` in their meta be fetched by this Chromium."""
    handler = "crawler.renderer.Renderer"
    return {
        "DOWNLOAD_HANDLERS": {"http": handler, "https": handler},
        "PLAYWRIGHT_BROWSER_TYPE": "chromium",
        "PLAYWRIGHT_LAUNCH_OPTIONS": {
            "headless": True,
            "executable_path": str(chromium.executable),
            "args": [*launch_arguments(), *BROWSER_ARGUMENTS],
            "timeout": settings.crawl.timeout_seconds * 1000,
        },
        "PLAYWRIGHT_CONTEXTS": {"default": browser_context(source.device, settings.crawl.contact, chromium.version)},
        "PLAYWRIGHT_MAX_PAGES_PER_CONTEXT": settings.browser.pages,
        "PLAYWRIGHT_DEFAULT_NAVIGATION_TIMEOUT": settings.crawl.timeout_seconds * 1000,
        "PLAYWRIGHT_PROCESS_REQUEST_HEADERS": None,
        "PLAYWRIGHT_ABORT_REQUEST": "crawler.renderer.is_needless",
        "LUOITROI_RENDER_SECONDS": render_seconds(settings, source),
    }


def render_seconds(settings: Settings, source: Source) -> float:
    """The longest that one page may take in the browser, loading and scrolling together."""
    return settings.crawl.timeout_seconds * 2 + source.scrolls * 2 * SCROLL_PAUSE_MS / 1000


class Renderer(ScrapyPlaywrightDownloadHandler):  # type: ignore[misc]
    """scrapy-playwright's handler with its browser behind the gateway, and an end to every page.

    A script that never yields keeps Playwright waiting without a bound of its own; here its page is closed.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        settings = load_settings()
        self.page_seconds = crawler.settings.getfloat("LUOITROI_RENDER_SECONDS")
        self.max_bytes = settings.crawl.max_page_bytes
        self.gateway = Gateway(
            settings.guard,
            connect_seconds=settings.crawl.timeout_seconds,
            max_bytes=settings.crawl.max_page_bytes * TUNNEL_SHARE,
        )
        self._stack = AsyncExitStack()

    async def _launch(self) -> None:
        await self._stack.enter_async_context(self.gateway)
        self.config.launch_options["proxy"] = {"server": f"http://{self.gateway.address}", "bypass": "<-loopback>"}
        await super()._launch()

    async def _close(self) -> None:
        await super()._close()
        await self._stack.aclose()

    async def _create_page(self, request: Request, spider: Spider) -> BrowserPage:
        page: BrowserPage = await super()._create_page(request, spider)
        # A popup would put its page in the background, where nothing scrolls or is drawn.
        await page.add_init_script("window.open = () => null")
        page.on("popup", _close_page)
        return page

    async def _download_request_with_page(self, request: Request, page: BrowserPage, spider: Spider) -> Response:
        failed_before = len(self.gateway.failures)
        failed_hosts: set[str] = set()

        def note(failed: BrowserRequest) -> None:
            if failed.is_navigation_request():
                failed_hosts.add(urlsplit_safely(failed.url)[1])

        page.on("requestfailed", note)
        try:
            async with asyncio.timeout(self.page_seconds):
                response: Response = await super()._download_request_with_page(request, page, spider)
            self._require_page(response, self.gateway.failures[failed_before:])
        except (TimeoutError, BrowserError, RuntimeError, PageRefused) as error:
            await _close_page(page)
            if isinstance(error, BrowserError) and _NOT_CONNECTED.search(str(error)):
                for failure in self.gateway.failures[failed_before:]:
                    if failure.host in failed_hosts:
                        raise PageRefused(failure.kind, str(failure)) from None
            raise
        return response

    def _require_page(self, response: Response, failures: Sequence[GatewayFailure]) -> None:
        """Raise PageRefused for an answer of the gateway's own, for what is no page, and for one too large."""
        if told := response.headers.get(FAILURE_HEADER):
            kind, _, detail = told.decode("latin-1").partition(" ")
            raise PageRefused(kind, detail)
        for failure in failures:
            # A script led on to where the gateway let nobody: its answer stands where the page was.
            if failure.host == urlsplit_safely(response.url)[1]:
                raise PageRefused(failure.kind, str(failure))
        content_type = (response.headers.get("Content-Type") or b"text/html").decode("latin-1").lower()
        if not any(kind in content_type for kind in ("html", "xml", "text/")):
            # The browser shows pictures and PDFs in a document of its own making.
            raise PageRefused("not_html", content_type)
        if len(response.body) > self.max_bytes:
            raise PageRefused("too_large", f"{response.url} grew to {len(response.body)} bytes in the browser")


async def is_needless(request: BrowserRequest) -> bool:
    """Whether the browser need not load this for a page's text and links."""
    return request.resource_type in NEEDLESS


async def scroll_to_end(page: BrowserPage, times: int) -> None:
    """Scroll down up to `times`, giving the page a moment each time; stops when it grows no more."""
    height = -1
    for _ in range(times):
        now = await page.evaluate(
            "() => { window.scrollTo(0, document.documentElement.scrollHeight);"
            " return document.documentElement.scrollHeight; }"
        )
        await page.wait_for_timeout(SCROLL_PAUSE_MS)
        if now == height:
            return
        height = now


async def _close_page(page: BrowserPage) -> None:
    """Close a page, stuck or not; the browser itself ends with the crawl at the latest."""
    try:
        await asyncio.wait_for(page.close(), CLOSE_SECONDS)
    except (BrowserError, TimeoutError):
        return
