"""Documents as Elasticsearch holds them: the mapping, and the lines of a bulk request.

The mapping needs nothing beyond the server's core: text comes folded and parted into words by us, and is read by the
built-in whitespace analyzer.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Final

from search.indexes.index import Document, microseconds
from search.indexes.word import value_text
from search.indexes.wording import worded

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

_json: Final = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode


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
    order = f'{{"index":{{"_id":"{document.id}","version":{document.version},"version_type":"external"}}}}'
    words = worded(document)
    # Words hold letters, digits and spaces alone: nothing in them that JSON escapes, and most of a hit is words.
    texts = (
        f'"words":["{words.title}","{words.text}","{words.url}","{words.identifiers}","{words.evidence}"],'
        f'"title":"{words.title}","exact":["{words.exact_title}","{words.exact_text}","{words.exact_evidence}"]'
    )
    body = {
        "labels": list(document.labels),
        "category": value_text(document.category),
        "source": value_text(document.source),
        "status": value_text(document.status),
        "severity": document.severity,
        "host": value_text(document.host),
        "last_seen": microseconds(document.last_seen_at),
        "id": document.id,
    }
    line = f"{order}\n{{{texts},{_json(body)[1:]}\n"
    return line.encode(errors="backslashreplace")  # a lone surrogate, as JSON writes it in ASCII
