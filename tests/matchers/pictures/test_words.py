"""Lines from Tesseract's words: pieces joined, noise dropped, what several looks saw told once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchers.page import PictureLine
from matchers.pictures.words import SeenWord, lines_of, parse_tsv, told_once

HEAD = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n"


def row(block: int, left: int, text: str, confidence: float = 96, top: int = 10, level: int = 5) -> str:
    return f"{level}\t1\t{block}\t1\t1\t1\t{left}\t{top}\t60\t20\t{confidence}\t{text}\n"


def test_a_table_becomes_words_and_broken_rows_are_left_out() -> None:
    table = HEAD + row(1, 10, "VAY") + row(1, 0, "", -1, level=4) + row(1, 80, "TIỀN") + "5\t1\n" + row(1, 1, "x", 3)
    assert [(word.text, word.box, word.confidence) for word in parse_tsv(table)] == [
        ("VAY", (10, 10, 70, 30), 0.96),
        ("TIỀN", (80, 10, 140, 30), 0.96),
    ]


def test_pieces_beside_one_another_are_one_line_and_those_far_apart_are_not() -> None:
    near = lines_of(parse_tsv(HEAD + row(2, 80, "TIỀN", 90) + row(1, 10, "VAY")))
    assert [(line.text, line.box) for line in near] == [("VAY TIỀN", (10, 10, 140, 30))]
    assert near[0].confidence == pytest.approx((3 * 0.96 + 4 * 0.90) / 7, abs=0.01)
    assert len(lines_of(parse_tsv(HEAD + row(1, 10, "VAY") + row(2, 400, "TIỀN")))) == 2
    assert len(lines_of(parse_tsv(HEAD + row(1, 10, "VAY") + row(2, 80, "TIỀN", top=30)))) == 2


@pytest.mark.parametrize(("text", "confidence"), [("|", 95), ("~°;", 95), ("tỷ", 40)])
def test_noise_is_no_line(text: str, confidence: float) -> None:
    assert lines_of([SeenWord(text, (0, 0, 20, 20), confidence / 100)]) == []


def test_of_two_looks_at_one_place_the_surer_words_stay() -> None:
    blurred = [PictureLine("YAY TIÊN NHANN", (10, 10, 200, 30), 0.6), PictureLine("Nợ xấu", (10, 50, 90, 70), 0.9)]
    clear = [PictureLine("VAY TIỀN NHANH", (12, 11, 198, 31), 0.95)]
    assert [line.text for line in told_once([blurred, clear])] == ["VAY TIỀN NHANH", "Nợ xấu"]


def test_lines_that_one_look_saw_in_pieces_give_way_to_the_whole() -> None:
    pieces = [PictureLine("Lãi suất", (10, 10, 100, 30), 0.9), PictureLine("mỗi ngày", (210, 10, 300, 30), 0.9)]
    whole = [PictureLine("Lãi suất 3% mỗi ngày", (10, 10, 300, 30), 0.93)]
    assert [line.text for line in told_once([pieces, whole])] == ["Lãi suất 3% mỗi ngày"]


@given(st.text(max_size=300))
def test_no_table_raises(table: str) -> None:
    lines_of(parse_tsv(HEAD + table))
