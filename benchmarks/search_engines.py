"""Filling each index beside its baseline: plain SQLite for the embedded one, the client's own helper for Elasticsearch.

Embedded: plain `executemany` into the same tables, rows folded beforehand, on one connection; both sides commit every
500 hits, with another connection open as the records keep one. Elasticsearch: `elasticsearch.helpers.parallel_bulk`
with its own defaults and ready-made documents, into an index of the same mapping and settings; both sides refresh once
at the end. Ours starts from unfolded documents on either. Rounds alternate, and the ratio is the median of the rounds'
ratios, so that a machine whose speed drifts is fair to both.
"""

from __future__ import annotations

import json
import signal
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from elasticsearch import Elasticsearch
from elasticsearch.helpers import parallel_bulk

from benchmarks.search_material import batches
from search.indexes.elastic import ElasticsearchIndex
from search.indexes.elastic_documents import MAPPING, bulk_chunks
from search.indexes.elastic_server import ElasticsearchAddress
from search.indexes.embedded import EmbeddedIndex
from search.indexes.embedded_tables import rows_of
from search.indexes.index import Document

START = Path(__file__).parents[1] / "deploy" / "elasticsearch" / "start"
PUT = 2_000
"""How many documents a rebuild gives the index at once."""


class ServerMissing(Exception):
    """Elasticsearch cannot be had on this machine; the message says why."""


@dataclass(frozen=True, slots=True)
class Filling:
    """Hits a second, medians over the rounds; `ratio` is the median of ours over the baseline, round by round."""

    ours_per_second: float
    baseline_per_second: float
    ratio: float

    @classmethod
    def of(cls, seconds: Sequence[tuple[float, float]], hits: int) -> Filling:
        """From the seconds that ours and the baseline took in each round."""
        return cls(
            round(hits / statistics.median(ours for ours, _ in seconds)),
            round(hits / statistics.median(baseline for _, baseline in seconds)),
            round(statistics.median(baseline / ours for ours, baseline in seconds), 3),
        )


def fill_embedded(folder: Path, hits: int, rounds: int) -> Filling:
    """Fill an embedded index and plain tables in turn."""
    documents = list(batches(0, hits))
    rows = [rows_of(batch) for batch in documents]
    seconds = []
    for number in range(rounds):
        pair = []
        for name, fill in (("ours", _put), ("plain", _executemany)):
            index = EmbeddedIndex(folder / f"{name}-{number}.db")
            with closing(sqlite3.connect(index.path)) as other:
                other.execute("SELECT count(*) FROM sqlite_master").fetchone()
                pair.append(_seconds(lambda fill=fill, index=index: fill(index, documents, rows)))  # type: ignore[misc]
            if index.count() != hits:
                raise RuntimeError(f"{name} holds {index.count()} of {hits} hits")
            index.path.unlink()
        seconds.append((pair[0], pair[1]))
    return Filling.of(seconds, hits)


Rows = dict[str, list[tuple[int | str, ...]]]


def _put(index: EmbeddedIndex, documents: Sequence[Sequence[Document]], rows: Sequence[Rows]) -> None:
    for batch in documents:
        index.put(batch)


def _executemany(index: EmbeddedIndex, documents: Sequence[Sequence[Document]], rows: Sequence[Rows]) -> None:
    with closing(sqlite3.connect(index.path)) as connection:
        connection.execute("PRAGMA synchronous=NORMAL")
        for batch in rows:
            with connection:
                for statement, values in batch.items():
                    connection.executemany(statement.replace("index_", "index1_"), values)


def fill_elasticsearch(address: ElasticsearchAddress, hits: int, rounds: int) -> Filling:
    """Fill an index on the server by a renewal, and one by the client's helper, in turn; one untimed round first."""
    documents = list(batches(0, hits, PUT))
    lines = [line for batch in documents for chunk in bulk_chunks(batch) for _, line in chunk]
    ready = [json.loads(line.splitlines()[1]) for line in lines]
    index = ElasticsearchIndex(address)
    client = Elasticsearch(address.url)
    seconds = []
    for number in range(rounds + 1):
        ours = _seconds(lambda: _renew(index, documents))
        (settings,) = client.indices.get_settings(index=index.alias).values()
        kept = {name: settings["settings"]["index"][name] for name in ("number_of_shards", "number_of_replicas")}
        client.indices.create(index="baseline", mappings=MAPPING, settings=kept)
        baseline = _seconds(lambda: _parallel_bulk(client, ready))
        held = client.count(index="baseline")["count"]
        if (index.count(), held) != (hits, hits):
            raise RuntimeError(f"the indexes hold {index.count()} and {held} of {hits} hits")
        client.indices.delete(index="baseline")
        if number:
            seconds.append((ours, baseline))
    client.close()
    index.clear()
    index.close()
    return Filling.of(seconds, hits)


def _renew(index: ElasticsearchIndex, documents: Sequence[Sequence[Document]]) -> None:
    with index.renewal() as fresh:
        for batch in documents:
            fresh.put(batch)


def _parallel_bulk(client: Elasticsearch, ready: Sequence[dict[str, Any]]) -> None:
    actions = (
        {"_index": "baseline", "_id": str(body["id"]), "version": 1, "version_type": "external", "_source": body}
        for body in ready
    )
    for is_taken, answer in parallel_bulk(client, actions):
        if not is_taken:
            raise RuntimeError(f"the baseline was refused a hit: {answer}")
    client.indices.refresh(index="baseline")


def _seconds(do: Callable[[], None]) -> float:
    started = time.perf_counter()
    do()
    return time.perf_counter() - started


@contextmanager
def running_elasticsearch() -> Iterator[tuple[ElasticsearchAddress, str]]:
    """The address and version of a server of our own, which is ended with the block. Raises ServerMissing."""
    starter = subprocess.Popen([sys.executable, START], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        line = starter.stdout.readline() if starter.stdout else ""
        if not line:
            raise ServerMissing(starter.communicate()[1].strip())
        told = json.loads(line)
        yield ElasticsearchAddress(told["url"]), told["version"]
    finally:
        starter.send_signal(signal.SIGTERM)
        starter.communicate(timeout=60)
