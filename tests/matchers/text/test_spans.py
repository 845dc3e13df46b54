"""Every span points into the original: the quote is what stands there, and folds back to the phrase's own words."""

from __future__ import annotations

import random
import re
import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from benchmarks.disguise import HABITS
from matchers.examples import text_page
from matchers.text.normalise import fold, fold_text
from matchers.text.phrases import PhraseIndex, parse_phrase
from matchers.text.visible import Visible
from tests.matchers.material import judge, rules

LOOKS = (
    *("without_marks", "some_marks", "decomposed", "capitals", "zero_width", "soft_hyphens", "emoji", "full_width"),
    *("mathematical", "cyrillic", "greek", "letters_apart", "other_gaps"),
)
"""Habits that keep every letter: what is quoted must fold to the phrase itself."""


def letters(text: str) -> str:
    """The folded letters of `text`, numbers and what stands between letters aside."""
    return re.sub("[^a-z]+", "", fold_text(text))


@pytest.mark.parametrize("habit", LOOKS)
def test_quotes_of_disguised_examples_fold_to_their_phrase(habit: str) -> None:
    phrases = rules().phrases
    seen = 0
    for pack in rules().packs:
        for example in pack.must_match:
            text = HABITS[habit](example, random.Random(example))
            words = fold(text).words
            told = words.text.split()
            found = phrases.find(words)
            for phrase in {phrase for pattern in found.patterns() for phrase in phrases.variants[pattern]}:
                wanted = phrases.phrases[phrase].pattern
                for hit in found.hits(phrase):
                    if told[hit.first : hit.last + 1] == wanted.split():  # not one that was repaired
                        seen += 1
                        quote = text[slice(*words.span(hit.first, hit.last))]
                        assert letters(quote) == re.sub("[^a-z]+", "", wanted.decode("ascii"))
    assert seen > 300


@pytest.mark.parametrize("habit", HABITS)
def test_quotes_of_disguised_examples_stand_under_their_spans(habit: str) -> None:
    for pack in rules().packs:
        for example in (*pack.must_match, *pack.must_not_match):
            page = text_page(HABITS[habit](example, random.Random(example)))
            for match in judge().judge(page).matches:
                if match.span is not None:
                    field = {"text": page.text, "url": page.url, "title": page.title}[match.span.field]
                    assert field[match.span.start : match.span.end] == match.quote


PHRASES = ("lừa đảo", "chuyển tiền", "nợ xấu vẫn vay được", "cam kết lợi nhuận", "vay online", "lãi 5%/ngày")
INDEX = PhraseIndex([parse_phrase(phrase) for phrase in PHRASES])


@given(
    phrase=st.sampled_from(PHRASES),
    before=st.text(max_size=20),
    after=st.text(max_size=20),
    sign=st.sampled_from(("", "\u200b", "\u00ad", "🔥", ".", "-", "_", "\u0336")),
    gap=st.sampled_from((" ", "  ", "\n", "\u3000", " 🔥 ")),
    form=st.sampled_from(("NFC", "NFD")),
)
def test_a_phrase_anywhere_is_quoted_as_it_stands(
    phrase: str, before: str, after: str, sign: str, gap: str, form: str
) -> None:
    assume(gap != "\n" or sign not in (".", "-", "_"))  # two letters alone on a line are an abbreviation
    marked = gap.join(
        sign.join(re.findall(r".[\u0300-\u036f]*", unicodedata.normalize(form, word))) if word.isalpha() else word
        for word in phrase.split(" ")
    )
    text = f"{before}\n\n{marked}\n\n{after}"
    words = fold(text).words
    found = INDEX.find(words)
    quotes = [
        text[slice(*words.span(hit.first, hit.last))]
        for hit in found.hits(PHRASES.index(phrase))
        if words.span(hit.first, hit.last)[0] >= len(before)
    ]
    assert any(letters(quote) == letters(phrase) and quote.strip() in marked + "\u200b" for quote in quotes)


@given(st.text(alphabet=st.sampled_from("ab1.\u200b\u00ad🔥👉ａΑ \u00a0\u3000đ\ud800"), max_size=40))
def test_what_is_seen_stands_where_it_says(text: str) -> None:
    seen = Visible.of(text)
    for place, character in enumerate(seen.text):
        start, end = seen.span(place, place + 1)
        assert end == start + 1
        if character.isascii() and character.isalnum():
            assert fold_text(text[start]) == character.lower()


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("h🔥ttps://vay🔥nhanh.t⭐op", "https://vaynhanh.top"),
        ("0933🔥000\u3000123", "0933000 123"),
        ("truy cập👉vay.top", "truy cập vay.top"),
        ("gọi\u00a00933\u00a0000", "gọi 0933 000"),
        ("🔥 v\u200bay 🔥", "  vay  "),
    ],
)
def test_symbols_within_words_are_left_out_and_others_part(written: str, seen: str) -> None:
    assert Visible.of(written).text == seen
