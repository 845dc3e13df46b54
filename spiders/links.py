"""Reported links: addresses from citizens or colleagues, by file or through the console, each visited once.

A file has an address a line, or is a CSV whose first column is the address and second a note.
"""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path
from typing import Any

from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.guard import urlsplit_safely
from crawler.pipeline import RECEIPT
from crawler.recorder import RunRecorder
from search.reports import ReportOutcome, answer_link, waiting_links
from spiders.base import SourceSpider


class LinksSpider(SourceSpider):
    """Visits what was reported: the console's waiting reports, and the files and lists under `start`."""

    async def start(self) -> AsyncIterator[Any]:
        recorder = RunRecorder.of(self.crawler)
        if not recorder.is_dry:
            for link in waiting_links(recorder.records):
                yield self._visit(link.url, {RECEIPT: link.receipt, "note": link.note})
        for address in self.source.start:
            if urlsplit_safely(address)[0]:
                yield self.ask(address, self.parse, is_start=True, renders=False)
            else:
                for request in self._file(Path(address)):
                    yield request

    def parse(self, response: Response) -> Iterator[Any]:
        lines = response.body.decode("utf-8-sig", "replace").splitlines()
        yield from self._addresses(lines, response.url)

    def unreachable(self, failure: Failure) -> None:
        """Nobody could be reached there: the report gets that as its answer."""
        self.failed(failure)
        request = getattr(failure, "request", None)
        receipt = request.meta["facts"].get(RECEIPT) if request is not None else None
        if receipt:
            answer_link(RunRecorder.of(self.crawler).records, receipt, ReportOutcome.UNREACHABLE)

    def _file(self, path: Path) -> Iterator[Any]:
        try:
            with path.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
                yield from self._addresses(lines, str(path))
        except OSError as error:
            self.fail("file_unreadable", str(path), f"{error.strerror}; correct start: of {self.source.name}")

    def _addresses(self, lines: Iterable[str], place: str) -> Iterator[Any]:
        is_empty = True
        for row in csv.reader(line for line in lines if not line.lstrip().startswith("#")):
            address = row[0].strip() if row else ""
            if not address or address.lower() in ("url", "link"):
                continue
            is_empty = False
            if "://" not in address:
                address = f"http://{address}"
            if not urlsplit_safely(address)[1]:
                self.fail("not_an_address", place, address)
                continue
            yield self._visit(address, {"note": row[1].strip()} if len(row) > 1 else {})
        if is_empty:
            self.fail("empty_feed", place, "holds no address")

    def _visit(self, address: str, facts: dict[str, str]) -> Any:
        request = self.ask(address, self.parse_landing, facts=facts, dont_filter=True)
        return request.replace(errback=self.unreachable)
