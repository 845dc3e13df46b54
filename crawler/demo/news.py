"""The news site of the demo web: articles, paid posts, section pages, RSS, sitemap, and links that go wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from jinja2 import Environment
from markupsafe import Markup

from crawler.demo.advertising import slots
from crawler.demo.content import CONTENT, Article, NewsSite, articles, news_site, templates
from crawler.demo.document import Address, Document, decomposed, html_bytes, with_broken_markup

HOST = "baoquemoi.test"
FEED_LENGTH = 40
SLOW_SECONDS = 12.0


@dataclass(frozen=True, slots=True)
class Edition:
    """The news site on one day: its articles, newest first, and what they are set with."""

    day: int
    address: Address
    articles: tuple[Article, ...]
    site: NewsSite
    environment: Environment


def documents(day: int, address: Address) -> Iterator[Document]:
    """Everything the news site answers on `day`."""
    edition = _edition(day, address)
    for position, article in enumerate(edition.articles):
        yield _article(edition, article, position)
    here = {article.slug for article in edition.articles}
    for article in articles():
        if article.slug not in here:
            body = edition.environment.get_template("news/gone.html").render(position=0, slots=())
            yield Document(HOST, article.path, html_bytes(body), status=article.gone)
    yield from _listings(edition)
    yield from _mishaps(address)


def _edition(day: int, address: Address) -> Edition:
    current = tuple(article for article in articles() if day in article.days)
    environment = templates(address, day)
    environment.filters["rfc822"] = lambda published: format_datetime(datetime.fromisoformat(published))
    environment.globals.update(site=news_site(), latest=current, host=HOST)
    return Edition(day, address, current, news_site(), environment)


def _article(edition: Edition, article: Article, position: int) -> Document:
    text = edition.environment.from_string(article.body).render()
    html = edition.environment.get_template("news/article.html").render(
        article=article, body=_paragraphs(text), position=position, slots=slots(position, edition.day)
    )
    if "nfd" in article.quirks:
        html = decomposed(html)
    if "broken" in article.quirks:
        html = with_broken_markup(html)
    return Document(
        HOST,
        article.path,
        html_bytes(html, "windows-1258" if "mislabelled" in article.quirks else article.encoding),
        media_type=f"text/html; charset={article.encoding}",
        delay_seconds=SLOW_SECONDS if "slow" in article.quirks else 0.0,
        kind="sponsored" if article.sponsored else "article",
        truth=article.planted,
    )


def _paragraphs(text: str) -> Markup:
    """Paragraphs parted by empty lines as HTML; `## ` starts a heading, `> ` a quotation."""
    written = []
    for block in text.strip().split("\n\n"):
        if block.startswith("## "):
            written.append(f"<h2>{block[3:]}</h2>")
        elif block.startswith("> "):
            written.append(f"<blockquote><p>{block[2:]}</p></blockquote>")
        else:
            written.append(f"<p>{block}</p>")
    return Markup("\n".join(written))


def _listings(edition: Edition) -> Iterator[Document]:
    listing = edition.environment.get_template("news/listing.html")
    newest = edition.articles[:30]
    home = listing.render(title="", articles=newest, position=0, slots=slots(0, edition.day, everything=True))
    yield Document(HOST, "/", html_bytes(home))
    for position, (slug, section) in enumerate(edition.site.sections.items()):
        chosen = [article for article in edition.articles if article.section == section]
        html = listing.render(title=section, articles=chosen, position=position, slots=slots(position, edition.day))
        yield Document(HOST, f"/chuyen-muc/{slug}", html_bytes(html))
    feed = edition.environment.get_template("news/rss.xml").render(articles=edition.articles[:FEED_LENGTH])
    yield Document(HOST, "/rss.xml", feed.encode(), media_type="application/rss+xml; charset=utf-8")
    sitemap = edition.environment.get_template("news/sitemap.xml").render(articles=edition.articles)
    yield Document(HOST, "/sitemap.xml", sitemap.encode(), media_type="application/xml")
    robots = "User-agent: *\nDisallow: /ban-in/\nDisallow: /tim-kiem\n"
    robots += f"Sitemap: {edition.address.url(HOST, '/sitemap.xml')}\n"
    yield Document(HOST, "/robots.txt", robots.encode(), media_type="text/plain; charset=utf-8")


def _mishaps(address: Address) -> Iterator[Document]:
    """What stands behind the links of the listing that lead to no article.

    A missing page and a page that robots.txt keeps closed are linked too, and need nothing here but the latter.
    """
    assets = CONTENT / "assets"
    pdf = (assets / "lich-thoi-vu.pdf").read_bytes()
    yield Document(HOST, "/tai-lieu/lich-thoi-vu-dong-xuan.pdf", pdf, media_type="application/pdf")
    png = (assets / "ban-do-tuyen-duong.png").read_bytes()
    yield Document(HOST, "/do-hoa/ban-do-tuyen-duong", png, media_type="image/png")
    for here, there in (("vong-1", "vong-2"), ("vong-2", "vong-1")):
        target = address.url(HOST, f"/chuyen-de/{there}")
        yield Document(HOST, f"/chuyen-de/{here}", status=302, location=target)
    yield Document(HOST, "/ban-in/gia-lua", html_bytes("<html><head><title>Bản in</title></head></html>"))
