"""Advertisements: those of the start pages, in the browser where the source renders, followed to where they lead.

Each advertisement becomes a Page of its own (the creative) and a landing page with its redirect chain.
Nothing is ever submitted, and nothing is clicked: the click address is fetched as a request of ours.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from bs4 import BeautifulSoup, Tag
from playwright.async_api import Error as BrowserError
from playwright.async_api import Frame
from playwright.async_api import Page as BrowserPage
from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.extraction import absolute_url, base_of, element_text, guess_language, parse_for_selectors
from crawler.guard import urlsplit_safely
from crawler.pictures.markup import is_small_thing, picture_address, shown_pictures
from crawler.renderer import scroll_to_end
from matchers.page import Advertisement, Page, PageKind, PictureLink, PictureRole
from matchers.text.normalise import fold_text
from spiders.base import SourceSpider, is_rendered
from spiders.networks import SLOTS, is_ad_frame, is_advertisement

MAX_ADS_PER_PAGE: Final = 40
_AD_MARKS = frozenset({"quang cao", "tai tro", "advertisement", "ad", "ads", "sponsored", "qc"})
"""Folded lines that only mark an advertisement as one."""
MAX_TEXT_CHARACTERS: Final = 5000
MAX_FRAME_DEPTH: Final = 2
"""Ad frames hold the frame of the network they bought from, and that one the creative."""
SETTLE_MS: Final = 400
"""What script-made banners get to appear after the page has loaded."""
COLLECT_SECONDS: Final = 20.0
_COLLECT: Final = """slots => [...document.querySelectorAll('a[href]')].slice(0, 3000).map(a => {
  const slot = a.closest(slots), around = slot || a;
  const pictures = [...around.querySelectorAll('img')];
  const shown = [...(around.matches('[style*=background]') ? [around] : []),
                 ...around.querySelectorAll('img, input[type=image], [style*=background]')];
  return {
    click_url: a.href, rel: a.rel || '', in_slot: slot !== null,
    holds_picture: a.querySelector('img, picture, video, canvas, svg') !== null,
    text: (around.innerText || '').trim().slice(0, 5000),
    alt: pictures.map(i => i.alt).join(' ').trim().slice(0, 1000),
    pictures: shown.slice(0, 20).map(e => Object.fromEntries(
      [...e.attributes].filter(a => a.value.length <= 3000000).map(a => [a.name, a.value]))),
    base: document.baseURI } })"""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A link that may be an advertisement. `network` is the host that served it, "" for the page itself."""

    click_url: str
    text: str
    pictures: tuple[PictureLink, ...]
    in_slot: bool
    holds_picture: bool
    rel: str = ""
    network: str = ""


@dataclass(frozen=True, slots=True)
class _Shown:
    """An advertisement and the pictures it shows."""

    advertisement: Advertisement
    pictures: tuple[PictureLink, ...]


