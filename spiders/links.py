"""Reported links: addresses from citizens or colleagues, by file or through the console, each visited once.

A file has an address a line, or is a CSV whose first column is the address and second a note.
"""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any, Final

from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.guard import urlsplit_safely
from crawler.pipeline import RECEIPT
from crawler.recorder import RunRecorder
from matchers.page import PageKind
from search.records import RecordsError
from search.reports import ReportOutcome, answer_link, waiting_links
from spiders.base import facts_of
from spiders.lists import ListSpider

HEADINGS: Final = frozenset({"url", "link", "address", "địa chỉ", "đường dẫn", "liên kết"})
"""What the first column of a table is called."""
MAX_FIELD_CHARACTERS: Final = 10_000


class LinksSpider(ListSpider):
    """Visits what was reported: the console's waiting reports, and the files and lists under `start`."""

    async def start(self) -> AsyncIterator[Any]:
        recorder = RunRecorder.of(self.crawler)
        if not recorder.is_dry:
            for link in waiting_links(recorder.records):
                for request in self._visit(link.url, {RECEIPT: link.receipt, "note": link.note}):
                    yield request
        async for result in super().start():
            yield result

    def parse_landing(self, response: Response) -> Iterator[Any]:
        """What stands at a reported address; what is no page cannot be looked into, and its report says so."""
        page = self.page(response, PageKind.LANDING)
        if page is not None:
            yield page
        else:
            self._answer(response.meta["facts"])

    def unreachable(self, failure: Failure) -> None:
        """Nobody could be reached there: the report gets that as its answer."""
        self.failed(failure)
        self._answer(facts_of(failure))

    def _answer(self, facts: dict[str, str]) -> None:
        recorder = RunRecorder.of(self.crawler)
        receipt = facts.get(RECEIPT)
        if receipt and not recorder.is_dry and recorder.fatal is None:
            try:
                answer_link(recorder.records, receipt, ReportOutcome.UNREACHABLE)
            except RecordsError as error:
                recorder.stop(error)

    def entries(self, lines: Iterable[str], place: str) -> Iterator[Any]:
        is_empty = True
        for line in lines:
            if line.lstrip().startswith("#"):
                continue
            # A row a line, and an open quotation mark means nothing: no address is swallowed by the one above it.
            plain = line if line.count('"') % 2 == 0 else line.replace('"', "")
            row = next(csv.reader([plain[:MAX_FIELD_CHARACTERS]]), [])
            address = row[0].strip() if row else ""
            if not address or address.lower() in HEADINGS:
                continue
            is_empty = False
            if "://" not in address:
                address = f"http://{address}"
            if "." not in urlsplit_safely(address)[1]:
                self.fail("not_an_address", place, address)
                continue
            yield from self._visit(address, {"note": row[1].strip()} if len(row) > 1 else {})
        if is_empty:
            self.fail("empty_feed", place, "holds no address")

    def _visit(self, address: str, facts: dict[str, str]) -> Iterator[Any]:
        yield from self.ask(address, self.parse_landing, errback=self.unreachable, facts=facts, dont_filter=True)
