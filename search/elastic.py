"""The index on an Elasticsearch server, for installations that outgrow one machine."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from typing import Any, Final

import elasticsearch
from elasticsearch import ApiError, Elasticsearch, TransportError

from search.elastic_documents import MAPPING, SCHEMA, bulk_chunks
from search.elastic_query import query_body, sort_body
from search.elastic_server import BUSY, ElasticsearchAddress, cause, check_version, connect, explain
from search.index import FACET_FIELDS, Document, DocumentsRefused, IndexUnavailable, Results
from search.query import MAX_OFFSET, MAX_PAGE_SIZE, Query

SCAN_SIZE: Final = 5_000
FACET_SIZE: Final = 5_000
RETRY_SECONDS: Final = (0.1, 0.4, 1.6)
"""Waits before a bulk item that the server had no room for is sent again."""


class ElasticsearchIndex:
    """An `Index` on a server. Nothing is sent before the first question, so a server that is down stops no start."""

    def __init__(self, address: ElasticsearchAddress) -> None:
        self.address = address
        self.alias = address.alias
        self._place = address.alias
        """What is asked and filled: the alias, or the index of a renewal."""
        self._client = connect(address)
        self._is_ready = False

    @property
    def name(self) -> str:
        """The first index of this version; renewals add a number to it."""
        return f"{self.alias}-v{SCHEMA}"

    def put(self, documents: Sequence[Document]) -> None:
        newest: dict[int, Document] = {}
        for document in documents:
            if document.id not in newest or document.version > newest[document.id].version:
                newest[document.id] = document
        refused: dict[int, str] = {}
        for lines in bulk_chunks(list(newest.values())):
            refused |= self._bulk(lines)
        if refused:
            raise DocumentsRefused(refused)

    def search(self, query: Query) -> Results:
        facets = {
            name: {"terms": {"field": name, "size": FACET_SIZE, "order": [{"_count": "desc"}, {"_key": "asc"}]}}
            for name in FACET_FIELDS
        }
        with self._asking() as client:
            found = client.search(
                index=self._place,
                query=query_body(query),
                sort=sort_body(query),
                aggs=facets,
                from_=query.offset,
                size=query.limit,
                track_total_hits=True,
                source=False,
            )
        return Results(
            ids=tuple(hit["sort"][-1] for hit in found["hits"]["hits"]),
            total=found["hits"]["total"]["value"],
            facets={
                name: {str(bucket["key"]): bucket["doc_count"] for bucket in found["aggregations"][name]["buckets"]}
                for name in FACET_FIELDS
            },
        )

    def ids(self, query: Query) -> Iterator[int]:
        with self._asking() as client:
            point: str = client.open_point_in_time(index=self._place, keep_alive="2m")["id"]
        try:
            after: list[Any] | None = None
            while True:
                with self._asking() as client:
                    found = client.search(
                        pit={"id": point, "keep_alive": "2m"},
                        query=query_body(query),
                        sort=sort_body(query),
                        search_after=after,
                        size=SCAN_SIZE,
                        track_total_hits=False,
                        source=False,
                    )
                hits = found["hits"]["hits"]
                yield from (_id(hit["sort"]) for hit in hits)
                if len(hits) < SCAN_SIZE:
                    return
                after = hits[-1]["sort"]
        finally:
            with self._asking() as client:
                client.close_point_in_time(id=point)

    def count(self) -> int:
        with self._asking() as client:
            return int(client.count(index=self._place)["count"])

    def clear(self) -> None:
        with self.renewal():
            pass

    @contextmanager
    def renewal(self) -> Iterator[ElasticsearchIndex]:
        with self._asking(is_readying=False) as client:
            check_version(client)
            before = self._indices(client)
            fresh = self._next_name(before)
            client.indices.create(index=fresh, mappings=MAPPING, settings=self._settings)
        filling = copy(self)
        filling._place, filling._is_ready = fresh, True
        try:
            yield filling
        except BaseException:
            with self._asking(is_readying=False) as client:
                client.indices.delete(index=fresh)
            raise
        with self._asking(is_readying=False) as client:
            # One step for the server: there is no moment without an index behind the alias.
            drops = [{"remove_index": {"index": name}} for name in before]
            client.indices.update_aliases(actions=[{"add": {"index": fresh, "alias": self.alias}}, *drops])
            self._is_ready = True

    def close(self) -> None:
        """Drop the connections."""
        self._client.close()

    def _bulk(self, lines: list[tuple[int, bytes]]) -> dict[int, str]:
        """Send documents; returns why those the server will never take were refused."""
        refused: dict[int, str] = {}
        for wait_seconds in (*RETRY_SECONDS, None):
            with self._asking() as client:
                answer = client.perform_request(
                    "POST",
                    f"/{self._place}/_bulk",
                    params={"refresh": "true", "filter_path": "items.*.status,items.*.error"},
                    headers={"accept": "application/json", "content-type": "application/x-ndjson"},
                    body=b"".join(line for _, line in lines),
                )
            left = list[tuple[int, bytes]]()
            why = ""
            for (hit_id, line), item in zip(lines, answer["items"], strict=True):
                status, error = item["index"]["status"], item["index"].get("error", {})
                if status in BUSY:
                    left.append((hit_id, line))
                    why = error.get("reason", "")
                elif status >= 300 and status != 409:  # 409: it holds this version or a newer one
                    refused[hit_id] = cause(error)
            if not left:
                return refused
            if wait_seconds is None:
                raise IndexUnavailable(f"{self.address.url}: no room for {len(left)} documents: {why}; trying later")
            lines = left
            time.sleep(wait_seconds)
        raise AssertionError("unreachable")

    @property
    def _settings(self) -> dict[str, int]:
        return {
            "number_of_shards": 1,
            "number_of_replicas": self.address.replicas,
            "max_result_window": MAX_OFFSET + MAX_PAGE_SIZE,
        }

    def _indices(self, client: Elasticsearch) -> dict[str, bool]:
        """Every index of ours, of whatever version, half-made ones included, and whether the alias stands for it."""
        found = client.indices.get(index=f"{self.alias}-v*", features="aliases")
        ours = re.compile(f"{re.escape(self.alias)}-v[0-9]+(-[0-9]+)?")
        return {name: self.alias in held["aliases"] for name, held in found.items() if ours.fullmatch(name)}

    def _numbers(self, names: Iterable[str]) -> list[int]:
        """The numbers of the indices of this version, 1 for the first."""
        ours = re.compile(f"{re.escape(self.name)}(?:-([0-9]+))?")
        return [int(found[1] or 1) for found in map(ours.fullmatch, names) if found]

    def _next_name(self, taken: Iterable[str]) -> str:
        number = max(self._numbers(taken), default=0) + 1
        return self.name if number == 1 else f"{self.name}-{number}"

    def _ready(self) -> None:
        check_version(self._client)
        indices = self._indices(self._client)
        current = [name for name, is_current in indices.items() if is_current]
        if len(current) != len(self._numbers(current)):
            raise IndexUnavailable(
                f"{self.address.url}: {self.alias} is of another version of the program, this one needs {self.name}; "
                "build it anew with `luoitroi index rebuild`"
            )
        if not current and self.name in indices:
            raise IndexUnavailable(
                f"{self.address.url}: {self.name} is there, but {self.alias} does not stand for it; "
                "build it anew with `luoitroi index rebuild`"
            )
        if not current:
            try:
                self._client.indices.create(
                    index=self.name, mappings=MAPPING, settings=self._settings, aliases={self.alias: {}}
                )
            except elasticsearch.BadRequestError as error:
                if error.error != "resource_already_exists_exception":  # else another process was quicker
                    raise
        self._is_ready = True

    @contextmanager
    def _asking(self, is_readying: bool = True) -> Iterator[Elasticsearch]:
        try:
            if is_readying and not self._is_ready:
                self._ready()
            yield self._client
        except (ApiError, TransportError, elasticsearch.UnsupportedProductError) as error:
            self._is_ready = False
            raise IndexUnavailable(f"{self.address.url}: {explain(error, self.alias)}") from error


def _id(sort: Sequence[Any]) -> int:
    # A point in time adds its own tie-breaker at the end.
    return int(sort[-2])
