"""Pages and rules that the tests of the matchers share."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

from matchers.judge import Judge
from matchers.page import Form, Link, Page, PageKind
from matchers.rules import Rules, load_rules

SEEN_AT = datetime(2025, 3, 1, 8, 0, tzinfo=UTC)


@cache
def rules() -> Rules:
    """The built-in rules, loaded once a process."""
    return load_rules()


@cache
def judge() -> Judge:
    """A judge by the built-in rules."""
    return Judge(rules())


def page(
    text: str = "",
    *,
    kind: PageKind = PageKind.LANDING,
    url: str = "https://trang-nao-do.com/",
    title: str = "",
    facts: dict[str, str] | None = None,
    forms: tuple[Form, ...] = (),
    links: tuple[Link, ...] = (),
    contacts: tuple[str, ...] = (),
) -> Page:
    """A page of our own making."""
    return Page(
        url=url,
        fetched_at=SEEN_AT,
        source="test",
        kind=kind,
        title=title,
        text=text,
        facts=facts or {},
        forms=forms,
        links=links,
        contacts=contacts,
    )
