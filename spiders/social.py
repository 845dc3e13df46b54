"""Public social pages and channel previews: every post a Page, as far as they show without a login."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

from bs4 import Tag
from scrapy.http import Response

from crawler.extraction import absolute_url, base_of, parse_for_selectors, read_document
from crawler.pictures.markup import shown_pictures
from matchers.page import Page, PageKind, PictureRole
from spiders.base import SourceSpider

TELEGRAM_POST: Final = ".tgme_widget_message"
TELEGRAM_TEXT: Final = ".tgme_widget_message_text"
TELEGRAM_LINK: Final = "a.tgme_widget_message_date"
MAX_TITLE_CHARACTERS: Final = 120
_LOGIN_PATH: Final = re.compile(r"/(?:login|log-in|signin|checkpoint|accounts/login|dang-?nhap)\b", re.IGNORECASE)


class SocialSpider(SourceSpider):
    """Reads posts by the source's selectors; without any, by those of Telegram's channel preview."""

    def parse(self, response: Response) -> Iterator[Any]:
        html = self.html(response)
        whole = None if html is None else self.page(response, PageKind.POST, html)
        if html is None or whole is None:
            return
        soup = parse_for_selectors(html)
        base = base_of(soup, response.url)
        posts = soup.select(self.source.selectors.post or TELEGRAM_POST)
        if not posts:
            is_wall = any(form.has_password for form in whole.forms) or _LOGIN_PATH.search(urlsplit(whole.url).path)
            kind = "login_wall" if is_wall else "no_posts"
            self.fail(kind, response.url, f"{whole.title!r} shows no post; has the layout or post: changed?")
        for post in posts:
            page = self._post(post, whole, base)
            if page is not None:
                yield page
                yield from self.leads(page)

    def _post(self, post: Tag, whole: Page, base: str) -> Page | None:
        selectors = self.source.selectors
        text_element = post.select_one(selectors.post_text or TELEGRAM_TEXT) or post
        document = read_document(str(text_element), base)
        pictures = tuple(shown_pictures(post, base, PictureRole.POST))
        if not document.text and not pictures:
            return None
        link = post.select_one(selectors.post_link or TELEGRAM_LINK)
        permalink = absolute_url(base, str(link.get("href") or "")) if link is not None else ""
        return Page(
            url=permalink or f"{whole.url}#{post.get('id') or document.text[:40] or pictures[0].url[-40:]}",
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
            picture_links=pictures,
        )
