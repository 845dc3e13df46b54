"""Wordings: what indexes hold of a document's texts is what queries look up, whatever stands beside it."""

from __future__ import annotations

import json
from dataclasses import fields

from hypothesis import given
from hypothesis import strategies as st

from matchers.match import Identifier
from search.indexes.word import MAX_WORD_CHARACTERS, words_parted
from search.indexes.wording import worded
from search.language.condition import exact_words_of, words_of
from tests.search.material import document

_TEXT = st.text(alphabet=st.sampled_from("aÀẾđ İß漢\u0301🔥–“0!.,1_@\u200b\n\r\x00\ud800 vay"), max_size=40) | st.text()


@given(_TEXT, _TEXT)
def test_words_hold_nothing_that_json_escapes(text: str, url: str) -> None:
    identifiers = (Identifier("zalo", text),)
    words = worded(document(1, title=text, text=f'{text}"', evidence=f"{text}\\", url=url, identifiers=identifiers))
    for held in (getattr(words, field.name) for field in fields(words)):
        assert json.loads(f'"{held}"') == held


@given(_TEXT, _TEXT, _TEXT, _TEXT)
def test_each_text_has_the_words_that_queries_look_up(title: str, text: str, evidence: str, url: str) -> None:
    identifiers = (Identifier("zalo", url), Identifier("phone", "+84912000111"))
    words = worded(document(1, title=title, text=text, evidence=evidence, url=url, identifiers=identifiers))
    for held, written in (
        (words.title, title),
        (words.text, text),
        (words.evidence, evidence),
        (words.url, url),
        (words.identifiers, f"{url} +84912000111"),
    ):
        assert held.split() == words_parted(" ".join(words_of(written))).split()
    for held, written in ((words.exact_title, title), (words.exact_text, text), (words.exact_evidence, evidence)):
        assert held.split() == words_parted(" ".join(exact_words_of(written))).split()


def test_long_words_are_parted_in_every_text() -> None:
    long_word = "ế" * (MAX_WORD_CHARACTERS + 1)
    words = worded(document(1, title=long_word, text=long_word, evidence=long_word, url=long_word))
    assert {words.title, words.text, words.evidence, words.url} == {f"{'e' * MAX_WORD_CHARACTERS} e"}
    assert {words.exact_title, words.exact_text, words.exact_evidence} == {f"{'ế' * MAX_WORD_CHARACTERS} ế"}
