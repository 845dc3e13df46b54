"""Lists of addresses or names, a line each: from the web or from a file beside the source."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path
from typing import Any

from scrapy.http import Response

from crawler.guard import urlsplit_safely
from spiders.base import SourceSpider


class ListSpider(SourceSpider):
    """Reads every start address, or file, as lines. Subclasses say what a line is, in `entries`."""

    @abstractmethod
    def entries(self, lines: Iterable[str], place: str) -> Iterator[Any]:
        """What the lines of the list at `place` (an address or a path) lead to."""

    async def start(self) -> AsyncIterator[Any]:
        for address in self.source.start:
            results = (
                self.ask(address, self.parse, is_start=True, renders=False)
                if urlsplit_safely(address)[0]
                else self._file(Path(address))
            )
            for result in results:
                yield result

    def parse(self, response: Response) -> Iterator[Any]:
        yield from self.entries(response.body.decode("utf-8-sig", "replace").splitlines(), response.url)

    def _file(self, path: Path) -> Iterator[Any]:
        try:
            with path.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
                yield from self.entries((line.rstrip("\r\n") for line in lines), str(path))
        except OSError as error:
            self.fail("file_unreadable", str(path), f"{error.strerror}; correct start: of {self.source.name}")