class AdsSpider(SourceSpider):
    """Reads each start address as a page that carries advertisements.

    With an `ad_slot` selector those are the links inside what it finds; without, also those of known networks, of
    frames of third parties, and pictures that lead to other sites.
    """

    def ask(self, url: str, callback: Any, **options: Any) -> Iterator[Request]:
        for request in super().ask(url, callback, **options):
            if request.meta.get("playwright"):
                request.meta["playwright_include_page"] = True
            yield request

    async def parse(self, response: Response) -> AsyncIterator[Any]:
        browser_page: BrowserPage | None = response.meta.get("playwright_page")
        html = self.html(response)
        if browser_page is not None:
            candidates: Iterable[_Candidate] = await self._rendered(browser_page)
            frames: list[str] = []
        elif html is not None:
            soup = parse_for_selectors(html)
            candidates, frames = self._plain(soup, response.url), self._plain_frames(soup, response.url)
        if html is None:
            return
        advertisements = self._advertisements(candidates, response.url)
        page = self.page(response, PageKind.ARTICLE, html)
        if page is not None:
            yield replace(page, advertisements=tuple(shown.advertisement for shown in advertisements))
        if not advertisements and not frames:
            self.fail("no_ads", response.url, "no advertisement found; has the layout or ad_slot: changed?")
        for item in self._creatives(response, response.url, advertisements):
            yield item
        for frame in frames:
            for request in self.ask(frame, self.parse_frame, referrer=response.url):
                yield request

    def parse_frame(self, response: Response, depth: int = 1) -> Iterator[Any]:
        """The document of an ad's frame: all its links, and the frames in it, are the advertisement's."""
        html = self.html(response)
        if html is None:
            return
        soup = parse_for_selectors(html)
        network = urlsplit_safely(response.url)[1]
        base = base_of(soup, response.url)
        text, pictures = _words(soup), tuple(shown_pictures(soup, base, PictureRole.CREATIVE))
        links = [
            _Candidate(url, text, pictures, in_slot=True, holds_picture=True, network=network)
            for url in _hrefs(soup, base)
        ]
        carrier = response.meta["referrer"]
        yield from self._creatives(response, carrier, self._advertisements(links, carrier))
        if depth < MAX_FRAME_DEPTH:
            for frame in soup.select("iframe[src]"):
                address = absolute_url(response.url, str(frame["src"]))
                yield from self.ask(address, self.parse_frame, referrer=carrier, cb_kwargs={"depth": depth + 1})

    async def failed(self, failure: Failure) -> None:
        """Count the failure, and give back the browser's page that the request held."""
        request: Request | None = getattr(failure, "request", None)
        browser_page: BrowserPage | None = request.meta.get("playwright_page") if request is not None else None
        if browser_page is not None:
            await browser_page.close()
        super().failed(failure)

    def _advertisements(self, candidates: Iterable[_Candidate], page_url: str) -> list[_Shown]:
        has_selector = self.source.selectors.ad_slot is not None
        found: dict[str, _Shown] = {}
        for link in candidates:
            if not link.click_url.startswith(("http://", "https://")) or link.click_url in found:
                continue
            is_one = link.in_slot or (
                not has_selector
                and is_advertisement(
                    link.click_url, page_url, in_slot=False, holds_picture=link.holds_picture, rel=link.rel
                )
            )
            if is_one:
                network = link.network or urlsplit_safely(link.click_url)[1]
                text = link.text[:MAX_TEXT_CHARACTERS]
                image_url = link.pictures[0].url if link.pictures else ""
                advertisement = Advertisement(network, link.click_url, text, image_url)
                found[link.click_url] = _Shown(advertisement, link.pictures)
        kept = list(found.values())[:MAX_ADS_PER_PAGE]
        if len(kept) < len(found):
            self.fail("ads_left_out", page_url, f"{len(found)} advertisements on one page, {MAX_ADS_PER_PAGE} read")
        return kept

    def _creatives(self, response: Response, carrier: str, advertisements: list[_Shown]) -> Iterator[Any]:
        for shown in advertisements:
            advertisement = shown.advertisement
            yield Page(
                url=advertisement.click_url,
                fetched_at=datetime.now(UTC),
                source=self.source.name,
                kind=PageKind.ADVERTISEMENT,
                referrer_url=carrier,
                title=headline(advertisement.text),
                text=advertisement.text,
                language=guess_language(advertisement.text),
                advertisements=(advertisement,),
                is_rendered=is_rendered(response),
                picture_links=shown.pictures,
            )
            if self.source.follow:
                yield from self.lead(advertisement.click_url, carrier)

    async def _rendered(self, browser_page: BrowserPage) -> list[_Candidate]:
        """The links of the page and of its ad frames, as the browser has them; the page is closed then."""
        found: list[_Candidate] = []
        try:
            async with asyncio.timeout(COLLECT_SECONDS):
                await scroll_to_end(browser_page, 1)
                await browser_page.wait_for_timeout(SETTLE_MS)
                for frame in browser_page.frames:
                    found += await self._of_frame(frame, browser_page)
        except (TimeoutError, BrowserError) as error:
            self.fail("page_stuck", browser_page.url, f"{str(error) or 'no answer'} after {len(found)} links")
        finally:
            await browser_page.close()
        return found

    async def _of_frame(self, frame: Frame, browser_page: BrowserPage) -> list[_Candidate]:
        slots = self.source.selectors.ad_slot or SLOTS
        is_own = frame == browser_page.main_frame
        try:
            if not is_own and not await self._is_ad_frame(frame, browser_page.url, slots):
                return []
            links = await frame.evaluate(_COLLECT, slots if is_own else "body")
        except BrowserError as error:
            self.fail("frame_lost", frame.url, str(error).splitlines()[0])
            return []
        return [
            _Candidate(
                click_url=link["click_url"],
                text="\n".join(filter(None, (link["text"], link["alt"]))),
                pictures=tuple(_of_attributes(link["pictures"], link["base"])),
                in_slot=link["in_slot"],
                holds_picture=link["holds_picture"],
                rel=link["rel"],
                network="" if is_own else urlsplit_safely(frame.url)[1],
            )
            for link in links
        ]

    async def _is_ad_frame(self, frame: Frame, page_url: str, slots: str) -> bool:
        if frame.parent_frame is not None and frame.parent_frame.parent_frame is not None:
            return await self._is_ad_frame(frame.parent_frame, page_url, slots)
        element = await frame.frame_element()
        in_slot = bool(await element.evaluate("(e, slots) => e.closest(slots) !== null", slots))
        return in_slot or (self.source.selectors.ad_slot is None and is_ad_frame(frame.url, page_url, in_slot=False))

    def _plain(self, soup: BeautifulSoup, page_url: str) -> Iterator[_Candidate]:
        """The links in the page's own markup."""
        base = base_of(soup, page_url)
        slots = {id(slot) for slot in soup.select(self.source.selectors.ad_slot or SLOTS)}
        for anchor in soup.select("a[href]"):
            slot = next((element for element in (anchor, *anchor.parents) if id(element) in slots), None)
            around = slot or anchor
            yield _Candidate(
                click_url=absolute_url(base, str(anchor["href"])),
                text=_words(around),
                pictures=tuple(shown_pictures(around, base, PictureRole.CREATIVE)),
                in_slot=slot is not None,
                holds_picture=anchor.find(["img", "picture", "video", "svg"]) is not None,
                rel=" ".join(filter(None, anchor.get_attribute_list("rel"))),
            )

    def _plain_frames(self, soup: BeautifulSoup, page_url: str) -> list[str]:
        """The frames in the page's own markup that hold advertisements."""
        selector = self.source.selectors.ad_slot
        base = base_of(soup, page_url)
        slots = {id(slot) for slot in soup.select(selector or SLOTS)}
        frames: dict[str, None] = {}
        for frame in soup.select("iframe[src]"):
            in_slot = any(id(element) in slots for element in (frame, *frame.parents))
            address = absolute_url(base, str(frame["src"]))
            if not address.startswith(("http://", "https://")):
                continue
            if in_slot or (selector is None and is_ad_frame(address, page_url, in_slot=False)):
                frames[address] = None
        return list(frames)[:MAX_ADS_PER_PAGE]


