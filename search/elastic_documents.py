"""Documents as Elasticsearch holds them: the mapping, and the lines of a bulk request.

The mapping needs nothing beyond the server's core: text comes folded and parted into words by us, and is read by the
built-in whitespace analyzer.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Final

from search.condition import exact_words_of, words_of
from search.index import Document, microseconds
from search.word import value_text, words_parted

SCHEMA: Final = 2
"""Grows with every change of the mapping; the index `hits-v2` behind the alias `hits` is of schema 2."""
BULK_BYTES: Final = 8_000_000
BULK_DOCUMENTS: Final = 500
MAPPING: Final = {
    "dynamic": "strict",
    "_source": {"enabled": False},
    "_meta": {"schema": SCHEMA},
    "properties": {
        # Title, text, address, identifiers and evidence: the gap between values keeps phrases within one.
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


def bulk_chunks(documents: Sequence[Document]) -> Iterator[list[tuple[int, bytes]]]:
    """Bulk lines of the documents by id, no more at once than the server likes."""
    chunk: list[tuple[int, bytes]] = []
    size = 0
    for document in documents:
        line = _line(document)
        if chunk and (size + len(line) > BULK_BYTES or len(chunk) >= BULK_DOCUMENTS):
            yield chunk
            chunk, size = [], 0
        chunk.append((document.id, line))
        size += len(line)
    if chunk:
        yield chunk


def _line(document: Document) -> bytes:
    order = {"index": {"_id": str(document.id), "version": document.version, "version_type": "external"}}
    title = _words(document.title)
    identifiers = " ".join(one.value for one in document.identifiers)
    body = {
        "words": [title, *map(_words, (document.text, document.url, identifiers, document.evidence))],
        "title": title,
        "exact": list(map(_exact_words, (document.title, document.text, document.evidence))),
        "labels": list(document.labels),
        "category": value_text(document.category),
        "source": value_text(document.source),
        "status": value_text(document.status),
        "severity": document.severity,
        "host": value_text(document.host),
        "last_seen": microseconds(document.last_seen_at),
        "id": document.id,
    }
    return f"{json.dumps(order)}\n{json.dumps(body)}\n".encode()


def _words(text: str) -> str:
    return words_parted(" ".join(words_of(text)))


def _exact_words(text: str) -> str:
    return words_parted(" ".join(exact_words_of(text)))
