"""The index on an Elasticsearch server, for installations that outgrow one machine."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from typing import Any, Final

import elasticsearch
from elasticsearch import ApiError, Elasticsearch, TransportError

from search.elastic_alias import first_index, standing
from search.elastic_documents import MAPPING, bulk_chunks
from search.elastic_query import query_body, sort_body
from search.elastic_server import (
    BUSY,
    ElasticsearchAddress,
    cause,
    check_version,
    connect,
    explain,
    explain_item,
    is_about_document,
)
from search.index import FACET_FIELDS, Document, DocumentsRefused, IndexUnavailable, Results
from search.query import MAX_OFFSET, MAX_PAGE_SIZE, Query
from search.timeline import DAY_MICROSECONDS, FIRST_DAY, LAST_DAY, VIETNAM_MICROSECONDS, timeline

SCAN_SIZE: Final = 5_000
FACET_SIZE: Final = 5_000
TIMELINE: Final = {
    "histogram": {
        "field": "last_seen",
        "interval": DAY_MICROSECONDS,
        "offset": -VIETNAM_MICROSECONDS % DAY_MICROSECONDS,
        "min_doc_count": 1,
        # With all four facets at `FACET_SIZE` less than the 65,536 buckets of `search.max_buckets`. The server compares
        # them with where buckets would begin without the offset, up to a day earlier.
        "hard_bounds": {"min": (FIRST_DAY - 1) * DAY_MICROSECONDS, "max": LAST_DAY * DAY_MICROSECONDS},
    }
}
"""Counts of the days in Vietnam on which hits were last seen."""
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
        return first_index(self.alias)

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
        counts: dict[str, Any] = {
            name: {"terms": {"field": name, "size": FACET_SIZE, "order": [{"_count": "desc"}, {"_key": "asc"}]}}
            for name in FACET_FIELDS
        }
        counts["timeline"] = TIMELINE
        with self._asking() as client:
            found = client.search(
                index=self._place,
                query=query_body(query),
                sort=sort_body(query),
                aggs=counts,
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
            timeline=timeline(
                {
                    (int(bucket["key"]) + VIETNAM_MICROSECONDS) // DAY_MICROSECONDS: bucket["doc_count"]
                    for bucket in found["aggregations"]["timeline"]["buckets"]
                }
            ),
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
            before = standing(client, self.alias)
            fresh = before.next_index
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
            client.indices.update_aliases(actions=before.moved_to(fresh))
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
                    params={
                        "refresh": "true",
                        "filter_path": "items.*.status,items.*.error",
                        # Else a server that lost the alias would make an index of its name, and guess the mapping.
                        "require_alias": str(self._place == self.alias).lower(),
                    },
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
                elif status < 300 or status == 409:  # 409: it holds this version or a newer one
                    continue
                elif is_about_document(status, error):
                    refused[hit_id] = cause(error)
                else:
                    self._is_ready = False
                    raise IndexUnavailable(f"{self.address.url}: {explain_item(status, error, self.alias)}")
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

    def _ready(self) -> None:
        check_version(self._client)
        found = standing(self._client, self.alias)
        if found.problem:
            raise IndexUnavailable(f"{self.address.url}: {found.problem}")
        if found.is_empty:
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
