"""Content: the texts of the demo web, read from the YAML and HTML files beside this module."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from pydantic import BaseModel, ConfigDict

from crawler.demo.document import Address, Device, Truth, split_letters

CONTENT = Path(__file__).with_name("content")

Quirk = Literal["nfd", "broken", "slow", "mislabelled"]
"""In decomposed letters; with tags left open; answering late; in windows-1258 while claiming to be UTF-8."""


class Record(BaseModel):
    """One thing the demo web says. `days` are the days (1, 2) on which it is there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    days: tuple[int, ...] = (1, 2)
    planted: Truth | None = None


class Article(Record):
    """An article of the news site; `sponsored` is the label of a paid post, "" for editorial text.

    `body` is paragraphs parted by empty lines; a paragraph that starts with `## ` is a heading, with `> ` a
    quotation. `gone` is the status with which the address answers on days the article is not there.
    """

    slug: str
    title: str
    section: str
    published: str
    lead: str
    body: str
    byline: str = ""
    sponsored: str = ""
    encoding: Literal["utf-8", "windows-1258"] = "utf-8"
    quirks: tuple[Quirk, ...] = ()
    gone: int = 404

    @property
    def path(self) -> str:
        return f"/{self.slug}.html"


class Creative(Record):
    """An advertisement: the network serves it as an `iframe` or lets its script make a `banner`.

    `landing` is the host and path its click ends at, after two redirects.
    """

    id: str
    form: Literal["iframe", "banner"]
    advertiser: str
    headline: str
    text: str
    button: str
    colours: tuple[str, str]
    landing: tuple[str, str]


class Post(Record):
    """A post of the social page or a message of a channel. `text` is paragraphs parted by line breaks."""

    id: int
    author: str
    published: str
    text: str
    reactions: int = 0
    views: str = ""


class Place(BaseModel):
    """A public social page or channel with its posts, newest first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    slug: str
    name: str
    about: str
    followers: str
    posts: tuple[Post, ...]

    def posts_on(self, day: int) -> tuple[Post, ...]:
        """The posts there on `day`, newest first."""
        return tuple(post for post in self.posts if day in post.days)


class Oddity(BaseModel):
    """A link of the news site's front page and feed that leads to no article."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    title: str


class NewsSite(BaseModel):
    """What stands around the articles of the news site. `sections` are section names by their slugs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    motto: str
    publisher: str
    address: str
    telephone: str
    email: str
    licence: str
    sections: dict[str, str]
    services: tuple[str, ...]
    oddities: tuple[Oddity, ...]


class SitePage(Record):
    """Front matter of one page of a landing site; the page itself is the template it stands above."""

    path: str
    encoding: Literal["utf-8", "windows-1258"] = "utf-8"
    device: Device = "any"
    quirks: tuple[Quirk, ...] = ()
    gone: int = 404


class Lookalike(Record):
    """A newly seen host name that imitates a brand. It counts as planted where nothing answers there."""

    host: str


class ReportedLink(Record):
    """An address that a citizen reported, with what they wrote, and on which device they saw it."""

    host: str
    path: str
    note: str
    device: Device = "desktop"


def read_yaml(name: str) -> Any:
    """The parsed YAML file `name` of the content folder."""
    return yaml.safe_load((CONTENT / name).read_text("utf-8"))


@lru_cache
def articles() -> tuple[Article, ...]:
    """Every article of every day, newest first; series are written out."""
    found: list[Article] = []
    for file in sorted((CONTENT / "news").glob("*.yaml")):
        found.extend(Article(**entry) for entry in read_yaml(f"news/{file.name}"))
    for file in sorted((CONTENT / "series").glob("*.yaml")):
        found.extend(_written_out(read_yaml(f"series/{file.name}")))
    return tuple(sorted(found, key=lambda article: article.published, reverse=True))


def _written_out(series: dict[str, Any]) -> Iterator[Article]:
    """The articles of a series: one text with gaps, and one row of values for each article."""
    environment = Environment(undefined=StrictUndefined, autoescape=False)
    rows = series.pop("rows")
    for row in rows:
        yield Article(**{key: environment.from_string(text).render(row) for key, text in series.items()})


@lru_cache
def news_site() -> NewsSite:
    """The news site's masthead, sections and odd links."""
    return NewsSite(**read_yaml("news-site.yaml"))


@lru_cache
def creatives() -> tuple[Creative, ...]:
    """Every advertisement of the network."""
    return tuple(Creative(**entry) for entry in read_yaml("advertisements.yaml"))


@lru_cache
def place(name: str) -> Place:
    """The social page or channel in `posts/<name>.yaml`."""
    return Place(**read_yaml(f"posts/{name}.yaml"))


@lru_cache
def lookalikes() -> tuple[Lookalike, ...]:
    """The host names of the feed that imitate a brand."""
    return tuple(Lookalike(**entry) for entry in read_yaml("lookalikes.yaml"))


@lru_cache
def reported_links() -> tuple[ReportedLink, ...]:
    """What citizens reported."""
    return tuple(ReportedLink(**entry) for entry in read_yaml("reported.yaml"))


def site_pages() -> Iterator[tuple[str, SitePage, str]]:
    """Host, front matter and template text of every page of the landing sites."""
    for file in sorted((CONTENT / "sites").glob("*/*.html")):
        _, front, template = file.read_text("utf-8").split("---\n", 2)
        yield file.parent.name, SitePage(**yaml.safe_load(front)), template


def templates(address: Address, day: int) -> Environment:
    """The Jinja environment of the demo web as it stands on `day` at `address`."""
    environment = Environment(
        loader=FileSystemLoader(CONTENT / "templates"), autoescape=True, undefined=StrictUndefined
    )
    environment.globals.update(url=address.url, day=day)
    environment.filters["split_letters"] = lambda html: Markup(split_letters(str(html)))
    return environment
