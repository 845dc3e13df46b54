"""The embedded index and Elasticsearch give the same answers to the same queries over the same five thousand hits."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from matchers.match import Identifier
from search.elastic import ElasticsearchIndex
from search.embedded import EmbeddedIndex
from search.index import Document, Index
from search.query import MAX_PAGE_SIZE, Order, QueryError, parse
from tests.search.elasticsearch_server import ElasticsearchServer
from tests.search.material import NOW, document

pytestmark = pytest.mark.elasticsearch

SEED = 20261120
HITS, QUERIES = 5_000, 240
_VOCABULARY = (
    "vay tiền nhanh lãi thấp giải ngân đầu tư lợi nhuận việc nhẹ lương cao trúng thưởng ngân hàng lừa đảo chuyển khoản "
    "nghiệp nghề người telegram telegarm zalo khuyến mãi khuyen mai Thưởng LÃI l.ừ.a kh0ng 5.000.000đ 微信 a_b x-y"
)
_WORDS = _VOCABULARY.split()
_PLACES = ("top", "vn", "icu", "com.vn")


def _hit(number: int, chance: random.Random) -> Document:
    def text(least: int, most: int) -> str:
        return " ".join(chance.choices(_WORDS, k=chance.randint(least, most)))

    host = f"{chance.choice(_WORDS[:3]).encode('idna').decode()}-{number % 97}.{chance.choice(_PLACES)}"
    return document(
        number,
        title=text(0, 6),
        text=text(0, 40),
        host=host,
        url=f"https://{host}/{chance.choice(('dang-ky', 'vay', 'login'))}?id={number % 31}",
        identifiers=tuple(
            {
                Identifier(chance.choice(("phone", "zalo")), f"+8491200{chance.randrange(40):04}"),
                Identifier("bank_account", f"{chance.choice(('VCB', 'ACB'))}:{chance.randrange(50):010}"),
            }
        ),
        brands=(chance.choice(("acb", "vietcombank", "vietinbank")),) if chance.random() < 0.3 else (),
        rules=tuple({f"loan_credit/r{chance.randrange(9)}", f"domains/{chance.choice(('combo', 'typo'))}"}),
        category=chance.choice(("loan_credit", "fake_bank", "job_export", "mlm")),
        source=f"nguon-{chance.randrange(12)}",
        status=chance.choice(("new", "in_review", "confirmed", "closed")),
        severity=chance.randint(1, 4),
        last_seen_at=NOW - timedelta(hours=chance.randrange(300)),  # many at the same moment
    )


def _query(chance: random.Random, depth: int = 0) -> str:
    def word() -> str:
        return chance.choice(_WORDS)

    simple = (
        lambda: word(),
        lambda: word(),
        lambda: f'"{word()} {word()}"',
        lambda: f"{word()[:3].strip('.-_')}*",
        lambda: f'"{word()} {word()[:2]}"*',
        lambda: f"{word()}~",
        lambda: f"={word()}",
        lambda: f'="{word()} {word()}"',
        lambda: f"-{word()}",
        lambda: f"category:{chance.choice(('loan_credit', 'fake_bank', 'none'))}",
        lambda: f"-status:{chance.choice(('new', 'closed'))}",
        lambda: f"severity{chance.choice((':', '>=', '<='))}{chance.randint(1, 4)}",
        lambda: f"host:{chance.choice(('*.top', 'vay-*', '*-1*.vn', '*n*', 'vay-5.top'))}",
        lambda: f"seen:{chance.choice(('3d', '40h', '2026-11-15', '2026-11-10..2026-11-12', '..2026-11-11'))}",
        lambda: f"phone:091200{chance.randrange(40):04}",
        lambda: chance.choice(("phone:09120000*", "account:vcb:*", "account:0000000007", "zalo:+849120000*")),
        lambda: chance.choice(("brand:acb", "brand:viet*", "rule:loan_credit/r3", "rule:domains/*", "source:nguon-3")),
    )
    if depth < 3 and chance.random() < 0.3:
        parts = [_query(chance, depth + 1) for _ in range(chance.randint(2, 3))]
        return chance.choice(("({})", "NOT ({})", "-({})")).format(chance.choice((" ", " OR ", " AND ")).join(parts))
    return " ".join(chance.choice(simple)() for _ in range(chance.randint(1, 3)))


@pytest.fixture(scope="module")
def indexes(
    elasticsearch_server: ElasticsearchServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Index, Index]]:
    """Both indexes, filled with the same hits."""
    chance = random.Random(SEED)
    hits = [_hit(number, chance) for number in range(1, HITS + 1)]
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
        text = f"{_query(chance)} sort:{chance.choice(list(Order))}"
        try:
            query = parse(text, NOW).page(chance.choice((10, MAX_PAGE_SIZE)), chance.choice((0, 0, 25)))
        except QueryError:
            refused += 1
            continue
        ours, theirs = embedded.search(query), server.search(query)
        assert ours.ids == theirs.ids, text
        assert ours.total == theirs.total, text
        assert {name: list(counts.items()) for name, counts in ours.facets.items()} == {
            name: list(counts.items()) for name, counts in theirs.facets.items()
        }, text
        found += 1
        empty += ours.total == 0
    assert refused < QUERIES / 2
    assert empty < QUERIES / 2


_HOSTILE = (
    *_WORDS[:9], '"', "'", "*", "~", "=", "-", ":", "(", ")", "AND", "OR", "NOT", "host:", "rule:", "phone:", "\\", "/",
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


def test_every_hit_of_a_large_answer_comes_in_the_same_order(indexes: tuple[Index, Index]) -> None:
    embedded, server = indexes
    for text in ("", "vay sort:severity", "-vay", "lừa OR đảo sort:relevance"):
        query = parse(text, NOW)
        ours = list(embedded.ids(query))
        assert ours == list(server.ids(query)), text
        assert len(ours) == embedded.search(query).total > 1_000
