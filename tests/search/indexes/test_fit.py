"""Whether a hit fits a query is told without an index as every index tells it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import given, settings

from search.indexes.embedded import EmbeddedIndex
from search.indexes.fit import FoldedDocument, fits, holds
from search.language.mistakes import QueryError
from search.language.query import parse
from tests.search.chance import random_hit, random_query
from tests.search.hostile import HOSTILE, PLAUSIBLE
from tests.search.material import LOAN_TEXT, NOW, PHONE, document

SEED = 20261121
HITS, QUERIES = 2_000, 400


def test_what_fits_is_what_the_index_finds(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    hits = [random_hit(number, chance) for number in range(1, HITS + 1)]
    index = EmbeddedIndex(tmp_path / "index.db")
    index.put(hits)
    folded = [FoldedDocument(hit) for hit in hits]
    asked, empty = 0, 0
    while asked < QUERIES:
        text = random_query(chance)
        try:
            query = parse(text, NOW)
        except QueryError:
            continue
        fitting = {hit.document.id for hit in folded if fits(query, hit)}
        assert fitting == set(index.ids(query)), text
        asked += 1
        empty += not fitting
    assert empty < QUERIES / 2


ODD = [
    document(1, title="l ừ a\nđ ả o", text="0ngay\n0k\nvay 0d", host="A.top"),
    document(2, title="x" * 300, text="b" * 119 + " " + "b" * 121 + "_c", url="https://vay.top/0ab1c?x=%20[a-z]*"),
    document(3, title="", text="", url="", host="", category="", source="", rules=("a b/c", "Ω/Ω"), brands=('a"b',)),
    document(4, title="微信 a_b İstanbul", text="lừa\u200b đảo\x00 cho\u0301 \ud800 \U0001f600 vay", host="[a-z].top"),
    document(5, title="vay a b c d", text="tiền", evidence="chỉ thấy trong ảnh chụp: chuyển khoản trước", host="a*b?c"),
    document(6, title="nhanh vay", text="vay\u2028tiền\x85nhanh", identifiers=(PHONE,), host="*.top"),
    document(7, title="VAY  —  «TIỀN»", text=LOAN_TEXT * 5, severity=1, status="closed"),
]
"""Documents that no two engines should read otherwise."""


@pytest.fixture(scope="module")
def odd_index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedIndex]:
    index = EmbeddedIndex(tmp_path_factory.mktemp("odd") / "index.db")
    index.put(ODD)
    yield index
    index.close()


def finds(index: EmbeddedIndex, text: str) -> tuple[set[int], set[int]]:
    query = parse(text, NOW)
    return {hit.id for hit in ODD if fits(query, FoldedDocument(hit))}, set(index.ids(query))


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("lừa đảo", {1, 4}),
        ('"lừa đảo"', {1, 4}),
        ("luadao", set()),
        ("ongay", {1}),
        ("x" * 300, {2}),
        ("x" * 299, set()),
        (f"{'x' * 299}*", {2}),
        (f"{'x' * 110}*", {2}),
        ("b" * 121, {2}),
        ("=İstanbul", {4}),
        ("chó", {4}),
        ('"tiền vay"', set()),
        ('"vay tiền"', {7}),
        ("tiennhanh", {6}),
        ('"tiền chỉ"', set()),
        ('"khoản trước"', {5}),
        ("=thấy", {5}),
        ('="ảnh chụp"', {5}),
        ("chup~", {5, 7}),
        ("x" * 300 + "~", {2}),
        ("b" * 121 + "~", {2}),
        ("host:a.top", set()),
        ("host:[a-z].top", {4}),
        ("host:a?c", set()),
        ("host:a*b?c", {5}),
        ("host:*.top", {1, 2, 4, 6, 7}),
        ("host:*", {1, 2, 3, 4, 5, 6, 7}),
        ("host:a*c*c", set()),
        ("host:**", {1, 2, 3, 4, 5, 6, 7}),
        ('rule:"a b/c"', {3}),
        ("rule:ω/*", {3}),
        ('brand:a"b', {3}),
        ("phone:0912*", {6}),
        ("84912000111", {6}),
        ("-vay", {3}),
        ("host:*p AND host:a*", set()),
        ("host:*.top AND host:[*", {4}),
        ("(status:new) status:closed", set()),
        ("severity<=2 OR status:closed", {7}),
        ("NOT (vay OR lừa)", {3}),
        ("微信", {4}),
    ],
)
def test_odd_documents_fit_as_they_are_found(odd_index: EmbeddedIndex, text: str, ids: set[int]) -> None:
    fitting, found = finds(odd_index, text)
    assert (fitting, found) == (ids, ids)


@given(text=HOSTILE | PLAUSIBLE)
@settings(max_examples=400, deadline=None)
def test_hostile_queries_fit_what_they_find(odd_index: EmbeddedIndex, text: str) -> None:
    try:
        fitting, found = finds(odd_index, text)
    except QueryError:
        return
    assert fitting == found


def test_a_document_is_read_once_for_all_queries() -> None:
    folded = FoldedDocument(document(1))
    assert folded.text is folded.text
    assert fits(parse("vay tiền"), folded) and not fits(parse("vay vàng"), folded)


def test_stars_cost_no_more_than_the_length_of_the_host() -> None:
    """Ten times the host may cost thirty times, not ten thousand."""

    def cost(length: int) -> float:
        folded = FoldedDocument(document(1, host="a" * length))

        def once() -> float:
            start = perf_counter()
            for text in ("host:*a*a*a*b", "host:*a*b*a*a", "host:a*a*a*ab"):
                assert not fits(parse(text), folded)
            return perf_counter() - start

        return min(once() for _ in range(5))

    assert cost(6_000) < 30 * cost(600) + 0.001


def test_a_hundred_queries_cost_less_than_a_few_foldings() -> None:
    """What is folded once is asked often: a hundred queries cost a bounded multiple of folding the document."""
    chance = random.Random(SEED)
    conditions = []
    while len(conditions) < 100:
        with suppress(QueryError):
            conditions.append(parse(random_query(chance), NOW).condition)
    hit = document(1, text=LOAN_TEXT * 4, identifiers=(PHONE,))

    def cost(work: Callable[[], object]) -> float:
        times = []
        for _ in range(9):
            start = perf_counter()
            work()
            times.append(perf_counter() - start)
        return min(times)

    folded = FoldedDocument(hit)
    folding = cost(lambda: FoldedDocument(hit).words) + cost(lambda: FoldedDocument(hit).exact_text)
    assert cost(lambda: [holds(condition, folded) for condition in conditions]) < 6 * folding
