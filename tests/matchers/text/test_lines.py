"""Lines of folded words: what stands in the joined letters is found in its line again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from matchers.text.lines import Lines
from matchers.text.normalise import fold


def test_words_of_one_line_have_a_place_and_nothing_else_has() -> None:
    lines = Lines("Vay tiền\nShinhan Bank, 24/7", "vay tien\nshinhan bank, 24/7")
    assert lines.joined == "vaytienshinhanbank247"
    assert lines.place(7, 18) == (1, 0, 2)
    assert lines.place(18, 21) == (1, 2, 4)
    assert lines.place(3, 14) is None, "over the end of a line"
    assert lines.place(8, 14) is None, "from inside a word"
    assert (lines.text(1), lines.words(1)) == ("Shinhan Bank, 24/7", ["shinhan", "bank", "24", "7"])


def test_lines_that_folding_joined_are_told_folded() -> None:
    lines = Lines("a\nb", "ab")
    assert (lines.written, lines.text(0)) == ([], "ab")


@given(st.text(max_size=300))
def test_every_word_is_found_at_its_place(text: str) -> None:
    lines = Lines(text, fold(text).text)
    offset = 0
    for number in range(len(lines)):
        for place, word in enumerate(lines.words(number)):
            assert lines.joined[offset : offset + len(word)] == word
            assert lines.place(offset, offset + len(word)) == (number, place, place + 1)
            offset += len(word)
    assert offset == len(lines.joined)
