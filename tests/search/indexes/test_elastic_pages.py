"""Long answers of a real Elasticsearch, read page after page as of one moment, and what becomes of that moment."""

from __future__ import annotations

import pytest
from elasticsearch import Elasticsearch

from search.indexes.elastic import ElasticsearchIndex
from search.indexes.index import IndexUnavailable
from search.language.query import parse
from tests.search.material import document

pytestmark = pytest.mark.elasticsearch


def _open_contexts(client: Elasticsearch) -> int:
    (node,) = client.nodes.stats(metric="indices", index_metric="search")["nodes"].values()
    return int(node["indices"]["search"]["open_contexts"])


def test_a_moment_that_the_server_lets_go_of_while_it_is_read_from_is_named(
    elasticsearch_index: ElasticsearchIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.indexes.elastic.WINDOW", 7)
    index = elasticsearch_index
    index.put([document(number) for number in range(1, 31)])
    for read in (index.ids(parse("vay")), index.versions()):
        next(read)
        index.clear()  # the index that was read from goes
        with pytest.raises(IndexUnavailable, match="the server let go of the moment that was read from; ask again"):
            list(read)
        index.put([document(number) for number in range(1, 31)])
    assert index.search(parse("vay")).total == 30


def test_moments_are_given_back_when_reading_stops_early(
    elasticsearch_index: ElasticsearchIndex,
    elasticsearch_client: Elasticsearch,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("search.indexes.elastic.WINDOW", 7)
    index = elasticsearch_index
    index.put([document(number) for number in range(1, 31)])
    before = _open_contexts(elasticsearch_client)
    read = index.ids(parse("vay"))
    next(read)
    assert _open_contexts(elasticsearch_client) > before
    read.close()
    assert index.search(parse("vay").page(5, 20)).ids == (10, 9, 8, 7, 6)
    assert len(list(index.versions())) == 30
    assert _open_contexts(elasticsearch_client) == before
