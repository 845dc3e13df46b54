"""The index on an Elasticsearch server, for installations that outgrow one machine.

The mapping needs nothing beyond the server's core: text comes folded and parted into words by us, and is read by the
built-in whitespace analyzer. What people write reaches the server only as values of the few query types used here.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import elasticsearch
from elasticsearch import ApiError, Elasticsearch, TransportError

from matchers.match import Severity
from search.condition import (
    AllOf,
    AnyOf,
    Condition,
    Label,
    Not,
    OneOf,
    SeenRange,
    SeverityRange,
    Term,
    edits_of,
    exact_words_of,
    words_of,
)
from search.index import FACET_FIELDS, Document, DocumentsRefused, IndexUnavailable, Results
from search.query import MAX_OFFSET, MAX_PAGE_SIZE, Order, Query

SCHEMA: Final = 1
"""Grows with every change of the mapping; the index `hits-v1` behind the alias `hits` is of schema 1."""
BULK_BYTES: Final = 8_000_000
BULK_DOCUMENTS: Final = 500
SCAN_SIZE: Final = 5_000
FACET_SIZE: Final = 5_000
PREFIX_WORDS: Final = 10_000
"""How many words of the index the open end of a phrase may stand for; a single open word has no such bound."""
RETRY_SECONDS: Final = (0.1, 0.4, 1.6)
"""Waits before a bulk item that the server had no room for is sent again."""
_SEVERITIES = frozenset(str(int(severity)) for severity in Severity)
_BUSY = frozenset({429, 502, 503, 504})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MAPPING: Final = {
    "dynamic": "strict",
    "_source": {"enabled": False},
    "_meta": {"schema": SCHEMA},
    "properties": {
        # Title, text, address and identifiers as four values: the gap between values keeps phrases within one.
        "words": {"type": "text", "analyzer": "whitespace", "norms": False, "position_increment_gap": 100},
        "title": {"type": "text", "analyzer": "whitespace", "norms": False},
        "exact": {"type": "text", "analyzer": "whitespace", "norms": False, "position_increment_gap": 100},
        "labels": {"type": "keyword"},
        "category": {"type": "keyword"},
        "source": {"type": "keyword"},
        "status": {"type": "keyword"},
        "severity": {"type": "byte"},
        "host": {"type": "keyword"},
        "last_seen": {"type": "long"},
        "id": {"type": "long"},
    },
}
_NEWEST: Final = [{"last_seen": "desc"}, {"id": "desc"}]


@dataclass(frozen=True, slots=True)
class ElasticsearchAddress:
    """Where the server is and how to sign in: by `api_key`, else by `user` and `password`, else not at all.

    `ca_file` holds the certificate authority of the server, where that is not one of the system's.
    """

    url: str
    api_key: str = ""
    user: str = ""
    password: str = ""
    ca_file: Path | None = None
    alias: str = "hits"
    replicas: int = 0
    timeout_seconds: float = 30


class ElasticsearchIndex:
    """An `Index` on a server. Nothing is sent before the first question, so a server that is down stops no start."""

    def __init__(self, address: ElasticsearchAddress) -> None:
        self.address = address
        self.alias = address.alias
        self._place = address.alias
        """What is asked and filled: the alias, or the index of a renewal."""
        self._client = _client(address)
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
        for lines in _chunks(list(newest.values())):
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
                query=_query(query),
                sort=_sort(query),
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
                        query=_query(query),
                        sort=_sort(query),
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
            _check_version(client)
            before = self._indices(client)
            fresh = self._next_name(before)
            client.indices.create(index=fresh, mappings=_MAPPING, settings=self._settings)
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
                if status in _BUSY:
                    left.append((hit_id, line))
                    why = error.get("reason", "")
                elif status >= 300 and status != 409:  # 409: it holds this version or a newer one
                    refused[hit_id] = _cause(error)
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
        _check_version(self._client)
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
                    index=self.name, mappings=_MAPPING, settings=self._settings, aliases={self.alias: {}}
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
            raise IndexUnavailable(f"{self.address.url}: {_explain(error, self.alias)}") from error


def _client(address: ElasticsearchAddress) -> Elasticsearch:
    options: dict[str, Any] = {"request_timeout": address.timeout_seconds, "max_retries": 0}
    if address.api_key:
        options["api_key"] = address.api_key
    elif address.user:
        options["basic_auth"] = (address.user, address.password)
    if address.ca_file is not None:
        options["ca_certs"] = str(address.ca_file)
    try:
        return Elasticsearch(address.url, **options)
    except (ValueError, OSError) as error:
        raise IndexUnavailable(f"{address.url}: {error}; write https://host:9200 and a readable ca_file") from error


def _check_version(client: Elasticsearch) -> None:
    try:
        version = str(client.info()["version"]["number"])
    except ApiError as error:
        if error.status_code != 405:  # the minimal distribution has no such page
            raise
        (node,) = client.nodes.info(node_id="_local", filter_path="nodes.*.version")["nodes"].values()
        version = str(node["version"])
    if version.split(".")[0] != "8":
        raise IndexUnavailable(f"the server is Elasticsearch {version}; this program speaks to version 8")


def _explain(error: Exception, alias: str) -> str:
    """What is wrong with the server, and the way out."""
    if isinstance(error, elasticsearch.UnsupportedProductError):
        return "what answers there is not Elasticsearch"
    if isinstance(error, TransportError):
        causes = "".join(f" ({cause})" for cause in error.errors[:1])
        return f"{error.message}{causes}; is the server up, and the address right?"
    if not isinstance(error, ApiError):
        return str(error)
    reason = _reason(error)
    if error.status_code == 401:
        return f"the login was refused ({reason}); check api_key, or user and password"
    if error.status_code == 403 and "block" in reason:
        return f"the server takes no writes ({reason}); give its disk space"
    if error.status_code == 403:
        return f"the login may not do this ({reason}); give it all rights on {alias}*"
    if error.status_code == 404:
        return f"{reason}; build it anew with `luoitroi index rebuild`"
    if error.status_code in _BUSY:
        return f"the server is too busy ({reason}); trying later"
    return f"{reason}; see `luoitroi doctor`"


def _cause(error: Mapping[str, Any]) -> str:
    """The innermost reason of an item's error: the outer ones quote the document."""
    while isinstance(error.get("caused_by"), dict):
        error = error["caused_by"]
    return f"{error.get('type')}: {str(error.get('reason'))[:200]}"


