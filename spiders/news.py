"""News sites: articles found by RSS or Atom feed, sitemap, or a listing page with a selector."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from typing import Any, Final

import feedparser
import lxml.etree
from scrapy.exceptions import DownloadCancelledError
from scrapy.http import HtmlResponse, Response
from scrapy.utils.gz import gunzip
from scrapy.utils.sitemap import Sitemap

from crawler.extraction import absolute_url, select_links, select_text
from matchers.page import Page, PageKind
from spiders.base import SourceSpider

MAX_SITEMAP_DEPTH: Final = 3
LISTING: Final = "article a[href], h2 a[href], h3 a[href]"
"""Where listing pages have their articles, for a source that does not say."""
_GZIP: Final = b"\x1f\x8b\x08"
_SNIFFED_BYTES: Final = 2000


class NewsSpider(SourceSpider):
    """Reads what the start addresses list, then each article; where paid posts lead is visited too."""

    def parse(self, response: Response, depth: int = 0) -> Iterator[Any]:
        """A feed, a sitemap (gzipped or not) or a listing page, told apart by what it holds."""
        body = self._unpacked(response)
        beginning = body[:_SNIFFED_BYTES].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
        is_html = beginning.startswith((b"<!doctype html", b"<html"))
        if not is_html and (b"<urlset" in beginning or b"<sitemapindex" in beginning):
            yield from self._sitemap(response, body, depth)
        elif not is_html and any(tag in beginning for tag in (b"<rss", b"<feed", b"<rdf")):
            yield from self._articles(response, self._feed_links(response, body))
        elif isinstance(response, HtmlResponse):
            yield from self._listing(response)
        elif body:
            self.fail("not_a_feed", response.url, "neither RSS, Atom, sitemap nor an HTML listing")
        else:
            self.fail("empty_feed", response.url, "holds nothing, or no archive that opens within the size allowed")

    def parse_article(self, response: Response) -> Iterator[Any]:
        page = self.page(response, PageKind.ARTICLE)
        if page is not None:
            yield page
            if page.kind is PageKind.SPONSORED:
                yield from self.leads(page)

    def refine(self, page: Page, html: str) -> Page:
        """The page with what the source's own selectors find in place of what was guessed."""
        if page.kind not in (PageKind.ARTICLE, PageKind.SPONSORED):
            return page
        selectors = self.source.selectors
        found: dict[str, Any] = {}
        if selectors.title and (title := select_text(html, selectors.title)):
            found["title"] = " ".join(title.split())[:1000]
        if selectors.text and (text := select_text(html, selectors.text)):
            found["text"] = text
        if selectors.byline and (byline := select_text(html, selectors.byline)):
            found["facts"] = {**page.facts, "byline": " ".join(byline.split())[:200]}
        if selectors.sponsored and select_text(html, selectors.sponsored):
            found["kind"] = PageKind.SPONSORED
        return replace(page, **found) if found else page

    def _unpacked(self, response: Response) -> bytes:
        body: bytes = response.body
        if not body.startswith(_GZIP):
            return body
        try:
            return gunzip(body, max_size=self.settings.getint("DOWNLOAD_MAXSIZE"))
        except (OSError, EOFError, ValueError, DownloadCancelledError):
            return b""

    def _articles(self, response: Response, links: list[str]) -> Iterator[Any]:
        if not links:
            self.fail("empty_feed", response.url, "lists no article; has its address or layout changed?")
        for link in links:
            yield from self.ask(link, self.parse_article, referrer=response.url)

    def _feed_links(self, response: Response, body: bytes) -> list[str]:
        feed = feedparser.parse(BytesIO(body), response_headers={"content-location": response.url})
        links = (absolute_url(response.url, entry["link"]) for entry in feed.entries if entry.get("link"))
        return [link for link in dict.fromkeys(links) if link.startswith(("http://", "https://"))]

    def _listing(self, response: HtmlResponse) -> Iterator[Any]:
        html = self.html(response)
        if html is not None:
            selector = self.source.selectors.article_links or LISTING
            yield from self._articles(response, select_links(html, response.url, selector))

    def _sitemap(self, response: Response, body: bytes, depth: int) -> Iterator[Any]:
        try:
            sitemap = Sitemap(body)
            entries = [entry for entry in sitemap if entry.get("loc")]
        except (lxml.etree.LxmlError, ValueError, StopIteration):
            self.fail("not_a_feed", response.url, "a sitemap that is no XML")
            return
        # The newest first: a crawl's limit should leave out what is old. Dates are ISO 8601 and sort as text.
        entries.sort(key=lambda entry: str(entry.get("lastmod", "")), reverse=True)
        links = [absolute_url(response.url, entry["loc"].strip()) for entry in entries]
        if sitemap.type != "sitemapindex":
            yield from self._articles(response, links)
        elif depth >= MAX_SITEMAP_DEPTH:
            self.fail("sitemap_too_deep", response.url, f"sitemaps below {MAX_SITEMAP_DEPTH} others are not read")
        else:
            for link in links:
                yield from self.ask(link, self.parse, referrer=response.url, cb_kwargs={"depth": depth + 1})
