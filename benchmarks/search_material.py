"""What the search benchmark is made of: invented hits of about 1.5 kB, and the questions that people ask of them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from matchers.match import Identifier
from search.indexes.index import Document
from search.language.query import Query, parse

BATCH: Final = 500
NOW: Final = datetime(2026, 11, 20, 3, 30, tzinfo=UTC)
CATEGORIES: Final = tuple(f"c{number}" for number in range(8))
_SENTENCES = (
    "vay tiền nhanh lãi suất thấp giải ngân trong ngày không cần thế chấp hồ sơ căn cước công dân tài khoản ngân hàng "
    "chuyển khoản đặt cọc phí bảo hiểm liên hệ ngay số điện thoại zalo nhân viên tư vấn đầu tư lợi nhuận cam kết "
    "trúng thưởng quà tặng việc nhẹ lương cao xuất khẩu lao động hàn quốc nhật bản sàn giao dịch tiền ảo"
)
_COMMON = _SENTENCES.split()
_SYLLABLES = ("ba", "co", "da", "ghe", "hi", "kho", "la", "mo", "nghi", "pho", "qua", "ri", "so", "tho", "tri", "vu")
_STATUSES = ("new", "new", "new", "in_review", "confirmed", "not_violation", "handed_over", "closed")
_PIECES = 25
# Texts are put together from pieces of ten words: a million of them are made in a minute.
_PIECE_CHANCE = random.Random(11)
_PIECES_OF_TEXT = tuple(" ".join(_PIECE_CHANCE.choices(_COMMON, k=10)) for _ in range(2_000))
_RARE_WORDS = len(_SYLLABLES) ** 3

Ask = Callable[[random.Random], str]
QUESTIONS: Final[Mapping[str, Ask]] = {
    "common_words": lambda chance: _common(chance),
    "relevance": lambda chance: f"{_common(chance)} sort:relevance",
    "rare_word": lambda chance: _rare_word(chance.randrange(_RARE_WORDS)),
    "phrase": lambda chance: _phrase(chance),
    "prefix": lambda chance: chance.choice(("nghi*", "tho*", "ngâ*", "tri*")),
    "filter": lambda chance: f"category:{chance.choice(CATEGORIES)} status:new status:in_review",
    "queue": lambda chance: "status:new status:in_review sort:severity",
    "deep_page": lambda chance: _common(chance),
}
"""The kinds of questions. Every answer is a page of fifty, the number of all that fit, facets, and a timeline."""
MEANINGS: Final[Mapping[str, str]] = {
    "common_words": "three common words, a category and a status",
    "relevance": "the same, hits with the words in their title first",
    "rare_word": "one word that twenty hits in a hundred thousand hold",
    "phrase": "two words in a row",
    "prefix": "the start of a word",
    "filter": "a category and two statuses, no words",
    "queue": "two statuses, the most severe first",
    "deep_page": "three common words, a category and a status, from the 5,000th answer on",
}
_DEEP = 5_000


def texts(kind: str, count: int) -> list[str]:
    """The first `count` questions of a kind as people type them, the same in every run."""
    chance = random.Random(kind)
    return [QUESTIONS[kind](chance) for _ in range(count)]


def questions(kind: str, count: int) -> list[Query]:
    """The same, as an index takes them."""
    queries = [parse(text, NOW) for text in texts(kind, count)]
    return [query.page(50, _DEEP) for query in queries] if kind == "deep_page" else queries


def documents_for(start: int, end: int) -> list[Document]:
    """The invented hits of these numbers, each about 1.5 kB of Vietnamese with a rare word of its own."""
    return [_document(number) for number in range(start, end)]


def batches(start: int, end: int, size: int = BATCH) -> Iterator[list[Document]]:
    """The same, so many at a time."""
    for first in range(start, end, size):
        yield documents_for(first, min(first + size, end))


def hit_row(document: Document) -> dict[str, Any]:
    """The row of the records that this document would have come from."""
    start = document.text.index(" ") + 1
    end = document.text.index(" ", start + 20)
    match = {
        "rule": "loan_credit/fast",
        "matcher": "phrases",
        "category": document.category,
        "weight": 1.2,
        "reason_vi": f"Có cụm từ “{document.text[start:end]}”",
        "reason_en": f"Says “{document.text[start:end]}”",
        "span": {"field": "text", "start": start, "end": end},
        "quote": document.text[start:end],
        "identifier": None,
        "facts": {},
    }
    return {
        "id": document.id,
        "version": document.version,
        "url": document.url,
        "url_normalised": document.url,
        "host": document.host,
        "registered_domain": document.host,
        "content_hash": f"{document.id:064x}",
        "text_fingerprint": document.id,
        "page_kind": "landing",
        "source": document.source,
        "title": document.title,
        "text": document.text,
        "language": "vi",
        "redirect_chain": [],
        "referrer_url": "",
        "is_rendered": False,
        "category": document.category,
        "severity": document.severity,
        "score": 1.5,
        "reason_vi": "Dấu hiệu cho vay trái phép",
        "reason_en": "Signs of illegal lending",
        "matches": [match],
        "rules_version": "0" * 16,
        "status": document.status,
        "first_seen_at": document.last_seen_at,
        "last_seen_at": document.last_seen_at,
        "seen_count": 1,
        "supersedes_id": None,
    }


def _document(number: int) -> Document:
    chance = random.Random(number)
    pieces = [*chance.choices(_PIECES_OF_TEXT, k=_PIECES), _rare_word(number)]
    host = f"{chance.choice(_SYLLABLES)}-{number}.{chance.choice(('top', 'vn', 'icu', 'xyz'))}"
    return Document(
        id=number + 1,
        version=1,
        title=" ".join(chance.choices(_COMMON, k=8)).capitalize(),
        text=" ".join(pieces),
        url=f"https://{host}/dang-ky?goi={number % 7}",
        host=host,
        identifiers=(Identifier("phone", f"+849{number % 5000:08}"),),
        category=chance.choice(CATEGORIES),
        source=f"nguon-{chance.randrange(40)}",
        status=chance.choice(_STATUSES),
        severity=chance.randint(1, 4),
        last_seen_at=NOW - timedelta(minutes=chance.randrange(500_000)),
    )


def _rare_word(number: int) -> str:
    """A made-up word that some twenty hits in a hundred thousand share."""
    number %= _RARE_WORDS
    return _SYLLABLES[number // 256] + _SYLLABLES[number // 16 % 16] + _SYLLABLES[number % 16]


def _common(chance: random.Random) -> str:
    return " ".join(chance.sample(_COMMON, 3)) + f" category:{chance.choice(CATEGORIES)} status:new"


def _phrase(chance: random.Random) -> str:
    start = chance.randrange(len(_COMMON) - 1)
    return f'"{_COMMON[start]} {_COMMON[start + 1]}"'
