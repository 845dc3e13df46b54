"""The index on an Elasticsearch server, for installations that outgrow one machine."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from copy import copy
from itertools import islice
from typing import Any, Final

import elasticsearch
from elasticsearch import ApiError, Elasticsearch, TransportError

from search.indexes.elastic_alias import first_index, standing
from search.indexes.elastic_documents import MAPPING, SCHEMA, bulk_chunks
from search.indexes.elastic_query import buckets_of, narrowed, open_filter, query_body, sort_body
from search.indexes.elastic_server import (
    BUSY,
    ElasticsearchAddress,
    cause,
    check_version,
    connect,
    explain,
    explain_item,
    is_about_document,
)
from search.indexes.index import (
    FACET_FIELDS,
    Document,
    DocumentsRefused,
    IndexCondition,
    IndexState,
    IndexUnavailable,
    Results,
)
from search.indexes.timeline import DAY_MICROSECONDS, FIRST_DAY, LAST_DAY, VIETNAM_MICROSECONDS, timeline
from search.language.query import Query

WINDOW: Final = 10_000
"""What the server gives of an answer at once (`index.max_result_window`). Pages beyond are reached window by window,
each in some 50 ms where a hundred thousand hits fit: the page at 95,000 in half a second."""
KEEP_ALIVE: Final = "5m"
"""How long the server keeps the moment that is read from, after each window."""
_LOST: Final = frozenset(("search_context_missing_exception", "no_shard_available_action_exception"))
"""What is wrong when that moment is over: it was not asked for in time, or another index has taken over."""
FILLING: Final = {"number_of_shards": 1, "number_of_replicas": 0, "refresh_interval": "-1"}
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
BULK_THREADS: Final = 4
"""How many bulk requests of one `put` are under way at once: the server indexes each on a core of its own."""
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
        if not newest:
            return
        refused: dict[int, str] = {}
        with self._asking(), ThreadPoolExecutor(BULK_THREADS) as pool:
            # One chunk is made while others are under way.
            for reasons in pool.map(self._bulk, bulk_chunks(list(newest.values()))):
                refused |= reasons
        if not self._is_filling:
            with self._asking() as client:
                client.indices.refresh(index=self._place)
        if refused:
            raise DocumentsRefused(refused)

    def search(self, query: Query) -> Results:
        counts: dict[str, Any] = {name: narrowed(_facet(name), query, but=name) for name in FACET_FIELDS}
        counts["timeline"] = narrowed(TIMELINE, query)
        is_deep = query.offset + query.limit > WINDOW
        with self._asking() as client:
            found = client.search(
                index=self._place,
                query=query_body(query.widened),
                post_filter=open_filter(query),
                sort=sort_body(query),
                aggs=counts,
                from_=0 if is_deep else query.offset,
                size=0 if is_deep else query.limit,
                track_total_hits=True,
                source=False,
            )
        ids = tuple(int(hit["sort"][-1]) for hit in found["hits"]["hits"])
        total = int(found["hits"]["total"]["value"])
        if is_deep and query.offset < total:
            with closing(self.ids(query)) as every:
                ids = tuple(islice(every, query.offset, query.offset + query.limit))
        return Results(
            ids=ids,
            total=total,
            facets={
                name: {str(bucket["key"]): bucket["doc_count"] for bucket in buckets_of(found["aggregations"][name])}
                for name in FACET_FIELDS
            },
            timeline=timeline(
                {
                    (int(bucket["key"]) + VIETNAM_MICROSECONDS) // DAY_MICROSECONDS: bucket["doc_count"]
                    for bucket in buckets_of(found["aggregations"]["timeline"])
                }
            ),
        )

    def ids(self, query: Query) -> Generator[int]:
        # Without the hits' names, which are their ids once more, a window comes in a quarter of the time.
        for hits in self._pages(query_body(query), sort_body(query), stored_fields="_none_"):
            # A point in time adds its own tie-breaker at the end.
            yield from (int(hit["sort"][-2]) for hit in hits)

    def versions(self) -> Iterator[tuple[int, int]]:
        for hits in self._pages({"match_all": {}}, [{"id": "asc"}], version=True):
            yield from ((int(hit["sort"][0]), int(hit["_version"])) for hit in hits)

    def count(self) -> int:
        with self._asking() as client:
            if self._is_filling:
                client.indices.refresh(index=self._place)
            return int(client.count(index=self._place)["count"])

    def state(self) -> IndexState:
        with self._asking(is_readying=False) as client:
            server = f"Elasticsearch {check_version(client, self.address.url)}"
            found = standing(client, self.alias)
            is_ready = found.condition is IndexCondition.READY
            filling = None
            if found.filling is not None:
                client.indices.refresh(index=found.filling)
                filling = int(client.count(index=found.filling)["count"])
            return IndexState(
                engine="elasticsearch",
                server=server,
                place=f"{self.address.url}/{self.alias}",
                name=", ".join(found.current),
                schema=next((found.schemas[name] for name in found.current), None),
                condition=found.condition,
                hits=int(client.count(index=self.alias)["count"]) if is_ready else None,
                filling=filling,
                is_behind=is_ready and found.current[0] in found.behind,
                problem=found.problem or "",
            )

    def clear(self) -> None:
        with self.renewal(is_anew=True):
            pass
        self.settle()

    @contextmanager
    def renewal(self, is_anew: bool = False) -> Iterator[ElasticsearchIndex]:
        with self._asking(is_readying=False) as client:
            check_version(client, self.address.url)
            before = standing(client, self.alias)
            fresh = before.filling
            if fresh is not None and is_anew:
                client.indices.delete(index=fresh)
            if fresh is None or is_anew:
                fresh = before.next_index
                client.indices.create(index=fresh, mappings=_mapping(is_behind=True), settings=FILLING)
        filling = copy(self)
        filling._place, filling._is_ready = fresh, True
        yield filling
        with self._asking(is_readying=False) as client:
            after = standing(client, self.alias)
            if after.schemas.get(fresh) != SCHEMA:
                # Gone, or made again by the server itself with fields that it guessed.
                raise IndexUnavailable(
                    f"{self.address.url}: {fresh} was deleted while it was filled; rebuild once more"
                )
            # None is the server's own: it refreshes what is searched every second.
            settings = {"refresh_interval": None, "number_of_replicas": self.address.replicas}
            client.indices.put_settings(index=fresh, settings=settings)
            client.indices.refresh(index=fresh)
            # One step for the server: there is no moment without an index behind the alias.
            client.indices.update_aliases(actions=after.moved_to(fresh))
            self._is_ready = True

    def settle(self) -> None:
        with self._asking() as client:
            client.indices.put_mapping(index=self.alias, meta=_mapping(is_behind=False)["_meta"])

    def close(self) -> None:
        """Drop the connections."""
        self._client.close()

    def _pages(
        self, query: Mapping[str, Any], sort: Sequence[Mapping[str, Any]], **options: Any
    ) -> Iterator[list[Mapping[str, Any]]]:
        """Every hit that fits, as of one moment, `WINDOW` at a time and without its source."""
        with self._asking() as client:
            if self._is_filling:
                client.indices.refresh(index=self._place)
            point = str(client.open_point_in_time(index=self._place, keep_alive=KEEP_ALIVE)["id"])
        after: Sequence[Any] | None = None
        try:
            while True:
                with self._asking() as client, _named_loss(self.address.url):
                    found = client.search(
                        pit={"id": point, "keep_alive": KEEP_ALIVE},
                        query=query,
                        sort=sort,
                        search_after=after,
                        size=WINDOW,
                        track_total_hits=False,
                        source=False,
                        **options,
                    )
                point = found["pit_id"]
                hits = found["hits"]["hits"]
                yield hits
                if len(hits) < WINDOW:
                    return
                after = hits[-1]["sort"]
        finally:
            # One that cannot be closed ends by itself; why it cannot be is not what the caller should hear of.
            with suppress(ApiError, TransportError):
                self._client.close_point_in_time(id=point)

    def _bulk(self, lines: list[tuple[int, bytes]]) -> dict[int, str]:
        """Send documents; returns why those the server will never take were refused."""
        refused: dict[int, str] = {}
        for wait_seconds in (*RETRY_SECONDS, None):
            with self._asking() as client:
                answer = client.perform_request(
                    "POST",
                    f"/{self._place}/_bulk",
                    params={
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
                if status < 300 or status == 409:  # 409: it holds this version or a newer one
                    continue
                if is_about_document(status, error):
                    refused[hit_id] = cause(error)
                    continue
                why = explain_item(status, error, self.alias)
                if status not in BUSY:
                    self._is_ready = False
                    raise IndexUnavailable(f"{self.address.url}: {why}")
                left.append((hit_id, line))
            if not left:
                return refused
            if wait_seconds is None:
                raise IndexUnavailable(f"{self.address.url}: {why}")
            lines = left
            time.sleep(wait_seconds)
        raise AssertionError("unreachable")

    @property
    def _is_filling(self) -> bool:
        """Whether this is the index of a renewal, which nobody searches yet."""
        return self._place != self.alias

    def _ready(self) -> None:
        check_version(self._client, self.address.url)
        found = standing(self._client, self.alias)
        if found.problem:
            raise IndexUnavailable(f"{self.address.url}: {found.problem}")
        if found.is_empty:
            try:
                settings = {"number_of_shards": 1, "number_of_replicas": self.address.replicas}
                self._client.indices.create(
                    index=self.name, mappings=MAPPING, settings=settings, aliases={self.alias: {}}
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


@contextmanager
def _named_loss(url: str) -> Iterator[None]:
    try:
        yield
    except ApiError as error:
        body = error.body if isinstance(error.body, dict) else {}
        told = body.get("error")
        causes = told.get("root_cause", []) if isinstance(told, dict) else []
        if not any(cause.get("type") in _LOST for cause in causes):
            raise
        raise IndexUnavailable(f"{url}: the server let go of the moment that was read from; ask again") from error


def _facet(name: str) -> dict[str, Any]:
    return {"terms": {"field": name, "size": FACET_SIZE, "order": [{"_count": "desc"}, {"_key": "asc"}]}}


def _mapping(is_behind: bool) -> dict[str, Any]:
    return {**MAPPING, "_meta": {"schema": SCHEMA, **({"is_behind": True} if is_behind else {})}}
