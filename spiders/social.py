"""Public social pages and channel previews: every post a Page, as far as they show without a login."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bs4 import BeautifulSoup, Tag
from scrapy.http import HtmlResponse, Response

from crawler.extraction import absolute_url, read_document
from matchers.page import Page, PageKind
from spiders.base import SourceSpider

TELEGRAM_POST = ".tgme_widget_message"
TELEGRAM_TEXT = ".tgme_widget_message_text"
TELEGRAM_LINK = "a.tgme_widget_message_date"
MAX_TITLE_CHARACTERS = 120


class SocialSpider(SourceSpider):
    """Reads posts by the source's selectors; without any, by those of Telegram's channel preview."""

    def parse(self, response: Response) -> Iterator[Any]:
        whole = self.page(response, PageKind.POST)
        if whole is None or not isinstance(response, HtmlResponse):
            return
        posts = BeautifulSoup(self.html(response), "lxml").select(self.source.selectors.post or TELEGRAM_POST)
        if not posts:
            is_wall = any(form.has_password for form in whole.forms)
            kind = "login_wall" if is_wall else "no_posts"
            self.fail(kind, response.url, f"{whole.title!r} shows no post; has the layout or post: changed?")
        for post in posts:
            page = self._post(post, whole)
            if page is not None:
                yield page
                yield from self.leads(page)

    def _post(self, post: Tag, whole: Page) -> Page | None:
        selectors = self.source.selectors
        text_element = post.select_one(selectors.post_text or TELEGRAM_TEXT) or post
        document = read_document(str(text_element), whole.url)
        if not document.text:
            return None
        link = post.select_one(selectors.post_link or TELEGRAM_LINK)
        permalink = absolute_url(whole.url, str(link.get("href") or "")) if link is not None else ""
        return Page(
            url=permalink or f"{whole.url}#{post.get('id') or document.text[:40]}",
            requested_url=whole.url,
            referrer_url=whole.url,
            fetched_at=whole.fetched_at,
            source=whole.source,
            kind=PageKind.POST,
            status=whole.status,
            title=document.text.partition("\n")[0][:MAX_TITLE_CHARACTERS],
            text=document.text,
            language=document.language or whole.language,
            links=document.links,
            contacts=document.contacts,
            facts={"site_name": whole.facts.get("site_name", whole.title)},
            is_rendered=whole.is_rendered,
        )
