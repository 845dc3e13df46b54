"""The embedded index and Elasticsearch give the same answers to the same queries over the same five thousand hits."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from search.indexes.elastic import ElasticsearchIndex
from search.indexes.embedded import EmbeddedIndex
from search.indexes.index import Index
from search.language.grammar import Order
from search.language.mistakes import QueryError
from search.language.query import MAX_PAGE_SIZE, parse
from tests.search.chance import WORDS, random_hit, random_query
from tests.search.elasticsearch_server import ElasticsearchServer
from tests.search.material import NOW, document

pytestmark = pytest.mark.elasticsearch

SEED = 20261120
HITS, QUERIES = 5_000, 240
DEEP_HITS = 22_000


@pytest.fixture(scope="module")
def indexes(
    elasticsearch_server: ElasticsearchServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Index, Index]]:
    """Both indexes, filled with the same hits."""
    chance = random.Random(SEED)
    hits = [random_hit(number, chance) for number in range(1, HITS + 1)]
    embedded = EmbeddedIndex(tmp_path_factory.mktemp("same") / Path("index.db"))
    server = ElasticsearchIndex(elasticsearch_server.address)
    server.clear()
    for index in (embedded, server):
        index.put(hits)
    yield embedded, server
    server.close()


def test_the_same_queries_find_the_same_hits_in_the_same_order_with_the_same_facets(
    indexes: tuple[Index, Index],
) -> None:
    embedded, server = indexes
    chance = random.Random(SEED + 1)
    found, refused, empty = 0, 0, 0
    while found < QUERIES:
        text = f"{random_query(chance)} sort:{chance.choice(list(Order))}"
        try:
            query = parse(text, NOW).page(chance.choice((10, MAX_PAGE_SIZE)), chance.choice((0, 0, 25)))
        except QueryError:
            refused += 1
            continue
        ours, theirs = embedded.search(query), server.search(query)
        assert ours.ids == theirs.ids, text
        assert ours.total == theirs.total, text
        assert list(ours.timeline.items()) == list(theirs.timeline.items()), text
        assert {name: list(counts.items()) for name, counts in ours.facets.items()} == {
            name: list(counts.items()) for name, counts in theirs.facets.items()
        }, text
        found += 1
        empty += ours.total == 0
    assert refused < QUERIES / 2
    assert empty < QUERIES / 2


_HOSTILE = (
    *WORDS[:9], '"', "'", "*", "~", "=", "-", ":", "(", ")", "AND", "OR", "NOT", "host:", "rule:", "phone:", "\\", "/",
    "[a-z]", "{", "}", "^", "<", ">", "&&", "||", "!", "+", "\x00", "\u200b", "đ", " ", " ", "TO", "_id:1", "*:*",
    "ctx._source", "<script>", "%", "\U0001f600", "\n", "微", "0x", "1e9", "NaN", "?", "/.*/",
)  # fmt: skip


def test_hostile_queries_are_refused_by_us_or_answered_alike_by_both(indexes: tuple[Index, Index]) -> None:
    embedded, server = indexes
    chance = random.Random(SEED + 2)
    asked = 0
    while asked < 150:
        text = "".join(chance.choices(_HOSTILE, k=chance.randint(1, 12)))
        try:
            query = parse(text, NOW)
        except QueryError:
            continue
        assert embedded.search(query) == server.search(query), text
        asked += 1


def test_pages_beyond_ten_thousand_hits_are_the_same(elasticsearch_server: ElasticsearchServer, tmp_path: Path) -> None:
    """What Elasticsearch gives at once ends there; many hits bear the same moment, so that ids break ties."""
    embedded = EmbeddedIndex(tmp_path / "index.db")
    server = ElasticsearchIndex(replace(elasticsearch_server.address, alias="deep"))
    server.clear()
    for start in range(1, DEEP_HITS, 2_000):
        hits = [
            document(number, text="vay", last_seen_at=NOW - timedelta(hours=number % 5), severity=number % 4 + 1)
            for number in range(start, start + 2_000)
        ]
        embedded.put(hits)
        server.put(hits)
    for text in ("vay", "vay sort:severity", "vay -severity:1 sort:relevance"):
        for offset in (9_900, 9_990, 10_000, 10_001, 15_000, 19_990, 20_500, DEEP_HITS - 5):
            query = parse(text, NOW).page(100, offset)
            assert embedded.search(query) == server.search(query), (text, offset)
    server.close()


def test_every_hit_of_a_large_answer_comes_in_the_same_order(indexes: tuple[Index, Index]) -> None:
    embedded, server = indexes
    for text in ("", "vay sort:severity", "-vay", "lừa OR đảo sort:relevance"):
        query = parse(text, NOW)
        ours = list(embedded.ids(query))
        assert ours == list(server.ids(query)), text
        assert len(ours) == embedded.search(query).total > 1_000