def _words(element: Tag) -> str:
    """What an advertisement says, the words of its pictures included."""
    alternatives = (str(image.get("alt") or "").strip() for image in element.find_all("img"))
    return "\n".join(filter(None, (element_text(element), *alternatives)))


def _of_attributes(elements: list[dict[str, str]], base: str) -> Iterator[PictureLink]:
    """The pictures of elements that the browser has, by their attributes, each address once."""
    seen: set[str] = set()
    for attributes in elements:
        url = "" if is_small_thing(attributes) else picture_address(attributes, base)
        if url and url not in seen:
            seen.add(url)
            yield PictureLink(url, PictureRole.CREATIVE, attributes.get("alt", "").strip()[:500])


def _hrefs(soup: BeautifulSoup, base: str) -> list[str]:
    return [absolute_url(base, str(anchor["href"])) for anchor in soup.select("a[href]")]


def headline(text: str) -> str:
    """The first line of an advertisement that says more than that it is one.

    >>> headline("Quảng cáo\\nVay tiền nhanh, chỉ cần căn cước\\nMở hồ sơ")
    'Vay tiền nhanh, chỉ cần căn cước'
    """
    lines = [line for line in text.splitlines() if line.strip()]
    return next((line for line in lines if fold_text(line).strip() not in _AD_MARKS), "")[:200]
