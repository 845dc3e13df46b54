"""The ad network of the demo web: iframes, a script that makes banners, and clicks that pass two redirects."""

from __future__ import annotations

import json
from collections.abc import Iterator

from crawler.demo.content import Creative, creatives, templates
from crawler.demo.document import Address, Document, html_bytes

NETWORK = "qc.mangquangcao.test"
CLICKS = "bam.mangquangcao.test"
TRACKER = "theodoi.dolieuqc.test"


def slots(position: int, day: int, everything: bool = False) -> tuple[Creative, ...]:
    """The creatives of the page at `position`: one iframe and one banner in turn, or all of them."""
    current = [creative for creative in creatives() if day in creative.days]
    if everything:
        return tuple(current)
    frames = [creative for creative in current if creative.form == "iframe"]
    banners = [creative for creative in current if creative.form == "banner"]
    return frames[position % len(frames)], banners[position % len(banners)]


def click_path(creative: Creative) -> str:
    """Path and query of the first hop of a click."""
    return f"/c?id={creative.id}"


def documents(day: int, address: Address) -> Iterator[Document]:
    """Frames, banner script, pictures and both hops of every click of `day`."""
    environment = templates(address, day)
    banners = {}
    for creative in slots(0, day, everything=True):
        click = address.url(CLICKS, click_path(creative))
        picture = f"/anh/{creative.id}.svg"
        svg = environment.get_template("advertising/picture.svg").render(creative=creative)
        yield Document(NETWORK, picture, svg.encode(), media_type="image/svg+xml")
        if creative.form == "iframe":
            frame = environment.get_template("advertising/frame.html").render(
                creative=creative, click=click, picture=address.url(NETWORK, picture)
            )
            yield Document(NETWORK, f"/khung/{creative.id}", html_bytes(frame))
        else:
            banners[creative.id] = {
                "click": click,
                "picture": address.url(NETWORK, picture),
                "headline": creative.headline,
                "text": creative.text,
                "button": creative.button,
                "advertiser": creative.advertiser,
                "background": creative.colours[0],
            }
        yield from _click(creative, address)
    script = environment.get_template("advertising/banners.js").render(banners=json.dumps(banners, ensure_ascii=False))
    yield Document(NETWORK, "/the.js", script.encode(), media_type="text/javascript; charset=utf-8")


def _click(creative: Creative, address: Address) -> Iterator[Document]:
    """Both hops of a click. The first is the address by which an advertisement is known."""
    measured = f"/r?cd={creative.id}"
    host, path = creative.landing
    yield Document(
        CLICKS,
        click_path(creative),
        status=302,
        location=address.url(TRACKER, measured),
        kind="advertisement",
        truth=creative.planted,
    )
    landing = address.url(host, f"{path}?ref=mqc-{creative.id}")
    yield Document(TRACKER, measured, status=302, location=landing)
