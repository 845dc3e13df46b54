from hypothesis import given
from hypothesis import strategies as st

from console.highlight import CONTEXT_CHARACTERS, WHOLE_UP_TO_CHARACTERS, excerpt, highlight
from matchers.match import Match, Span


def at(start: int, end: int, field: str = "text") -> Match:
    return Match("p/r", "phrases", "vi", "en", span=Span(field, start, end))  # type: ignore[arg-type]


def test_a_text_without_matches_is_one_segment() -> None:
    (only,) = highlight("không có gì", [], "text")
    assert (only.text, only.matches) == ("không có gì", ())


def test_no_text_is_no_segment() -> None:
    assert highlight("", [at(0, 4)], "text") == []


def test_overlapping_spans_are_cut_at_every_edge() -> None:
    segments = highlight("abcdefgh", [at(1, 5), at(3, 7), at(3, 7)], "text")
    assert [(segment.text, segment.matches) for segment in segments] == [
        ("a", ()),
        ("bc", (0,)),
        ("de", (0, 1, 2)),
        ("fg", (1, 2)),
        ("h", ()),
    ]
    assert [segment.opens for segment in segments] == [(), (0,), (1, 2), (), ()]


def test_touching_and_nested_spans_keep_their_matches() -> None:
    segments = highlight("abcdef", [at(0, 6), at(2, 4), at(4, 6)], "text")
    assert [(segment.text, segment.matches) for segment in segments] == [
        ("ab", (0,)),
        ("cd", (0, 1)),
        ("ef", (0, 2)),
    ]


def test_spans_of_another_field_and_outside_the_text_do_not_show() -> None:
    segments = highlight("abc", [at(0, 2, "title"), at(3, 9), at(-5, 1), at(2, 2)], "text")
    assert [(segment.text, segment.matches) for segment in segments] == [("a", (2,)), ("bc", ())]


def test_reordering_characters_are_shown_and_spans_stay_right() -> None:
    segments = highlight("ab\u202ecd", [at(3, 5)], "text")
    assert [segment.text for segment in segments] == ["ab\ufffd", "cd"]


@given(st.text(max_size=60), st.lists(st.tuples(st.integers(-5, 70), st.integers(-5, 70)), max_size=8))
def test_segments_are_the_text_and_every_character_knows_its_matches(text: str, spans: list[tuple[int, int]]) -> None:
    segments = highlight(text, [at(start, end) for start, end in spans], "text")
    assert len("".join(segment.text for segment in segments)) == len(text)
    position = 0
    for segment in segments:
        for _ in segment.text:
            expected = {index for index, (start, end) in enumerate(spans) if start <= position < end}
            assert set(segment.matches) == expected
            position += 1


def test_a_long_text_shows_what_surrounds_each_match() -> None:
    before, between, after = "trước " * 800, "giữa " * 800, "sau " * 800
    text = f"{before}MỘT{between}HAI{after}"
    one, two = text.index("MỘT"), text.index("HAI")
    shown = excerpt(highlight(text, [at(one, one + 3), at(two, two + 3)], "text"))
    left_out = sum(segment.omitted for segment in shown)
    kept = sum(len(segment.text) for segment in shown)
    assert left_out + kept == len(text)
    assert kept < 5 * (CONTEXT_CHARACTERS + 25)
    assert [segment.text for segment in shown if segment.matches] == ["MỘT", "HAI"]
    assert shown[0].omitted and shown[-1].omitted


def test_a_short_text_is_shown_whole() -> None:
    segments = highlight("x" * WHOLE_UP_TO_CHARACTERS, [at(5, 9)], "text")
    assert excerpt(segments) == segments


def test_a_long_text_without_matches_shows_its_beginning() -> None:
    shown = excerpt(highlight("chữ " * 5000, [], "text"))
    assert shown[0].text.startswith("chữ chữ")
    assert len(shown[0].text) < WHOLE_UP_TO_CHARACTERS + 25
    assert shown[1].omitted
