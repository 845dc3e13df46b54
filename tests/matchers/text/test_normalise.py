"""Folding: one form for every spelling, and spans that point into the original."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchers.text.normalise import fold, fold_text, unmask
from matchers.text.wording import exact_words, words_to_index


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Lừa Đảo", "lua dao"),
        (unicodedata.normalize("NFD", "chuyển tiền ngân hàng"), "chuyen tien ngan hang"),
        ("l\u200bừ\u200ba\u00ad đ\u2060ảo", "lua dao"),
        ("𝓿𝓪𝔂 𝐭𝐢𝐞𝐧 ｖａｙ ⓥⓐⓨ", "vay tien vay vay"),
        ("vаy tiеn οnlinе", "vay tien online"),
        ("l.u.a d.a.o", "lua dao"),
        ("c h u y e n t i e n", "chuyen tien"),
        ("C-H-U-Y-Ể-N   T-I-Ề-N", "chuyen tien"),
        ("v🔥a🔥y t🔥i🔥ề🔥n", "vay tien"),
        ("v\u200b🔥\u200b🔥ay 🔥tiền 🔥", "vay  tien  "),
        ("v, a, y,  t, i, ề, n", "vay tien"),
        ("KH0NG t1en h0 tro n0 xau d!eu k!en", "khong tien ho tro no xau dieu kien"),
        ("Te|egram g@i", "telegram gai"),
        ("🇻🇦🇾 ngay", "vay ngay"),
        ("漢字 và 한국", "漢字 va 한국"),
        ("", ""),
    ],
)
def test_every_disguise_folds_to_the_plain_words(written: str, folded: str) -> None:
    assert fold_text(written) == folded


@pytest.mark.parametrize("written", ["0iss", "!0iss", "(h0 tr0)", "v, a, y, t, i, ề, n", "kh0ng 0k 100k"])
def test_a_line_folds_alike_whatever_stands_beside_it(written: str) -> None:
    beside = "t0 d!eu\nn.g.a.n\n"
    assert fold_text(f"{beside}{written}\n{beside}").split("\n")[2] == fold_text(written)


@pytest.mark.parametrize("kept", ["4.600.000 vnd", "30gb", "f88 b52", "a.b1@gmail.com", "10h30", "(0d)", "50k/ngay"])
def test_figures_that_are_figures_stay(kept: str) -> None:
    assert fold_text(kept) == kept


@pytest.mark.parametrize(
    "written",
    [
        "Cảnh báo: lừa đảo!",
        unicodedata.normalize("NFD", "Cảnh báo: lừa đảo!"),
        "Cảnh báo: l\u200bừ\u200ba đ\u00adảo!",
        "Cảnh báo: l.ừ.a đ.ả.o!",
        "🔥 Cảnh 🔥 báo: 𝓵𝓾̛̀𝓪 đảo!",
    ],
)
def test_spans_point_into_the_original(written: str) -> None:
    folded = fold(written)
    start = folded.text.index("lua")
    end = folded.text.index("dao") + 3
    first, last = folded.span(start, end)
    assert fold_text(written[first:last]) == "lua dao"
    assert written[last:] == "!"


def test_words_map_back_to_the_words_of_the_text() -> None:
    text = "Lãi  suất:\n1.500.000đ/tháng, kh\u00f4ng  “thế chấp”"
    words = fold(text).words
    assert words.text == b" lai suat 0d thang khong the chap "
    assert [words.original(place) for place in range(len(words))] == [
        "Lãi",
        "suất",
        "1.500.000đ",
        "tháng",
        "không",
        "thế",
        "chấp",
    ]


@given(st.text())
def test_unmasking_keeps_every_offset(text: str) -> None:
    assert len(unmask(text)) == len(text)


@given(st.text())
def test_no_text_breaks_folding(text: str) -> None:
    folded = fold(text)
    words = folded.words
    for place in range(len(words)):
        start, end = words.span(place, place)
        assert 0 <= start < end <= len(text)
    start, end = folded.span(0, len(folded.text))
    assert 0 <= start <= end <= len(text)


@given(st.text(alphabet=st.characters(categories=("Cs", "Mn", "Cf", "So", "Lo")), max_size=40))
def test_surrogates_marks_and_symbols_never_raise(text: str) -> None:
    fold_text(text)


@given(st.text(alphabet="aăâbcdđeêghiklmnoôơpqrstuưvxyàáảãạằắẳẵặờớởỡợ ABC", max_size=60))
def test_composed_and_decomposed_forms_are_one(text: str) -> None:
    assert fold_text(unicodedata.normalize("NFD", text)) == fold_text(unicodedata.normalize("NFC", text))


def test_every_letter_of_the_language_folds_to_its_base_letter() -> None:
    letters = [chr(code) for code in range(0xC0, 0x1EFA) if chr(code).isalpha()]
    based = {letter: unicodedata.normalize("NFD", letter)[0].lower() for letter in letters} | {"đ": "d", "Đ": "d"}
    vietnamese = {letter: base for letter, base in based.items() if base.isascii()}
    assert len(vietnamese) > 134
    assert {letter: fold_text(letter) for letter in vietnamese} == vietnamese
    assert fold_text("thì gì, mình NHÌN").split() == ["thi", "gi,", "minh", "nhin"]


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("LÃI thấp!", "lãi thấp"),
        (unicodedata.normalize("NFD", "LÃI thấp"), "lãi thấp"),
        ("“Lừa”–Đảo…", "lừa đảo"),
        ("Vay🔥Nhanh\u200b24h a_b", "vay nhanh 24h a b"),
        ("ΛΟΓΟΣ İ 漢 – a\u0331_b", "λογος i 漢 a b"),
        ("\ud800a", "a"),
        ("", ""),
    ],
)
def test_exact_words_keep_their_marks(written: str, words: str) -> None:
    assert exact_words(written).split() == words.split()


# Letters with a lower case of two characters, marks that join them, signs and letters in and out of the table.
_HARD = st.text(alphabet=st.sampled_from("aÀẾđ İΣß漢가\u0301\u0323🔥–₫“0!.,1_\u200b\n\r\t\x00\x01\ud800")) | st.text()


@given(_HARD)
def test_exact_words_are_those_of_the_composed_text_in_lower_case(text: str) -> None:
    lower = unicodedata.normalize("NFC", text).lower()
    assert exact_words(text).split() == re.findall(r"[^\W_]+", lower)
    assert exact_words(text).count("\n") == lower.count("\n")


@given(_HARD)
def test_words_to_index_are_those_that_folding_and_lowering_give(text: str) -> None:
    folded, exact = words_to_index(text)
    assert exact == exact_words(text)
    assert folded.split() == re.findall("[a-z0-9\x80-\U0010ffff]+", fold_text(text))
    assert folded.count("\n") == fold_text(text).count("\n")
