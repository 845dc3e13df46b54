"""An installation to measure: records, an index, and the console over loopback HTTP with a signed-in browser."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import httpx
from elasticsearch import Elasticsearch
from sqlalchemy import insert, text

from benchmarks.search_material import CATEGORIES, MEANINGS, batches, hit_row, questions, texts
from console.accounts import add_account
from console.app import create_app
from console.gate import session_cookie
from console.roles import Role
from console.sessions import open_session
from console.settings import ConsoleSettings
from crawler.cli.serving import address, listen, server
from evidence.vault import FolderVault
from matchers.match import Severity
from matchers.rules import Category
from search.indexes.elastic import ElasticsearchIndex
from search.indexes.elastic_server import ElasticsearchAddress
from search.indexes.embedded import EmbeddedIndex
from search.indexes.index import Index
from search.indexes.installation import open_index
from search.language.query import parse
from search.records import Records, open_records
from search.tables import HitRow

QUESTIONS = 40
"""How many questions of a kind are timed."""
WARM_UP = 10
"""How many are asked before, untimed: what a server's compiler and anybody's caches do in the first seconds is not."""
PAGES = 30
"""How many pages of the console are timed."""
_STATISTICS_SECONDS = 11
"""Elasticsearch counts its bytes anew every ten seconds."""
PUT = 2_000
"""How many documents the index is given at once."""


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Milliseconds: the median, and what nineteen of twenty stay below."""

    p50_ms: float
    p95_ms: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Percentiles:
        """From the seconds that each took."""
        ranked = sorted(seconds)
        low, high = (ranked[min(len(ranked) - 1, len(ranked) * percent // 100)] for percent in (50, 95))
        return cls(round(low * 1000, 1), round(high * 1000, 1))


@dataclass(frozen=True, slots=True)
class Answers:
    """What an installation of so many hits was measured at. Facets and the timeline are counted for every question."""

    hits: int
    put_per_second: float
    """Hits a second that the index took, over those put since the size before."""
    bytes_per_hit: float
    questions: dict[str, Percentiles]
    console_page: Percentiles
    every_id_ms: float
    """All ids of an export, in order."""


class Installation:
    """Records and an index in a folder, which grow together."""

    def __init__(self, folder: Path, elasticsearch: ElasticsearchAddress | None) -> None:
        self.folder = folder
        self.records: Records = open_records(f"sqlite:///{folder / 'luoitroi.db'}")
        self.index: EmbeddedIndex | ElasticsearchIndex = open_index(self.records, folder, elasticsearch)
        self.hits = 0
        self._index_bytes = 0

    def close(self) -> None:
        self.index.close()
        self.records.close()

    def grow(self, hits: int) -> Answers:
        """Fill records and index up to so many hits, and ask them."""
        started_with = self.hits
        seconds = 0.0
        for documents in batches(started_with, hits, PUT):
            with self.records.write() as session:
                session.execute(insert(HitRow), list(map(hit_row, documents)))
            before = self._used_bytes()
            started = time.perf_counter()
            self.index.put(documents)
            seconds += time.perf_counter() - started
            self._index_bytes += self._used_bytes() - before
        self.hits = hits
        if self.index.count() != hits:
            raise RuntimeError(f"the index holds {self.index.count()} of {hits} hits")
        return Answers(
            hits=hits,
            put_per_second=round((hits - started_with) / seconds),
            questions={kind: _asked(self.index, kind) for kind in MEANINGS},
            console_page=self._console_page(),
            every_id_ms=_every_id_ms(self.index),
            bytes_per_hit=round(self._size() / hits),
        )

    def _used_bytes(self) -> int:
        """What the database file holds, free pages left out: the embedded index stands beside the records in it."""
        with self.records.engine.connect() as connection:
            pages, free, size = (
                connection.execute(text(f"PRAGMA {name}")).scalar_one()
                for name in ("page_count", "freelist_count", "page_size")
            )
        return int((pages - free) * size)

    def _size(self) -> int:
        if isinstance(self.index, EmbeddedIndex):
            return self._index_bytes
        time.sleep(_STATISTICS_SECONDS)
        with closing(Elasticsearch(self.index.address.url)) as client:
            told = client.indices.stats(index=self.index.alias, metric="store")
        return int(told["_all"]["primaries"]["store"]["size_in_bytes"])

    def _console_page(self) -> Percentiles:
        seconds = []
        with _signed_in(self.records, self.index, self.folder) as browser:
            for question in texts("common_words", WARM_UP + PAGES):
                started = time.perf_counter()
                page = browser.get("/hits", params={"q": question})
                seconds.append(time.perf_counter() - started)
                if page.status_code != 200 or "/hits/" not in page.text:
                    raise RuntimeError(f"the console answered {page.status_code}, without a hit")
        return Percentiles.of(seconds[WARM_UP:])


def _asked(index: Index, kind: str) -> Percentiles:
    seconds = []
    for query in questions(kind, WARM_UP + QUESTIONS):
        started = time.perf_counter()
        index.search(query)
        seconds.append(time.perf_counter() - started)
    return Percentiles.of(seconds[WARM_UP:])


def _every_id_ms(index: Index) -> float:
    started = time.perf_counter()
    for _ in index.ids(parse("")):
        pass
    return round((time.perf_counter() - started) * 1000, 1)


@contextmanager
def _signed_in(records: Records, index: Index, folder: Path) -> Iterator[httpx.Client]:
    """A browser at a console of its own, signed in; both end with the block."""
    settings = ConsoleSettings(port=0)
    categories = {name: Category(name, name, name, Severity.MEDIUM) for name in CATEGORIES}
    console = server(create_app(records, index, FolderVault(folder / "vault"), categories, settings))
    listening = listen(settings)
    serving = Thread(target=console.run, args=([listening],))
    serving.start()
    try:
        name = f"bench-{secrets.token_hex(4)}"
        account = add_account(records, name, secrets.token_urlsafe(16), Role.INSPECTOR)
        cookies = {session_cookie(settings): open_session(records, account, settings.session_hours)}
        headers = {"accept": "text/html"}
        with httpx.Client(base_url=address(listening), cookies=cookies, headers=headers, timeout=60) as browser:
            yield browser
    finally:
        console.should_exit = True
        serving.join()
        listening.close()
