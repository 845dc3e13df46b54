"""The query language: what it means, and where it points when it cannot be understood."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from string import Formatter
from time import perf_counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from search.indexes.embedded import EmbeddedIndex
from search.language.condition import AllOf, AnyOf, Label, OneOf, SeverityRange, Term, words_of
from search.language.grammar import FIELDS, MAX_QUERY_CHARACTERS, MAX_STARS, MAX_TERMS, Order
from search.language.mistakes import (
    FIELD_GUESSES,
    ORDER_GUESSES,
    SEVERITY_GUESSES,
    STATUS_GUESSES,
    WORDS,
    Mistake,
    QueryError,
    meant,
)
from search.language.query import MAX_OFFSET, MAX_PAGE_SIZE, Query, parse
from search.language.spelling import spell
from search.status import Status
from tests.search.hostile import HOSTILE, PLAUSIBLE

NOW = datetime(2026, 11, 20, 3, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("", ()),
        ("lừa ĐẢO", (Term(("lua",)), Term(("dao",)))),
        ('"chuyển  tiền" vay*', (Term(("chuyen", "tien")), Term(("vay",), is_prefix=True))),
        ('-báo -"đã trả"', (Term(("bao",), is_excluded=True), Term(("da", "tra"), is_excluded=True))),
        ("vay-nhanh.top/x", (Term(("vay", "nhanh", "top", "x")),)),
        ("https://vay.top/a?b=1", (Term(("https", "vay", "top", "a", "b", "1")),)),
        ("-http://vay.top", (Term(("http", "vay", "top"), is_excluded=True),)),
        ("0912.000.111", (Term(("0912", "000", "111")),)),
        ("vay - trả góp, nhanh !", (Term(("vay",)), Term(("tra",)), Term(("gop",)), Term(("nhanh",)))),
        ("Hotline: 24h", (Term(("hotline",)), Term(("24h",)))),
        ('""', ()),
    ],
)
def test_words_phrases_prefixes_and_exclusions(text: str, terms: tuple[Term, ...]) -> None:
    assert parse(text) == Query(terms=terms)


def test_fields_filter_and_their_values_are_alternatives() -> None:
    query = parse('category:loan_credit category:"fake_bank" -status:closed host:*.TOP -severity:1 severity:4')
    assert query.filters == {"category": ("loan_credit", "fake_bank"), "host": ("*.top",), "severity": ("4",)}
    assert query.excluded == {"status": ("closed",), "severity": ("1",)}
    assert query.terms == ()


@pytest.mark.parametrize(
    "text", ["status:new AND status:closed", "(status:new) status:closed", "(status:new) AND (status:closed)"]
)
def test_values_of_one_field_both_hold_with_and_between_them_or_in_parentheses(text: str) -> None:
    query = parse(text)
    assert query.groups == (AllOf((OneOf("status", ("new",)),)),)
    assert query.filters == {"status": ("closed",)}
    assert parse(spell(query)) == query


def test_values_of_one_field_side_by_side_stay_alternatives() -> None:
    assert parse("(status:new status:closed) vay") == parse("status:new vay status:closed")
    query = parse("status:new status:closed AND status:closed")
    assert query.groups == (AllOf((OneOf("status", ("new", "closed")),)),)
    assert query.filters == {"status": ("closed",)}


def test_severity_is_compared() -> None:
    query = parse("severity>=2 severity<=3")
    assert (query.min_severity, query.max_severity) == (2, 3)
    assert parse("severity>1 severity<4") == query
    assert parse("severity=3") == parse("severity:3")
    for nothing in ("severity>4", "severity<1"):
        query = parse(nothing)
        assert query.min_severity > query.max_severity


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("Status:New", "status:new"),
        ("Phone:0912000111", "phone:0912000111"),
        ("vay -HOST:a.top", "vay -host:a.top"),
        ("Severity>=3 Sort:Severity", "severity>=3 sort:severity"),
    ],
)
def test_capitals_make_no_other_field(text: str, same: str) -> None:
    assert parse(text) == parse(same)


def test_an_age_is_one_in_capitals_too() -> None:
    assert parse("Seen:7D", NOW) == parse("seen:7d", NOW)


@pytest.mark.parametrize("text", ["Chú:ý", "LUA:dao", "a>b", "lua>3", "x=y", "STATUS", "=status", "xStatus:new"])
def test_signs_within_words_that_are_no_fields_part_words(text: str) -> None:
    [term] = parse(text).terms
    assert term.words == words_of(text)


@pytest.mark.parametrize(
    ("text", "seen_from", "seen_until"),
    [
        ("seen:12h", NOW - timedelta(hours=12), None),
        ("seen:7d", NOW - timedelta(days=7), None),
        ("seen:2w", NOW - timedelta(weeks=2), None),
        ("seen:2026-01-05", datetime(2026, 1, 4, 17, tzinfo=UTC), datetime(2026, 1, 5, 17, tzinfo=UTC)),
        ("seen:2026-01-05..2026-01-06", datetime(2026, 1, 4, 17, tzinfo=UTC), datetime(2026, 1, 6, 17, tzinfo=UTC)),
        ("seen:2026-01-05..", datetime(2026, 1, 4, 17, tzinfo=UTC), None),
        ("seen:..2026-01-05", None, datetime(2026, 1, 5, 17, tzinfo=UTC)),
        ("seen:2026-01-05T07:30..", datetime(2026, 1, 5, 0, 30, tzinfo=UTC), None),
        ("seen:..2026-01-05T07:30:15Z", None, datetime(2026, 1, 5, 7, 30, 15, tzinfo=UTC)),
        (
            "seen:2026-01-05T07:30..2026-01-05",
            datetime(2026, 1, 5, 0, 30, tzinfo=UTC),
            datetime(2026, 1, 5, 17, tzinfo=UTC),
        ),
    ],
)
def test_times_are_ages_or_days_in_vietnam(text: str, seen_from: datetime | None, seen_until: datetime | None) -> None:
    query = parse(text, NOW)
    assert (query.seen_from, query.seen_until) == (seen_from, seen_until)


@pytest.mark.parametrize("order", Order)
def test_orders(order: Order) -> None:
    assert parse(f"sort:{order}").order is order


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ('vay "chuyển tiền', 5, 'must end with "'),
        ("vay   a*", 7, "at least two letters"),
        ("*", 1, "at least two letters"),
        (
            "vay lua:x",
            5,
            "no field 'lua'; fields are category, source, status, severity, host, seen, phone, account, card, wallet, "
            "merchant, zalo, telegram, facebook, tiktok, youtube, whatsapp, viber, wechat, line, kakaotalk, email, "
            "tax_code, licence, trade_notice, brand, rule, sort",
        ),
        ("vay category:", 5, "category: needs a value"),
        ('category:"loan', 1, 'must end with "'),
        ('vay phone:0988"', 5, 'must start with "'),
        ("status=new", 1, "only severity can be compared"),
        ("Host>a.top", 1, "only severity can be compared"),
        ("category>=3", 1, "only severity can be compared"),
        ("-sort:newest", 2, "write it outside of parentheses and NOT"),
        ("severity:5", 1, "severity is 1 to 4"),
        ("severity>=cao", 1, "severity is 1 to 4"),
        ("sort:best", 1, "newest, severity, relevance"),
        ("seen:soon", 1, "takes an age"),
        ("seen:0001-01-01", 1, "takes an age"),
        ("seen:2026-02-30", 1, "takes an age"),
        ("seen:..", 1, "needs a date"),
        ("seen:20260105", 1, "takes an age"),
        ("seen:9999-12-31", 1, "takes an age"),
        ("seen:2026-01-05T10:00..2026-01-05T10:00", 1, "ends before it starts"),
        ('phone:"- -"', 1, "takes a telephone number"),
        ("seen:2026-02-02..2026-02-01", 1, "ends before it starts"),
        ("host:a\ud800b", 1, "letters, digits and signs only"),
        ("host:a\x00b", 1, "letters, digits and signs only"),
        ("host:" + "*a" * (MAX_STARS + 1), 1, "at most"),
        ("x " * (MAX_QUERY_CHARACTERS // 2) + "x", MAX_QUERY_CHARACTERS, "at most"),
        ("ab " * (MAX_TERMS + 1), MAX_TERMS * 3 + 1, "at most"),
        ("http:// " * 3 + "http://a.b " * MAX_TERMS, (MAX_TERMS - 3) * 11 + 25, "at most"),
    ],
)
def test_errors_point_at_the_column(text: str, column: int, said: str) -> None:
    with pytest.raises(QueryError, match=f"^column {column}: ") as caught:
        parse(text)
    assert caught.value.column == column
    assert said in caught.value.message


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("vay OR", 5, "OR needs something on both sides"),
        ("OR vay", 1, "OR needs something on both sides"),
        ("vay AND", 5, "AND needs something on both sides"),
        ("(vay AND) tiền", 6, "AND needs something on both sides"),
        ("AND", 1, "AND needs something on both sides"),
        ("vay NOT", 5, "NOT needs something to take out"),
        ("(vay", 1, "this ( is never closed"),
        ("vay (tiền OR (vàng)", 5, "this ( is never closed"),
        ("vay) tiền", 4, "there is no ( that this ) closes"),
        ("vay ()", 5, "nothing between ( and )"),
        ("(vay sort:newest)", 6, "outside of parentheses"),
        ("vay OR sort:newest", 5, "OR needs something on both sides"),
        ("(" * 30 + "vay" + ")" * 30, 11, "at most 10 deep"),
        ("-" + "NOT " * 30 + "vay", 38, "at most 10 deep"),
        ("ab~", 1, "~ is for one word of at least three letters"),
        ('"vay tiền"~', 1, "~ is for one word"),
        ("=vay~", 1, "~ is for one word"),
        ("vay~ (" + "tien~ " * 4 + "OR vang~)", 34, "at most 5 words with ~"),
        ("0912~", 1, "~ is for one word"),
        ("phone:*", 1, "at least two characters"),
        ("rule:a*b", 1, "with a star at its end alone"),
        ("phone>=3", 1, "only severity can be compared"),
    ],
)
def test_errors_of_the_larger_grammar_point_at_the_column(text: str, column: int, said: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert (caught.value.column, said in caught.value.message) == (column, True), str(caught.value)


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("catgory:loan", "category:loan"),
        ("vay (loai:loan_credit OR nguon:x)", "vay (category:loan_credit OR nguon:x)"),
        ("trang_thai:new", "status:new"),
        ("trangthai:new", "status:new"),
        ("muc_do>=3", "severity>=3"),
        ("sdt:0912000111", "phone:0912000111"),
        ("-tai_khoan:0071", "-account:0071"),
        ("ngan_hang:vietcombank", "brand:vietcombank"),
        ("hots:a.top", "host:a.top"),
        ("vay status:comfirmed", "vay status:confirmed"),
        ("status:in-review", "status:in_review"),
        ("status:moi", "status:new"),
        ("sort:severty vay", "sort:severity vay"),
        ("severity>=cao", "severity>=3"),
        ("severity:Critical", "severity:4"),
        ("status>=new", "status:new"),
        ("vay Status=new", "vay Status:new"),
        ("Hotline:0912", "phone:0912"),
        ("Loai=loan_credit vay", "category:loan_credit vay"),
        ("muc_do>3", "severity>3"),
        ('phone:0988" vay', 'phone:"0988" vay'),
        ("lua:dao", ""),
        ("note:x", ""),
        ("status:xyz", ""),
        ("severity:5", ""),
        ("sort:best", ""),
        ('vay "thế', ""),
    ],
)
def test_what_was_probably_meant_is_suggested_as_a_whole_query(text: str, suggestion: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert caught.value.suggestion == suggestion


def test_a_misspelt_field_is_answered_with_the_near_one_in_both_languages() -> None:
    with pytest.raises(QueryError) as caught:
        parse("vay catgory:loan")
    error = caught.value
    assert (error.column, error.kind) == (5, Mistake.MISSPELT_FIELD)
    assert error.parameters == {"name": "catgory", "near": "category"}
    assert "did you mean category:?" in error.message
    assert "ý bạn là category: phải không?" in error.message_vi


def test_every_mistake_has_words_in_both_languages_with_the_same_particulars() -> None:
    assert set(WORDS) == set(Mistake)
    for vietnamese, english in WORDS.values():
        assert vietnamese != english
        assert _particulars(vietnamese) == _particulars(english)


def _particulars(words: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(words)} - {None}


@pytest.mark.parametrize(
    ("guesses", "names"),
    [
        (FIELD_GUESSES, FIELDS),
        (STATUS_GUESSES, tuple(Status)),
        (ORDER_GUESSES, tuple(Order)),
        (SEVERITY_GUESSES, ("1", "2", "3", "4")),
    ],
)
def test_guesses_lead_to_names_there_are(guesses: Mapping[str, str], names: tuple[str, ...]) -> None:
    assert set(guesses.values()) <= set(names)
    assert not set(guesses) & set(names)
    assert all(meant(guess, names, guesses) == name for guess, name in guesses.items())


def test_all_severities_are_something_to_ask_for_in_a_group() -> None:
    assert parse("vay OR severity>=1").groups == (AnyOf((Term(("vay",)), SeverityRange(1, 4))),)
    assert parse("vay severity>=1") == Query(terms=(Term(("vay",)),))
    assert parse("(vay OR tiền) severity<=4") == parse("vay OR tiền")


def test_split_letters_meet_whether_a_line_breaks_or_not() -> None:
    assert words_of("l ừ a\nđ ả o") == words_of("l ừ a đ ả o")


def test_time_in_bad_queries_grows_no_faster_than_their_length() -> None:
    """Each is asked at a tenth of its length and whole: ten times the length may cost thirty times, not a hundred."""

    def cost(text: str) -> float:
        def once() -> float:
            start = perf_counter()
            with suppress(QueryError):
                parse(text, NOW)
            return perf_counter() - start

        return min(once() for _ in range(7))

    for piece in (
        '"',
        '"a',
        'a"b ',
        '"x y"z ',
        "-",
        "(",
        "=",
        "*",
        "a*",
        "a~",
        ":",
        "a.",
        "0a",
        "l.",
        "\u200b",
        "NOT ",
        "\x00",
    ):
        whole = piece * (MAX_QUERY_CHARACTERS // len(piece))
        assert cost(whole) < 30 * cost(whole[: len(whole) // 10]) + 0.001, piece


def test_what_is_simple_stays_simple() -> None:
    """Words, values and ranges are told apart from groups, for facets and for the records when the index is down."""
    query = parse("(vay) -báo (category:a) NOT status:closed severity>=2 (x1 OR x2) phone:0912000111")
    assert query.terms == (Term(("vay",)), Term(("bao",), is_excluded=True))
    assert (query.filters, query.excluded) == ({"category": ("a",)}, {"status": ("closed",)})
    assert query.min_severity == 2
    assert query.groups == (
        AnyOf((Term(("x1",)), Term(("x2",)))),
        Label("phone", "+84912000111"),
    )


def test_the_order_may_be_said_after_alternatives() -> None:
    query = parse("vay OR tiền sort:severity")
    assert query.order is Order.SEVERITY
    assert query.groups == (AnyOf((Term(("vay",)), Term(("tien",)))),)


def test_lower_case_words_are_no_operators() -> None:
    assert parse("vay or not and").terms == tuple(Term((word,)) for word in ("vay", "or", "not", "and"))
    assert parse("ORION NOTE ANDROID").terms == tuple(Term((word,)) for word in ("orion", "note", "android"))


def test_pages_stay_within_bounds() -> None:
    query = parse("vay")
    assert (query.page(10, 30).limit, query.page(10, 30).offset) == (10, 30)
    assert (query.page(0, -5).limit, query.page(0, -5).offset) == (1, 0)
    assert (query.page(10**9, 10**18).limit, query.page(10**9, 10**18).offset) == (MAX_PAGE_SIZE, MAX_OFFSET)


def test_words_of_a_text_and_of_a_query_meet() -> None:
    assert words_of("Vay 5.000.000đ, LÃI thấp!") == ("vay", "5", "000", "000d", "lai", "thap")
    assert words_of("l.ừ.a đ.ả.o, kh0ng") == words_of("lừa đảo không")
    assert words_of("微信 a_b") == ("微信", "a", "b")


@given(HOSTILE | PLAUSIBLE | st.text(max_size=200))
@example('"' * 999)
@example("-" * 999)
@example("seen:-1d")
@example("severity>=²")
@settings(max_examples=400, deadline=None)
def test_parsing_raises_nothing_but_query_errors(text: str) -> None:
    try:
        query = parse(text, NOW)
    except QueryError as error:
        assert 1 <= error.column <= max(1, len(text))
    else:
        assert parse(text, NOW) == query


@pytest.fixture(scope="module")
def empty_index(tmp_path_factory: pytest.TempPathFactory) -> EmbeddedIndex:
    return EmbeddedIndex(tmp_path_factory.mktemp("index") / "index.db")


@given(text=HOSTILE)
@example('" OR rowid > 0 --')
@example('a" NEAR(b c, 5)')
@example("host:[a-z]*")
@settings(max_examples=300, deadline=None)
def test_nothing_people_write_reaches_the_index_as_syntax(empty_index: EmbeddedIndex, text: str) -> None:
    try:
        query = parse(text, NOW)
    except QueryError:
        return
    assert empty_index.search(query).total == 0


@given(text=HOSTILE)
@settings(max_examples=300, deadline=None)
def test_terms_hold_what_the_full_text_engine_takes_for_plain_words(text: str) -> None:
    try:
        query = parse(text, NOW)
    except QueryError:
        return
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE t USING fts5 (x, tokenize = 'ascii')")
    connection.execute("CREATE VIRTUAL TABLE v USING fts5vocab (t, instance)")
    for term in query.terms:
        connection.execute("DELETE FROM t")
        connection.execute("INSERT INTO t VALUES (?)", (" ".join(term.words),))
        held = tuple(row[0] for row in connection.execute("SELECT term FROM v ORDER BY offset"))
        assert held == term.words
    connection.close()
