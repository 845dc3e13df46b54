"""What every spider does: ask for pages, turn answers into Pages, and name what failed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from scrapy import Request, Spider
from scrapy.http import HtmlResponse, Response
from scrapy_playwright.page import PageMethod
from twisted.python.failure import Failure

from crawler.encoding import decode_html
from crawler.extraction import read_document
from crawler.failure import name_failure
from crawler.limit import IS_LIST
from crawler.recorder import RunRecorder
from crawler.renderer import scroll_to_end
from crawler.source import Source
from matchers.hosts.hostname import host_of, parse_host
from matchers.page import Page, PageKind

LEAD_PRIORITY: Final = 10
"""Where advertisements and posts lead is fetched before more of the same listing."""
MAX_LEADS_PER_PAGE: Final = 20
_READS_MAIN_TEXT: Final = frozenset({PageKind.ARTICLE, PageKind.SPONSORED})
_FILE_BEGINNINGS: Final = {
    b"%PDF-": "a PDF",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"RIFF": "a WebP image or a video",
    b"PK\x03\x04": "a ZIP archive",
    b"\x1f\x8b": "a gzip archive",
    b"\x7fELF": "a program",
    b"MZ\x90": "a program",
}


class SourceSpider(Spider):
    """A spider of one source. Subclasses say what the first answers hold, in `parse`."""

    source: ClassVar[Source]
    can_render: ClassVar[bool] = False

    async def start(self) -> AsyncIterator[Any]:
        for address in self.source.start:
            for request in self.ask(address, self.parse, is_start=True):
                yield request

    def ask(
        self,
        url: str,
        callback: Callable[..., Any],
        *,
        errback: Callable[[Failure], Any] | None = None,
        referrer: str = "",
        is_start: bool = False,
        renders: bool | None = None,
        facts: dict[str, str] | None = None,
        **more: Any,
    ) -> Iterator[Request]:
        """The request for `url`, or none where that is no address; what fails is counted by name.

        `renders` overrules the source's own `render`; `more` is passed on to scrapy.Request.
        """
        meta: dict[str, Any] = {"referrer": referrer, "facts": facts or {}, "is_start": is_start}
        meta[IS_LIST] = callback == self.parse
        wants_browser = self.source.render if renders is None else renders
        if wants_browser and self.can_render:
            meta["playwright"] = True
            if self.source.scrolls:
                meta["playwright_page_methods"] = [PageMethod(scroll_to_end, self.source.scrolls)]
        elif wants_browser:
            self.fail("browser_missing", url, "no Chromium found, read without rendering; see `luoitroi doctor`")
        headers = {"Referer": referrer} if referrer else None
        try:
            yield Request(url, callback=callback, errback=errback or self.failed, meta=meta, headers=headers, **more)
        except ValueError as error:
            self.fail("not_an_address", url, str(error))

    def lead(self, url: str, referrer: str, **more: Any) -> Iterator[Request]:
        """A request for where an advertisement, post, report or host name leads: one page, read as a landing."""
        yield from self.ask(
            url, self.parse_landing, referrer=referrer, **{"renders": False, "priority": LEAD_PRIORITY, **more}
        )

    def parse_landing(self, response: Response) -> Iterator[Any]:
        page = self.page(response, PageKind.LANDING)
        if page is not None:
            yield page

    def leads(self, page: Page) -> Iterator[Request]:
        """Where a post or paid post leads outside its own site, when the source follows."""
        if not self.source.follow:
            return
        own = parse_host(host_of(page.url)).registered_domain
        outside = (
            link.url
            for link in page.links
            if link.url.startswith(("http://", "https://"))
            and parse_host(host_of(link.url)).registered_domain != own
            and link.url not in page.contacts
        )
        for _, url in zip(range(MAX_LEADS_PER_PAGE), outside, strict=False):
            yield from self.lead(url, page.url)

    def page(self, response: Response, kind: PageKind, html: str | None = None) -> Page | None:
        """The Page that an answer holds; None, counted as a failure, when it is no HTML document.

        `html` is its text where the caller has decoded it already.
        """
        if html is None:
            html = self.html(response)
        if html is None:
            return None
        document = read_document(html, response.url, main_text_only=kind in _READS_MAIN_TEXT)
        if kind is PageKind.ARTICLE and document.is_sponsored:
            kind = PageKind.SPONSORED
        redirects = response.meta.get("redirect_urls", [])
        page = Page(
            url=response.url,
            requested_url=redirects[0] if redirects else response.request.url if response.request else response.url,
            redirect_chain=tuple(redirects),
            referrer_url=response.meta.get("referrer", ""),
            fetched_at=datetime.now(UTC),
            source=self.source.name,
            kind=kind,
            status=response.status,
            title=document.title,
            text=document.text,
            language=document.language,
            links=document.links,
            contacts=document.contacts,
            forms=document.forms,
            facts={**encoding_fact(response), **document.facts, **response.meta.get("facts", {})},
            is_rendered=is_rendered(response),
            picture_links=document.picture_links,
        )
        return self.refine(page, html)

    def refine(self, page: Page, html: str) -> Page:
        """The page, with what a kind of source knows better than the general reading of `html`."""
        return page

    def html(self, response: Response) -> str | None:
        """The document's text, None for what is no HTML; that and a charset that lies are counted."""
        if not isinstance(response, HtmlResponse):
            content_type = (response.headers.get("Content-Type") or b"unknown type").decode("latin-1")
            self.fail("not_html", response.url, content_type)
            return None
        for beginning, what in _FILE_BEGINNINGS.items():
            if response.body.startswith(beginning):
                self.fail("not_html", response.url, f"says it is HTML, but is {what}")
                return None
        if is_rendered(response):
            return response.text
        text, lie, encoding = decode_html(response)
        if lie:
            self.fail("wrong_charset", response.url, lie)
        response.meta["encoding"] = encoding
        return text

    def failed(self, failure: Failure) -> Any:
        """Count a request that came to nothing under its name, and under the address that was asked for."""
        kind, detail = name_failure(failure.value) if failure.value is not None else ("fetch_failed", "")
        request: Request | None = getattr(failure, "request", None)
        url = "" if request is None else request.url
        passed = [] if request is None else request.meta.get("redirect_urls", [])
        if passed and url != passed[0]:
            detail = f"{detail}; redirected to {url}"
        self.fail(kind, passed[0] if passed else url, detail)

    def fail(self, kind: str, url: str, detail: str) -> None:
        """Count a failure of this run by its name."""
        RunRecorder.of(self.crawler).fail(kind, url, detail)


def is_rendered(response: Response) -> bool:
    """Whether the browser made this document."""
    return bool(response.meta.get("playwright"))


def encoding_fact(response: Response) -> dict[str, str]:
    """The encoding that the document's bytes were in, where it was not UTF-8, as a fact of its page."""
    encoding = response.meta.get("encoding", "")
    return {} if encoding in ("", "utf-8") else {"encoding": encoding}


def facts_of(failure: Failure) -> dict[str, str]:
    """The facts given along with the request that failed."""
    request: Request | None = getattr(failure, "request", None)
    return {} if request is None else dict(request.meta.get("facts", {}))
