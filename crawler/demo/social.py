"""The social page (needs a browser: posts come from a JSON endpoint as one scrolls) and the channel previews."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from crawler.demo.content import Place, Post, place, templates
from crawler.demo.document import Address, Document, html_bytes

SOCIAL_HOST = "mangbanbe.test"
SOCIAL_PLACES = ("hoi-cho-viec",)
CHANNEL_HOST = "kenhtin.test"
CHANNEL_PLACES = ("sanviec", "vuonnha")
POSTS_PER_SCROLL = 6


def documents(day: int, address: Address) -> Iterator[Document]:
    """Everything the social page and the channel previews answer on `day`."""
    environment = templates(address, day)
    for name in SOCIAL_PLACES:
        yield from _social(environment, place(name), day)
    for name in CHANNEL_PLACES:
        yield from _channel(environment, place(name), day)


def _paragraphs(environment: Environment, post: Post) -> Markup:
    """The text of a post as HTML, line for line."""
    return Markup("<br>\n".join(environment.from_string(post.text).render().strip().split("\n")))


def _social(environment: Environment, page: Place, day: int) -> Iterator[Document]:
    posts = page.posts_on(day)
    shell = environment.get_template("social/page.html")
    first = f"/api/trang/{page.slug}?tu=0"
    html = shell.render(place=page, endpoint=first, title=page.name)
    yield Document(SOCIAL_HOST, f"/trang/{page.slug}", html_bytes(html))
    for start in range(0, len(posts), POSTS_PER_SCROLL):
        end = start + POSTS_PER_SCROLL
        following = f"/api/trang/{page.slug}?tu={end}" if end < len(posts) else None
        batch = [_as_json(environment, post) for post in posts[start:end]]
        yield _json(f"/api/trang/{page.slug}?tu={start}", {"bai": batch, "tiep": following})
    for post in posts:
        html = shell.render(place=page, endpoint=f"/api/bai/{post.id}", title=post.author)
        path = f"/bai/{post.id}"
        yield Document(SOCIAL_HOST, path, html_bytes(html), kind="post", truth=post.planted)
        yield _json(f"/api/bai/{post.id}", {"bai": [_as_json(environment, post)], "tiep": None})


def _as_json(environment: Environment, post: Post) -> dict[str, Any]:
    return {
        "duong_dan": f"/bai/{post.id}",
        "tac_gia": post.author,
        "luc": post.published,
        "noi_dung": str(_paragraphs(environment, post)),
        "luot_thich": post.reactions,
    }


def _json(path: str, value: dict[str, Any]) -> Document:
    body = json.dumps(value, ensure_ascii=False).encode()
    return Document(SOCIAL_HOST, path, body, media_type="application/json")


def _channel(environment: Environment, channel: Place, day: int) -> Iterator[Document]:
    posts = channel.posts_on(day)
    messages = [(post, _paragraphs(environment, post)) for post in reversed(posts)]
    preview = environment.get_template("social/channel.html").render(
        place=channel, messages=messages, host=CHANNEL_HOST
    )
    yield Document(CHANNEL_HOST, f"/s/{channel.slug}", html_bytes(preview))
    single = environment.get_template("social/channel.html")
    for message in messages:
        html = single.render(place=channel, messages=[message], host=CHANNEL_HOST)
        post = message[0]
        path = f"/{channel.slug}/{post.id}"
        yield Document(CHANNEL_HOST, path, html_bytes(html), kind="post", truth=post.planted)
