"""What every front end shows of a hit: passages that say where they stand in it."""

from __future__ import annotations

from search.hits import load_hits
from search.language.query import parse
from search.passages import Found, found_in
from search.records import Records
from tests.search.material import page, record


def found(records: Records, asked: str, characters: int = 60) -> Found:
    (one,) = found_in(records, parse(asked), load_hits(records, [1]), characters)
    return one


def test_a_passage_says_where_it_stands_in_the_text_as_written(sqlite_records: Records) -> None:
    text = f"{'đầu trang ' * 40}gọi \u202eL.ừ.a đ.ả.o ngay {'cuối trang ' * 40}"
    record(sqlite_records, page("https://nap-tien.top/", title="Trang chủ", text=text))
    one = found(sqlite_records, "lừa đảo nap-tien.top")
    in_text, in_address = one.passages
    assert "L.ừ.a đ.ả.o" in text[in_text.start : in_text.end] and in_text.end - in_text.start <= 60
    shown = "".join(piece.text for piece in in_text.pieces)
    assert shown == text[in_text.start : in_text.end].replace("\u202e", "\ufffd") != ""
    assert in_text.is_cut_before and in_text.is_cut_after
    assert "".join(piece.text for piece in in_address.pieces) == "hxxps://nap-tien[.]top/"
    assert one.texts["url"][in_address.start : in_address.end] == "https://nap-tien.top/"
    assert [one.texts["text"][mark.start : mark.end] for mark in one.marks["text"]] == ["L.ừ.a", "đ.ả.o"]


def test_a_query_without_words_shows_the_title_alone(sqlite_records: Records) -> None:
    record(sqlite_records, page(title="Vay nhanh"))
    one = found(sqlite_records, "severity>=1 -vàng")
    assert ([piece.text for piece in one.title], one.passages, one.marks) == (["Vay nhanh"], (), {})
