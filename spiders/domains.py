"""Newly seen host names: feeds by file or address, every name matched, suspicious ones visited.

A feed has a host name a line: plain, first column of a tab- or comma-separated table, a hosts file, or addresses.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.guard import urlsplit_safely
from crawler.limit import LIMIT_SETTING, is_asked_for
from crawler.recorder import RunRecorder
from crawler.rules import load_installed_rules
from crawler.settings import load_settings
from matchers.hosts.lookalike import lookalike
from matchers.page import Page, PageKind
from spiders.base import facts_of
from spiders.lists import ListSpider

HOST: Final = "host"
"""Name of the fact that ties a page to the host name it was visited for."""
_HOST: Final = re.compile(r"(?:\*\.)?([^\s,;|/:@#]+\.[^\s,;|/:.@#]{2,63})\.?(:\d{1,5})?", re.ASCII | re.IGNORECASE)
_SINKS: Final = ("0.0.0.0", "127.0.0.1", "::", "::1")
_COLUMNS: Final = re.compile(r"[\t, ;|]")


class DomainsSpider(ListSpider):
    """Matches every host name of its feeds against the brands."""

    names_read = 0
    names_suspicious = 0

    async def start(self) -> AsyncIterator[Any]:
        self.brands = load_installed_rules(load_settings()).brands
        self.suspicious: set[str] = set()
        async for result in super().start():
            yield result

    def parse_landing(self, response: Response) -> Iterator[Any]:
        """What the host shows; where that is no page, or another host's, its name is a finding of its own."""
        host = response.meta["facts"][HOST]
        page = self.page(response, PageKind.LANDING)
        if page is not None:
            yield page
        if page is None or urlsplit_safely(page.url)[1] != host.partition(":")[0]:
            yield self._host_page(host)

    def name_alone(self, failure: Failure) -> Iterator[Any]:
        """The host could not be visited: its name is the finding."""
        self.failed(failure)
        if host := facts_of(failure).get(HOST):
            yield self._host_page(host)

    def entries(self, lines: Iterable[str], place: str) -> Iterator[Any]:
        before = self.names_read
        for line in lines:
            host = read_host(line)
            if host is None:
                continue
            self.names_read += 1
            if host in self.suspicious or lookalike(host.partition(":")[0], self.brands) is None:
                continue
            if is_asked_for(self.crawler) and len(self.suspicious) >= self.crawler.settings.getint(LIMIT_SETTING):
                # A source's own limit bounds visits alone: a name that is only read costs nobody anything.
                break
            self.suspicious.add(host)
            self.names_suspicious += 1
            if self.source.follow:
                # Not filtered: two names that redirect to one page are two findings.
                yield from self.lead(
                    f"http://{host}/",
                    place if urlsplit_safely(place)[0] else "",
                    facts={HOST: host},
                    errback=self.name_alone,
                    renders=self.source.render,
                    dont_filter=True,
                )
            else:
                yield self._host_page(host)
        if self.names_read == before:
            self.fail("empty_feed", place, "holds no host name")
        RunRecorder.of(self.crawler).detail = f"{self.names_read} host names read, {self.names_suspicious} suspicious"

    def _host_page(self, host: str) -> Page:
        return Page(
            url=f"http://{host}/",
            fetched_at=datetime.now(UTC),
            source=self.source.name,
            kind=PageKind.HOST,
            status=0,
            title=host,
        )


def read_host(line: str) -> str | None:
    """The host name (with port where one is given) that a feed's line holds, lower case; None when it has none.

    >>> read_host("0.0.0.0 vietcombank-dangnhap.top")
    'vietcombank-dangnhap.top'
    >>> read_host("https://vietcombank-dangnhap.top/vn/index.php")
    'vietcombank-dangnhap.top'
    """
    columns = [column for column in _COLUMNS.split(line.strip()) if column]
    if columns and columns[0] in _SINKS:
        columns = columns[1:]
    if not columns or columns[0].startswith("#"):
        return None
    name = columns[0]
    if "://" in name:
        name = name.partition("://")[2].partition("/")[0].partition("?")[0].rpartition("@")[2]
    found = _HOST.fullmatch(name)
    return (found[1] + (found[2] or "")).lower() if found else None
