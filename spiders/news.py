"""News sites: articles found by RSS or Atom feed, sitemap, or a listing page with a selector."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import feedparser
from scrapy.http import HtmlResponse, Response
from scrapy.utils.sitemap import Sitemap

from crawler.extraction import absolute_url, select_links, select_text
from matchers.page import Page, PageKind
from spiders.base import SourceSpider

MAX_SITEMAP_DEPTH = 3


class NewsSpider(SourceSpider):
    """Reads what the start addresses list, then each article; where paid posts lead is visited too."""

    def parse(self, response: Response, depth: int = 0) -> Iterator[Any]:
        """A feed, a sitemap or a listing page, told apart by what it holds."""
        beginning = response.body[:2000].lstrip().lower()
        if b"<urlset" in beginning or b"<sitemapindex" in beginning:
            yield from self._sitemap(response, depth)
        elif b"<rss" in beginning or b"<feed" in beginning or b"<rdf" in beginning:
            yield from self._articles(response, self._feed_links(response))
        elif isinstance(response, HtmlResponse):
            yield from self._articles(response, self._listing_links(response))
        else:
            self.fail("not_a_feed", response.url, "neither RSS, Atom, sitemap nor an HTML listing")

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
            found["title"] = title
        if selectors.text and (text := select_text(html, selectors.text)):
            found["text"] = text
        if selectors.byline and (byline := select_text(html, selectors.byline)):
            found["facts"] = {**page.facts, "byline": byline}
        if selectors.sponsored and select_text(html, selectors.sponsored):
            found["kind"] = PageKind.SPONSORED
        return replace(page, **found) if found else page

    def _articles(self, response: Response, links: list[str]) -> Iterator[Any]:
        if not links:
            self.fail("empty_feed", response.url, "lists no article; has its address or layout changed?")
        for link in links:
            yield self.ask(link, self.parse_article, referrer=response.url)

    def _feed_links(self, response: Response) -> list[str]:
        feed = feedparser.parse(response.body, response_headers={"content-location": response.url})
        links = (absolute_url(response.url, entry.get("link", "")) for entry in feed.entries)
        return [link for link in dict.fromkeys(links) if link.startswith(("http://", "https://"))]

    def _listing_links(self, response: HtmlResponse) -> list[str]:
        selector = self.source.selectors.article_links or "article a[href], h2 a[href], h3 a[href]"
        return select_links(self.html(response), response.url, selector)

    def _sitemap(self, response: Response, depth: int) -> Iterator[Any]:
        sitemap = Sitemap(response.body)
        links = [entry["loc"].strip() for entry in sitemap if entry.get("loc")]
        if sitemap.type == "sitemapindex" and depth < MAX_SITEMAP_DEPTH:
            for link in links:
                yield self.ask(link, self.parse, referrer=response.url, cb_kwargs={"depth": depth + 1})
        else:
            yield from self._articles(response, links)
