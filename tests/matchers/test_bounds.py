"""Whatever a site sends is judged within a bound: megabytes of anything, thousands of links, no letters at all."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import pytest

from matchers.judge import Judge, load_rules
from matchers.page import Form, Link, Page, PageKind

SIZE = 10_000_000
SECONDS = 5
"""Many times what the dearest takes on a quiet machine (docs/matching.md), and far below what a square would."""


def _noise() -> str:
    draw = random.Random(7)
    return "".join(map(chr, draw.choices(range(0x10FFFF), k=SIZE // 20))) * 4


HOSTILE: dict[str, Callable[[], str]] = {
    "letters": lambda: "a" * SIZE,
    "digits": lambda: "0" * SIZE,
    "dots": lambda: "." * SIZE,
    "digits and dots": lambda: "0.9." * (SIZE // 4),
    "hosts": lambda: "vietcombank-a.top " * (SIZE // 18),
    "one long host": lambda: "a-" * (SIZE // 2) + ".com",
    "phones": lambda: "0988 123 456 " * (SIZE // 13),
    "phones in words": lambda: "không chín tám tám " * (SIZE // 19),
    "marks": lambda: "a" + "\u0301" * SIZE,
    "emoji": lambda: "🔥l🔥ừ🔥a" * (SIZE // 6),
    "letters kept apart": lambda: "l.ừ.a đ.ả.o " * (SIZE // 12),
    "phrases": lambda: "vay nhanh không cần thế chấp " * (SIZE // 29),
    "odd words": lambda: "vaynhnah khongcn thchap " * (SIZE // 24),
    "line breaks": lambda: "\n" * SIZE,
    "brackets": lambda: "(" * SIZE,
    "addresses": lambda: "a@" * (SIZE // 2),
    "schemes": lambda: "https://" * (SIZE // 8),
    "copyright lines": lambda: "© Techcombank\n" * (SIZE // 14),
    "lone surrogates": lambda: "\ud800vay\udfff " * (SIZE // 6),
    "noise": _noise,
}


@cache
def _judge() -> Judge:
    return Judge(load_rules())


def _page(title: str, text: str) -> Page:
    return Page(
        url="https://trang-la.top/",
        fetched_at=datetime(2025, 3, 1, tzinfo=UTC),
        source="test",
        kind=PageKind.LANDING,
        title=title,
        text=text,
        forms=(Form("/", has_password=True, fields=("otp",)),),
    )


def _seconds(page: Page) -> float:
    _judge().judge(_page("Chào", "Chào"))  # the automata are made once, and are not the page's
    started = time.process_time()
    _judge().judge(page)
    return time.process_time() - started


@pytest.mark.parametrize("kind", HOSTILE)
def test_ten_megabytes_of_anything_are_judged_within_the_bound(kind: str) -> None:
    text = HOSTILE[kind]()
    assert _seconds(_page("Chào", text)) < SECONDS
    assert _seconds(_page(text, text[:1000])) < SECONDS


def test_a_hundred_thousand_links_contacts_and_facts_are_judged_within_the_bound() -> None:
    links = tuple(Link(f"https://vay-{number}.top/", "vay nhanh") for number in range(100_000))
    crowded = replace(
        _page("Chào", "Vay nhanh"),
        links=links,
        contacts=tuple(f"tel:09881{number:05}" for number in range(100_000)),
        facts={"site_name": "a" * SIZE, "heading": "vay " * (SIZE // 4), "byline": "x" * SIZE},
        url="https://a.top/" + "a" * SIZE,
    )
    assert _seconds(crowded) < SECONDS
    assert _seconds(replace(crowded, kind=PageKind.POST)) < SECONDS
