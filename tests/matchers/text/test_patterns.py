"""Operators' regular expressions: refused with a remedy, bounded, and told where they stand in the original."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchers.text.normalise import fold
from matchers.text.patterns import Pattern, PatternError, PatternIndex, check_pattern


def found(expression: str, text: str, *, is_original: bool = False) -> str | None:
    """What the expression matches in the text, as the text wrote it."""
    span = PatternIndex((Pattern(expression, is_original),)).find(fold(text)).span(0)
    return None if span is None else text[span[0] : span[1]]


@pytest.mark.parametrize(
    ("expression", "text", "quote"),
    [
        (r"stk[: ]*\d{9,14}", "Chuyển vào STK: 0123456789 nhé", "STK: 0123456789"),
        (r"STK\b", "số stk nào", "stk"),
        (r"lua dao \d+", "Bị L.ừ.a Đ.ả.o 20 triệu", "L.ừ.a Đ.ả.o 20"),
        (r"chuyen\s+tien", "ch\u200buyển 𝓽𝓲𝓮̂̀𝓷 đi", "ch\u200buyển 𝓽𝓲𝓮̂̀𝓷"),
        (r"^vay", "Vay nhanh", "Vay"),
        (r"gốc", "lãi gốc", None),
        (r"tra \w+ goc", "漢字 trả cả gốc", "trả cả gốc"),
    ],
)
def test_folded_patterns_point_into_the_original(expression: str, text: str, quote: str | None) -> None:
    assert found(expression, text) == quote


@pytest.mark.parametrize(
    ("expression", "text", "quote"),
    [
        (r"VN\d{2}[A-Z]{4}", "漢字 Mã VN12ABCD hết hạn", "VN12ABCD"),
        (r"VN\d{2}", "mã vn12", None),
        (r"(?i)VN\d{2}", "mã vn12", "vn12"),
        (r"lãi suất \d", "\ud800 lãi suất 3%", "lãi suất 3"),
        (r"\?{2}", "\ud800?x", "\ud800?"),
    ],
)
def test_original_patterns_see_marks_and_capitals(expression: str, text: str, quote: str | None) -> None:
    assert found(expression, text, is_original=True) == quote


@pytest.mark.parametrize(
    ("expression", "remedy"),
    [
        (r"(?<=stk)\d+", "look around"),
        (r"\d+(?!vnd)", "look around"),
        (r"(\w+) \1", "back-references"),
        (r"(?>a+)b", "never backtracks"),
        (r"a{1,1000}{1,1000}", "*"),
        (r"(a{1,500}){1,500}", "1000 times"),
        (r"(tk", "close every"),
        (r"[0-9", "close the '['"),
        (r"*9000", r"\*"),
        (r"\u0111", r"\x{1ef1}"),
        (r"\Z", r"\z"),
        (r"\y", "github.com/google/re2"),
        ("x" * 501, "at most 500"),
        (r"\pL{1000}\pN{900}", "shorter"),
    ],
)
def test_each_mistake_has_a_remedy(expression: str, remedy: str) -> None:
    with pytest.raises(PatternError) as refused:
        check_pattern(Pattern(expression))
    assert remedy in refused.value.remedy


@pytest.mark.parametrize("expression", ["", "a*", r"\b", "^", "$", r"\B", "(?m)$", "a|", "(a?b?)", r"\b\w*"])
def test_what_matches_nothing_is_refused(expression: str) -> None:
    with pytest.raises(PatternError, match="empty text"):
        check_pattern(Pattern(expression))


def test_what_kills_a_backtracking_engine_ends_at_once() -> None:
    text = "a" * 200_000 + "!"
    patterns = PatternIndex([Pattern(r"(a+)+$"), Pattern(r"(a|aa)+b"), Pattern(r"(\w+\s?)+:"), Pattern(r"(.*a){15}b")])
    before = time.process_time()
    there = patterns.find(fold(text))
    assert [there.span(number) for number in range(4)] == [None] * 4
    assert time.process_time() - before < 5


def test_nothing_is_read_where_there_are_no_patterns() -> None:
    there = PatternIndex().find(fold("Vay nhanh"))
    assert there.possible == frozenset()


def test_only_what_can_match_is_looked_for() -> None:
    patterns = [Pattern(rf"tu khoa so {number}\b") for number in range(300)]
    there = PatternIndex(patterns).find(fold("Đây là từ khóa số 17 thôi"))
    assert there.possible < set(range(300))
    assert [number for number in range(300) if there.span(number)] == [17]


@settings(max_examples=200)
@given(text=st.text(max_size=60), expression=st.sampled_from([r"[a-z]{2}", r"\d+", r"[^a-z ]+", r".+"]))
def test_every_span_lies_in_the_text(text: str, expression: str) -> None:
    for is_original in (False, True):
        span = PatternIndex((Pattern(expression, is_original),)).find(fold(text)).span(0)
        assert span is None or 0 <= span[0] < span[1] <= len(text)
