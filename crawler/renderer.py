"""Rendering with Chromium inside Scrapy: which browser, how it is started, what its pages may load."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Page as BrowserPage
from playwright.async_api import Request as BrowserRequest

from crawler.agent import browser_context
from crawler.settings import Settings, load_settings
from crawler.source import Source
from evidence.browser import Chromium, launch_arguments

_NEEDLESS = frozenset({"image", "media", "font"})
"""What a page's text and links do not need; captures load it all."""
SCROLL_PAUSE_MS = 250
_guards: dict[str, Any] = {}


def renderer_settings(settings: Settings, source: Source, chromium: Chromium) -> dict[str, Any]:
    """Scrapy settings that let requests with `playwright` in their meta be fetched by this Chromium."""
    handler = "scrapy_playwright.handler.ScrapyPlaywrightDownloadHandler"
    return {
        "DOWNLOAD_HANDLERS": {"http": handler, "https": handler},
        "PLAYWRIGHT_BROWSER_TYPE": "chromium",
        "PLAYWRIGHT_LAUNCH_OPTIONS": {
            "headless": True,
            "executable_path": str(chromium.executable),
            "args": list(launch_arguments(host_addresses=settings.host_overrides)),
            "timeout": settings.crawl.timeout_seconds * 1000,
        },
        "PLAYWRIGHT_CONTEXTS": {"default": browser_context(source.device, settings.crawl.contact)},
        "PLAYWRIGHT_MAX_PAGES_PER_CONTEXT": settings.browser.pages,
        "PLAYWRIGHT_DEFAULT_NAVIGATION_TIMEOUT": settings.crawl.timeout_seconds * 1000,
        "PLAYWRIGHT_PROCESS_REQUEST_HEADERS": None,
        "PLAYWRIGHT_ABORT_REQUEST": "crawler.renderer.must_abort",
    }


async def must_abort(request: BrowserRequest) -> bool:
    """Whether the browser must not load this: refused by the guard, or nothing a page's text needs."""
    if request.resource_type in _NEEDLESS:
        return True
    guard = _guards.setdefault("guard", load_settings().guard)
    return await guard.refusal_async(request.url) is not None


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
