"""Where the words of a query stand in a hit, and the passage that shows them."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from matchers.text.normalise import fold_text
from search.indexes.elastic import ElasticsearchIndex
from search.indexes.embedded import EmbeddedIndex
from search.indexes.index import Document, Index
from search.language.condition import Term, edits_of, exact_words_of, words_of
from search.language.highlights import Highlighter, Mark, excerpt, highlights, pieces, searched_texts
from search.language.mistakes import QueryError
from search.language.query import parse
from tests.search.chance import random_hit, random_query
from tests.search.elasticsearch_server import ElasticsearchServer
from tests.search.hostile import HOSTILE, PLAUSIBLE
from tests.search.material import ACCOUNT, LOAN_TEXT, NOW, PHONE, document

SEED = 20261122
HITS, QUERIES = 2_000, 200


def shown(text: str, query: str, field: str = "text") -> str:
    """The text with its marks, as people see it."""
    marks = highlights(parse(query, NOW), {field: text}).get(field, ())
    return "".join(f"«{piece.text}»" if piece.is_marked else piece.text for piece in pieces(text, marks))


@pytest.mark.parametrize(
    ("query", "text", "marked"),
    [
        ("lua dao", "Lừa ĐẢO, không lụa", "«Lừa» «ĐẢO», không «lụa»"),
        ("lừa đảo", "l.ừ.a đ.ả.o quà", "«l.ừ.a» «đ.ả.o» quà"),
        ("không", "kh0ng, khô\u200bng!", "«kh0ng», «khô\u200bng»!"),
        ("tiền", "c h u y e n t i e n", "c h u y e n «t i e n»"),
        ('"chuyển tiền"', "tiền chuyển: chuyển - tiền", "tiền chuyển: «chuyển - tiền»"),
        ('"chuyển tiền"', f"chuyển{'.' * 50}tiền", f"«chuyển»{'.' * 50}«tiền»"),
        ('"chuyển tiền" tiền', "chuyển tiền, tiền", "«chuyển tiền», «tiền»"),
        ("nghi*", "nghiệp nghĩ ngh", "«nghiệp» «nghĩ» ngh"),
        ('"vay ti"*', "vay tiền, vay vàng", "«vay tiền», vay vàng"),
        ("ngiep~", "nghiệp nghề", "«nghiệp» nghề"),
        ("=thế", "THẾ the thế", "«THẾ» the «thế»"),
        ('="không thế"', "không thế, khong the", "«không thế», khong the"),
        ("vay -báo -(tiền)", "vay báo tiền", "«vay» báo tiền"),
        ("NOT (vay OR -tiền)", "vay tiền", "vay tiền"),
        ("(vay OR vàng) category:x", "vay vàng", "«vay» «vàng»"),
        ("phone:0912000111", "gọi 0912000111", "gọi 0912000111"),
        ("000", "giá 5.000.000đ", "giá 5.«000».000đ"),
        ("微信", "加微信 微信", "加微信 «微信»"),
        ("vay", "\ud800vay\x00 v\u00aday", "\ud800«vay»\x00 «v\u00aday»"),
        ("", "vay", "vay"),
    ],
)
def test_words_are_marked_as_the_page_wrote_them(query: str, text: str, marked: str) -> None:
    assert shown(text, query) == marked


def test_marks_say_which_terms_stand_there() -> None:
    marks = highlights(parse('vay "vay tiền" =Tiền'), {"title": "Vay tiền", "text": "tien"})
    assert marks == {"title": (Mark(0, 8, (0, 1, 2)),)}
    assert [term.words for term in Highlighter(parse("a1 (b2 OR c3) -d4")).terms] == [("a1",), ("b2",), ("c3",)]


def test_words_whose_marks_count_are_found_in_decomposed_and_growing_letters() -> None:
    decomposed = unicodedata.normalize("NFD", "«« Lãi THẤP lai İĞ 각 lãi")
    marked = shown(decomposed, "=lãi =thấp =각")
    assert unicodedata.normalize("NFC", marked) == "«« «Lãi» «THẤP» lai İĞ «각» «lãi»"


def test_exact_words_are_not_looked_for_where_there_are_no_marks() -> None:
    assert highlights(parse("=vay"), {"url": "vay.top", "identifiers": "vay", "title": "vay"}) == {
        "title": (Mark(0, 3, (0,)),)
    }


def test_every_text_that_is_searched_is_marked() -> None:
    hit = document(1, title="Vay 1", text="Vay 2", url="https://vay.top", identifiers=(PHONE, ACCOUNT))
    texts = searched_texts(hit, evidence="ảnh: vay")
    assert set(highlights(parse("vay"), texts)) == {"title", "text", "url", "evidence"}
    assert shown(texts["identifiers"], "vcb 84912000111") == "+«84912000111» «VCB»:0071000999888"


def is_of(piece: str, term: Term) -> bool:
    """Whether a marked piece is what the term asks for. Letters that stood apart are together in `term`."""
    if term.is_exact:
        words = exact_words_of(piece)
        return words[: len(words) - 1] == term.words[: len(words) - 1] and words[-1].startswith(term.words[-1])
    said, wanted = "".join(words_of(piece)), "".join(term.words)
    if term.is_fuzzy:
        return OSA.distance(said, wanted) <= edits_of(wanted)
    return said.startswith(wanted) if term.is_prefix else said == wanted


@pytest.fixture(scope="module")
def hits() -> list[Document]:
    chance = random.Random(SEED)
    return [random_hit(number, chance) for number in range(1, HITS + 1)]


@pytest.fixture(scope="module")
def embedded(hits: list[Document], tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedIndex]:
    index = EmbeddedIndex(tmp_path_factory.mktemp("highlights") / Path("index.db"))
    index.put(hits)
    yield index
    index.close()


@pytest.fixture(scope="module")
def server(hits: list[Document], elasticsearch_server: ElasticsearchServer) -> Iterator[ElasticsearchIndex]:
    index = ElasticsearchIndex(elasticsearch_server.address)
    index.clear()
    index.put(hits)
    yield index
    index.close()


def queries(count: int) -> Iterator[str]:
    chance = random.Random(SEED + 1)
    while count:
        text = random_query(chance)
        try:
            parse(text, NOW)
        except QueryError:
            continue
        yield text
        count -= 1


def marked(index: Index, hits: list[Document], text: str) -> list[dict[str, tuple[Mark, ...]]]:
    """The highlights of the first page of answers."""
    highlighter = Highlighter(parse(text, NOW))
    found = [hits[hit_id - 1] for hit_id in index.search(parse(text, NOW).page(25, 0)).ids]
    return [highlighter.marks(searched_texts(hit, hit.evidence)) for hit in found]


def test_every_required_word_of_a_found_hit_is_marked_and_nothing_else(
    embedded: EmbeddedIndex, hits: list[Document]
) -> None:
    seen = 0
    for text in queries(QUERIES):
        query = parse(text, NOW)
        highlighter = Highlighter(query)
        for hit_id in embedded.search(query.page(25, 0)).ids:
            texts = searched_texts(hits[hit_id - 1], hits[hit_id - 1].evidence)
            marks = highlighter.marks(texts)
            on_it = {term for found in marks.values() for mark in found for term in mark.terms}
            required = {place for place, term in enumerate(highlighter.terms) if term in query.terms}
            assert required <= on_it, (text, texts)
            for field, found in marks.items():
                assert all(one.end <= other.start for one, other in pairwise(found))
                for mark in found:
                    piece = texts[field][mark.start : mark.end]
                    if len(mark.terms) == 1:
                        assert is_of(piece, highlighter.terms[mark.terms[0]]), (text, piece)
                        seen += 1
    assert seen > 1_000


@pytest.mark.elasticsearch
def test_both_indexes_show_the_same_highlights(
    embedded: EmbeddedIndex, server: ElasticsearchIndex, hits: list[Document]
) -> None:
    seen = 0
    for text in queries(QUERIES):
        ours = marked(embedded, hits, text)
        assert ours == marked(server, hits, text), text
        seen += sum(map(bool, ours))
    assert seen > 1_000


@given(query=HOSTILE | PLAUSIBLE, text=st.text(max_size=60) | HOSTILE | PLAUSIBLE)
@example("=i", "İ")
@settings(max_examples=500, deadline=None)
def test_marks_stand_within_any_text_in_order(query: str, text: str) -> None:
    try:
        parsed = parse(query, NOW)
    except QueryError:
        return
    for field, marks in highlights(parsed, {"text": text, "url": text}).items():
        places = [place for mark in marks for place in (mark.start, mark.end)]
        assert places == sorted(places) and places[0] >= 0 and places[-1] <= len(text), field
        assert all(mark.start < mark.end and mark.terms for mark in marks)
        assert "".join(piece.text for piece in pieces(text, marks)) == text


def cut(text: str, query: str, length: int) -> str:
    found = excerpt(text, highlights(parse(query), {"text": text}).get("text", ()), length)
    body = "".join(f"«{piece.text}»" if piece.is_marked else piece.text for piece in found.pieces)
    return f"{'…' if found.is_cut_before else ''}{body}{'…' if found.is_cut_after else ''}"


@pytest.mark.parametrize(
    ("text", "query", "length", "passage"),
    [
        ("vay tiền nhanh", "tiền", 40, "vay «tiền» nhanh"),
        ("một hai ba bốn năm sáu bảy tám", "vàng", 12, "một hai ba…"),
        ("một hai ba bốn năm sáu bảy tám", "bốn", 14, "…ba «bốn» năm sáu…"),
        ("một hai ba bốn năm sáu bảy tám", "tám", 12, "…sáu bảy «tám»"),
        ("vay vay vay một hai ba bốn năm vay tiền sáu", "vay tiền", 14, "…«vay» «tiền» sáu"),
        ("vay một hai ba bốn năm vay sáu vay bảy", "vay", 12, "…«vay» sáu «vay»…"),
        ("x" * 50, "vay", 10, f"{'x' * 10}…"),
        ("xxxxxxxx vay.tiền.nhanh", '"vay tiền nhanh"', 6, "…«vay.ti»…"),
    ],
)
def test_the_passage_shows_most_terms_and_cuts_between_words(text: str, query: str, length: int, passage: str) -> None:
    assert cut(text, query, length) == passage


def test_a_letter_keeps_its_accents_and_an_emoji_its_parts() -> None:
    accents = unicodedata.normalize("NFD", "ế" * 40)
    assert unicodedata.normalize("NFC", excerpt(accents, (), 40).text) == "ế" * 13
    assert excerpt("👍🏽" * 20, (), 5).text == "👍🏽" * 2
    assert excerpt("👩\u200d👧" * 20, (), 5).text == "👩\u200d👧"
    assert excerpt("\U0001f1fb\U0001f1f3 vay" * 20, (), 7).text == "\U0001f1fb\U0001f1f3"


_ALPHABET = st.sampled_from(["vay", "tiền", "nhanh", " ", " ", "\n", "e\u0302\u0301", "x", ".", "👍🏽", "\u200b"])


@given(text=st.lists(_ALPHABET, max_size=60).map("".join), length=st.integers(12, 60))
@settings(max_examples=500, deadline=None)
def test_a_passage_is_short_shows_a_mark_and_parts_none(text: str, length: int) -> None:
    marks = highlights(parse('vay* "tiền nhanh"'), {"text": text}).get("text", ())
    found = excerpt(text, marks, length)
    assert found.text == text[found.start : found.end]
    assert len(found.text) <= length
    assert (found.is_cut_before, found.is_cut_after) == (found.start > 0, found.end < len(text))
    short = [mark for mark in marks if mark.end - mark.start <= length]
    assert not any(mark.start < place < mark.end for mark in short for place in (found.start, found.end))
    if marks:
        assert any(piece.is_marked for piece in found.pieces)


def test_time_grows_no_faster_than_the_text() -> None:
    """Ten times the text may cost thirty times, not a hundred."""

    def cost(query: str, text: str) -> float:
        def once() -> float:
            start = perf_counter()
            marks = highlights(parse(query), {"text": text}).get("text", ())
            excerpt(text, marks, 240)
            return perf_counter() - start

        return min(once() for _ in range(3))

    for query, piece in (
        ("vay", "vay "),
        ('"vay tiền"', "vay       "),
        ('"vay vay vay tiền"', "vay "),
        ("vay~ tien*", "vayy tiền "),
        ("=ế", "e\u0302\u0301"),
        ("=ế", "\u0301"),
        ("=ế", "İ "),
        ("lừa", "l."),
        ("lừa", "\u200b"),
    ):
        small, large = cost(query, piece * 300), cost(query, piece * 3_000)
        assert large < 30 * small + 0.005, (query, piece)


def test_a_page_of_hits_costs_a_known_multiple_of_folding_it() -> None:
    """Fifty hits of 1.5 kB: what is beside folding them stays within bounds, whatever the machine."""
    chance = random.Random(SEED)
    words = LOAN_TEXT.split()
    texts = [{"text": " ".join(chance.choices(words, k=330))} for _ in range(50)]

    def cost(work: Callable[[Mapping[str, str]], object]) -> float:
        times = []
        for _ in range(5):
            start = perf_counter()
            for text in texts:
                work(text)
            times.append(perf_counter() - start)
        return min(times)

    folding = cost(lambda text: fold_text(text["text"]))
    absent = Highlighter(parse("vàng bạc"))
    assert cost(absent.marks) < 4 * folding