def _reason(error: ApiError) -> str:
    body = error.body
    told = body.get("error") if isinstance(body, dict) else body
    return str(told.get("reason") if isinstance(told, dict) else told)[:500]


def _chunks(documents: Sequence[Document]) -> Iterator[list[tuple[int, bytes]]]:
    """Bulk lines of the documents by id, no more at once than the server likes."""
    chunk: list[tuple[int, bytes]] = []
    size = 0
    for document in documents:
        line = _bulk_line(document)
        if chunk and (size + len(line) > BULK_BYTES or len(chunk) >= BULK_DOCUMENTS):
            yield chunk
            chunk, size = [], 0
        chunk.append((document.id, line))
        size += len(line)
    if chunk:
        yield chunk


def _bulk_line(document: Document) -> bytes:
    order = {"index": {"_id": str(document.id), "version": document.version, "version_type": "external"}}
    title = " ".join(words_of(document.title))
    body = {
        "words": [
            title,
            " ".join(words_of(document.text)),
            " ".join(words_of(document.url)),
            " ".join(words_of(" ".join(one.value for one in document.identifiers))),
        ],
        "title": title,
        "exact": [" ".join(exact_words_of(document.title)), " ".join(exact_words_of(document.text))],
        "labels": list(document.labels),
        "category": document.category,
        "source": document.source,
        "status": document.status,
        "severity": document.severity,
        "host": document.host,
        "last_seen": _microseconds(document.last_seen_at),
        "id": document.id,
    }
    return f"{json.dumps(order)}\n{json.dumps(body)}\n".encode()


def _query(query: Query) -> dict[str, Any]:
    scored = []
    if query.order is Order.RELEVANCE:
        scored = [{"constant_score": {"filter": _words(term, "title")}} for term in query.title_terms]
    filters = [_clause(condition) for condition in query.condition.conditions]
    return {"bool": {"filter": filters, "should": scored, "minimum_should_match": 0}}


def _clause(condition: Condition) -> dict[str, Any]:
    """The server's query for a condition."""
    match condition:
        case Term(is_excluded=True):
            return _negated(_clause(replace(condition, is_excluded=False)))
        case Term():
            return _words(condition, "exact" if condition.is_exact else "words")
        case Label(is_prefix=True):
            return {"prefix": {"labels": {"value": condition.text, "rewrite": "constant_score"}}}
        case Label():
            return {"term": {"labels": condition.text}}
        case OneOf(name="host", values=values):
            return _hosts(values)
        case OneOf(name="severity", values=values):
            # A severity that is no number is nobody's; the server would refuse to look for it.
            return {"terms": {"severity": [value for value in values if value in _SEVERITIES]}}
        case OneOf(name=name, values=values):
            return {"terms": {name: list(values)}}
        case SeverityRange(low=low, high=high):
            return {"range": {"severity": {"gte": low, "lte": high}}}
        case SeenRange(start=start, end=end):
            bounds = {"gte": start, "lt": end}
            given = {name: _microseconds(moment) for name, moment in bounds.items() if moment is not None}
            return {"range": {"last_seen": given}}
        case AllOf(conditions=parts):
            return {"bool": {"filter": [_clause(part) for part in parts]}}
        case AnyOf(conditions=parts):
            return {"bool": {"should": [_clause(part) for part in parts], "minimum_should_match": 1}}
        case Not(condition=inner):
            return _negated(_clause(inner))


def _negated(clause: dict[str, Any]) -> dict[str, Any]:
    return {"bool": {"must_not": [clause]}}


def _words(term: Term, field: str) -> dict[str, Any]:
    words = " ".join(term.words)
    if term.is_fuzzy:
        return {
            "fuzzy": {
                field: {
                    "value": words,
                    "fuzziness": edits_of(words),
                    "prefix_length": 1,
                    "transpositions": True,
                    "rewrite": "constant_score",
                }
            }
        }
    if term.is_prefix and len(term.words) == 1:
        return {"prefix": {field: {"value": words, "rewrite": "constant_score"}}}
    if term.is_prefix:
        return {"match_phrase_prefix": {field: {"query": words, "max_expansions": PREFIX_WORDS}}}
    return {"match_phrase": {field: {"query": words}}}


def _hosts(patterns: Sequence[str]) -> dict[str, Any]:
    values = [pattern.replace("\\", "\\\\").replace("?", "\\?") for pattern in patterns]
    clauses = [{"wildcard": {"host": {"value": value, "rewrite": "constant_score"}}} for value in values]
    return {"bool": {"should": clauses, "minimum_should_match": 1}}


def _sort(query: Query) -> list[Mapping[str, Any]]:
    if query.order is Order.SEVERITY:
        return [{"severity": "desc"}, *_NEWEST]
    if query.order is Order.RELEVANCE:
        return [{"_score": {"order": "desc"}}, *_NEWEST]
    return list(_NEWEST)


def _id(sort: Sequence[Any]) -> int:
    # A point in time adds its own tie-breaker at the end.
    return int(sort[-2])


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)
