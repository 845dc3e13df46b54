"""Queries written as text again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from search.language.condition import Term
from search.language.grammar import Order
from search.language.mistakes import QueryError
from search.language.query import Query, parse
from search.language.spelling import spell
from tests.search.hostile import HOSTILE, PLAUSIBLE

NOW = datetime(2026, 11, 20, 3, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "spelt"),
    [
        ("", ""),
        ("  lừa   ĐẢO ", "lừa ĐẢO"),
        ("NOT vay AND -(-tiền)", "-vay tiền"),
        ("status:new vay", "vay status:new"),
        ("(vay OR tiền) category:b category:a", "(vay OR tiền) category:b category:a"),
        ("((vay) OR (tiền vàng)) sort:severity", "vay OR tiền vàng sort:severity"),
        ("a OR (b OR c)", "a OR (b OR c)"),
        ("-(vay OR host:*.top)", "-(vay OR host:*.top)"),
        ("-(category:a category:b)", "-category:a -category:b"),
        ("severity<=3 severity>=2", "severity>=2 severity<=3"),
        ('phone:"+84 912 000 111"', "phone:0912000111"),
        ('rule:"a b*"', 'rule:"a b*"'),
        ("seen:7d sort:newest", "seen:7d"),
        ("seen:2026-01-05..2026-01-05", "seen:2026-01-05"),
        ("seen:2026-01-05..", "seen:2026-01-05.."),
        ("seen:2026-01-05T10:30Z..2026-01-06", "seen:2026-01-05T17:30..2026-01-06"),
        ("seen:7d OR vay", "seen:7d OR vay"),
        ('="Lãi Thấp" l.ừ.a 0ab1c nghiep~', '="Lãi Thấp" l.ừ.a 0ab1c nghiep~'),
        ("NOT --vay", "NOT --vay"),
    ],
)
def test_queries_are_written_as_people_would(text: str, spelt: str) -> None:
    query = parse(text, NOW)
    assert spell(query) == spelt
    assert parse(spelt, NOW) == query


@given(HOSTILE | PLAUSIBLE)
@example("a ---- b ---- c ---- d")
@example("(vay tiền) severity>=1")
@example('phone:"+84 "')
@settings(max_examples=600, deadline=None)
def test_what_is_spelt_is_read_as_the_same_query(text: str) -> None:
    try:
        query = parse(text, NOW)
    except QueryError:
        return
    spelt = spell(query)
    assert parse(spelt, NOW) == query
    assert spell(parse(spelt, NOW)) == spelt


_MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))
_VALUES = st.lists(st.text("abc_-0 (đ)", min_size=1, max_size=6), min_size=1, max_size=3).map(tuple)


@given(
    text=st.sampled_from(["", "vay", "vay OR tiền", "category:x -status:new", "seen:7d zalo:ab"]),
    filters=st.dictionaries(st.sampled_from(("category", "source", "host")), _VALUES, max_size=3),
    since=st.none() | _MOMENTS,
    days=st.none() | st.integers(1, 9) | st.floats(0.001, 9),
    order=st.sampled_from(Order),
)
@settings(max_examples=300, deadline=None)
def test_what_was_clicked_together_is_spelt_as_well(
    text: str, filters: dict[str, tuple[str, ...]], since: datetime | None, days: float | None, order: Order
) -> None:
    until = None if since is None or days is None else since + timedelta(days=days)
    query = replace(parse(text, NOW), filters=filters, seen_from=since, seen_until=until, order=order)
    assert parse(spell(query), NOW) == query


def test_an_age_is_kept_until_a_date_takes_its_place() -> None:
    query = parse("vay seen:7d", NOW)
    assert query.is_relative
    dated = replace(query, seen_from=datetime(2026, 1, 4, 17, tzinfo=UTC))
    assert (spell(dated), dated.is_relative) == ("vay seen:2026-01-05..", False)
    assert spell(query.page(10, 20)) == "vay seen:7d"


@pytest.mark.parametrize(
    ("text", "is_relative"),
    [("vay", False), ("seen:2026-01-05", False), ("vay OR seen:3d", True), ("-seen:3d", True), ("vay -(a b)", False)],
)
def test_a_query_knows_whether_it_counts_from_its_own_moment(text: str, is_relative: bool) -> None:
    assert parse(text, NOW).is_relative is is_relative


def test_words_that_no_query_wrote_are_spelt_so_that_folding_leaves_them() -> None:
    query = Query(
        terms=(Term(("a", "b", "c", "d")), Term(("vay",), is_prefix=True), Term(("lãi", "thấp"), is_exact=True))
    )
    assert parse(spell(query)) == query
