"""Advertisements: the ad slots of pages, in the browser where the source renders, followed to where they lead.

Each advertisement becomes a Page of its own (the creative) and a landing page with its redirect chain.
Nothing is ever submitted, and no slot is clicked: the click address is fetched as a request of ours.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bs4 import BeautifulSoup, Tag
from playwright.async_api import Error as BrowserError
from playwright.async_api import Frame
from playwright.async_api import Page as BrowserPage
from scrapy import Request
from scrapy.http import HtmlResponse, Response

from crawler.extraction import absolute_url
from crawler.guard import urlsplit_safely
from matchers.page import Advertisement, Page, PageKind
from spiders.base import SourceSpider

DEFAULT_AD_SLOT = (
    "ins.adsbygoogle, [id^='google_ads'], [id^='div-gpt-ad'], [id*='adzone'], [id*='banner-ad'], [class*='banner-ad'], "
    "[class*='ad-slot'], [class*='adsense'], [class*='quangcao'], [class*='quang-cao'], [id*='quangcao'], "
    "[data-ad], [data-ad-slot], [data-advertisement], [aria-label='Quảng cáo'], [aria-label='Advertisement']"
)
MAX_ADS_PER_PAGE = 40
SETTLE_MS = 400
"""What script-made banners get to appear after the page has loaded."""
_COLLECT = """slots => [...document.querySelectorAll(slots)].flatMap(slot =>
  [...slot.querySelectorAll('a[href]'), ...(slot.matches('a[href]') ? [slot] : [])].map(a => ({
    click_url: a.href, text: (slot.innerText || a.innerText || '').trim(),
    alt: [...slot.querySelectorAll('img')].map(i => i.alt).join(' ').trim(),
    image_url: (slot.querySelector('img') || {}).src || '' })))"""


class AdsSpider(SourceSpider):
    """Reads each start address as a page that carries advertisements."""

    def ask(self, url: str, callback: Any, **options: Any) -> Request:
        request = super().ask(url, callback, **options)
        if request.meta.get("playwright"):
            request.meta["playwright_include_page"] = True
        return request

    async def parse(self, response: Response) -> AsyncIterator[Any]:
        browser_page: BrowserPage | None = response.meta.get("playwright_page")
        if browser_page is not None:
            try:
                advertisements = await self._rendered(browser_page)
            finally:
                await browser_page.close()
            for item in self._results(response, advertisements):
                yield item
        elif isinstance(response, HtmlResponse):
            advertisements, frames = self._plain(response)
            for item in self._results(response, advertisements):
                yield item
            for frame in frames:
                yield self.ask(frame, self.parse_frame, referrer=response.url)
        else:
            for item in self._results(response, []):
                yield item

    def parse_frame(self, response: Response) -> Iterator[Any]:
        """The document of an ad's frame: all its links are the advertisement's."""
        if isinstance(response, HtmlResponse):
            soup = BeautifulSoup(self.html(response), "lxml")
            carrier = response.meta["referrer"]
            yield from self._creatives(carrier, _advertisements([soup], response.url))

    async def failed(self, failure: Any) -> None:  # type: ignore[override]
        browser_page: BrowserPage | None = getattr(failure, "request", Request("about:blank")).meta.get(
            "playwright_page"
        )
        if browser_page is not None:
            await browser_page.close()
        super().failed(failure)

    def _results(self, response: Response, advertisements: list[Advertisement]) -> Iterator[Any]:
        page = self.page(response, PageKind.ARTICLE)
        if page is None:
            return
        yield replace(page, advertisements=tuple(advertisements))
        if not advertisements and response.meta.get("is_start"):
            self.fail("no_ads", response.url, "no ad slot holds a link; has the layout or ad_slot: changed?")
        yield from self._creatives(response.url, advertisements)

    def _creatives(self, carrier: str, advertisements: list[Advertisement]) -> Iterator[Any]:
        for advertisement in advertisements[:MAX_ADS_PER_PAGE]:
            yield Page(
                url=advertisement.click_url,
                fetched_at=datetime.now(UTC),
                source=self.source.name,
                kind=PageKind.ADVERTISEMENT,
                referrer_url=carrier,
                title=advertisement.text.partition("\n")[0][:200],
                text=advertisement.text,
                language="vi",
                advertisements=(advertisement,),
                is_rendered=self.can_render,
            )
            if self.source.follow:
                yield self.lead(advertisement.click_url, carrier)

    async def _rendered(self, browser_page: BrowserPage) -> list[Advertisement]:
        await browser_page.wait_for_timeout(SETTLE_MS)
        slots = self.source.selectors.ad_slot or DEFAULT_AD_SLOT
        page_host = urlsplit_safely(browser_page.url)[1]
        found: dict[str, Advertisement] = {}
        for frame in browser_page.frames:
            is_own = frame == browser_page.main_frame
            if not is_own and not await self._is_ad_frame(frame, slots, page_host):
                continue
            for ad in await self._collect(frame, slots if is_own else "body"):
                found.setdefault(ad.click_url, ad)
        return list(found.values())

    async def _is_ad_frame(self, frame: Frame, slots: str, page_host: str) -> bool:
        if urlsplit_safely(frame.url)[1] not in ("", page_host):
            return True
        try:
            element = await frame.frame_element()
            return bool(await element.evaluate("(e, slots) => e.closest(slots) !== null", slots))
        except BrowserError as error:
            self.fail("frame_lost", frame.url, str(error).splitlines()[0])
            return False

    async def _collect(self, frame: Frame, slots: str) -> list[Advertisement]:
        try:
            links = await frame.evaluate(_COLLECT, slots)
        except BrowserError as error:
            self.fail("frame_lost", frame.url, str(error).splitlines()[0])
            return []
        network = urlsplit_safely(frame.url)[1]
        return [
            Advertisement(
                network=network or urlsplit_safely(link["click_url"])[1],
                click_url=link["click_url"],
                text="\n".join(filter(None, (link["text"], link["alt"])))[:5000],
                image_url=link["image_url"],
            )
            for link in links
            if link["click_url"].startswith(("http://", "https://"))
        ]

    def _plain(self, response: HtmlResponse) -> tuple[list[Advertisement], list[str]]:
        """Advertisements in the page's own markup, and the frames that its ad slots open."""
        soup = BeautifulSoup(self.html(response), "lxml")
        slots = soup.select(self.source.selectors.ad_slot or DEFAULT_AD_SLOT)
        frames: dict[str, None] = {}
        for slot in slots:
            for frame in [slot] if slot.name == "iframe" else slot.find_all("iframe"):
                address = absolute_url(response.url, str(frame.get("src") or ""))
                if address.startswith(("http://", "https://")):
                    frames[address] = None
        return _advertisements(slots, response.url), list(frames)


def _advertisements(slots: list[Any], base: str) -> list[Advertisement]:
    found: dict[str, Advertisement] = {}
    for slot in slots:
        anchors = [slot] if slot.name == "a" else slot.find_all("a")
        image = slot.find("img")
        image_url = absolute_url(base, str(image.get("src") or "")) if isinstance(image, Tag) else ""
        alternatives = " ".join(str(img.get("alt") or "") for img in slot.find_all("img"))
        text = " ".join(f"{slot.get_text(' ')} {alternatives}".split())[:5000]
        for anchor in anchors:
            click_url = absolute_url(base, str(anchor.get("href") or ""))
            if click_url.startswith(("http://", "https://")):
                network = urlsplit_safely(click_url)[1]
                found.setdefault(click_url, Advertisement(network, click_url, text, image_url))
    return list(found.values())
