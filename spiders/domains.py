"""Newly seen host names: feeds by file or address, every name matched, suspicious ones visited.

A feed has a host name a line: plain, first column of a tab- or comma-separated table, or a hosts file.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.guard import urlsplit_safely
from crawler.recorder import RunRecorder
from crawler.rules import load_installed_rules
from crawler.settings import load_settings
from matchers.domains import lookalike
from matchers.page import Page, PageKind
from spiders.base import SourceSpider

_HOST = re.compile(r"(?:\*\.)?([^\s,;|/:]+\.[^\s,;|/:.]{2,63})\.?(:\d{1,5})?", re.ASCII | re.IGNORECASE)
_SINKS = ("0.0.0.0", "127.0.0.1", "::", "::1")
_COLUMNS = re.compile(r"[\t, ;|]")


class DomainsSpider(SourceSpider):
    """Matches every host name of its feeds against the brands."""

    names_read = 0
    names_suspicious = 0

    async def start(self) -> AsyncIterator[Any]:
        self.brands = load_installed_rules(load_settings()).brands
        for address in self.source.start:
            if urlsplit_safely(address)[0]:
                yield self.ask(address, self.parse, is_start=True)
            else:
                for result in self._file(Path(address)):
                    yield result

    def parse(self, response: Response) -> Iterator[Any]:
        lines = response.body.decode("utf-8", "replace").splitlines()
        yield from self._names(lines, response.url)

    def name_alone(self, failure: Failure) -> Iterator[Any]:
        """The host could not be visited: its name is the finding."""
        self.failed(failure)
        request = getattr(failure, "request", None)
        if request is not None:
            yield self._host_page(request.meta["facts"]["host"])

    def _file(self, path: Path) -> Iterator[Any]:
        try:
            with path.open(encoding="utf-8", errors="replace") as lines:
                yield from self._names(lines, str(path))
        except OSError as error:
            self.fail("file_unreadable", str(path), f"{error.strerror}; correct start: of {self.source.name}")

    def _names(self, lines: Iterable[str], place: str) -> Iterator[Any]:
        before = self.names_read
        for line in lines:
            host = read_host(line)
            if host is None:
                continue
            self.names_read += 1
            if lookalike(host.partition(":")[0], self.brands) is None:
                continue
            self.names_suspicious += 1
            if self.source.follow:
                request = self.lead(f"http://{host}/", place, facts={"host": host})
                yield request.replace(errback=self.name_alone)
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
    """The host name (with port where one is given) that a feed's line holds, lower case; None when it has none."""
    columns = [column for column in _COLUMNS.split(line.strip()) if column]
    if columns and columns[0] in _SINKS:
        columns = columns[1:]
    if not columns or columns[0].startswith("#"):
        return None
    found = _HOST.fullmatch(columns[0])
    return (found[1] + (found[2] or "")).lower() if found else None
