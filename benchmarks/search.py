"""The embedded index at a hundred thousand hits: filling it beside plain SQLite, and how long answers take.

Both fill the same tables with the same hits of about 1.5 kB in batches of 500: ours through `EmbeddedIndex.put`, from
unfolded hits; plain `executemany` with rows that were folded beforehand. Rounds alternate. Queries are those people
ask: three common words with a filter and facets, a rare word, a phrase, a prefix, an open queue, a deep page.
"""

from __future__ import annotations

import json
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from matchers.match import Identifier
from search.embedded import EmbeddedIndex
from search.embedded_tables import rows_of
from search.index import Document
from search.query import Query, parse

HITS = 100_000
BATCH = 500
ROUNDS = 3
ROUND_HITS = 20_000
QUERIES = 60
_NOW = datetime(2026, 11, 20, 3, 30, tzinfo=UTC)
_SENTENCES = (
    "vay tiền nhanh lãi suất thấp giải ngân trong ngày không cần thế chấp hồ sơ căn cước công dân tài khoản ngân hàng "
    "chuyển khoản đặt cọc phí bảo hiểm liên hệ ngay số điện thoại zalo nhân viên tư vấn đầu tư lợi nhuận cam kết "
    "trúng thưởng quà tặng việc nhẹ lương cao xuất khẩu lao động hàn quốc nhật bản sàn giao dịch tiền ảo"
)
_COMMON = _SENTENCES.split()
_SYLLABLES = ("ba", "co", "da", "ghe", "hi", "kho", "la", "mo", "nghi", "pho", "qua", "ri", "so", "tho", "tri", "vu")


@dataclass(frozen=True, slots=True)
class SearchFigures:
    """Rates in hits a second, times in milliseconds (95th percentile), sizes in bytes a hit."""

    hits: int
    put_per_second: float
    plain_per_second: float
    ratio: float
    common_words_p95_ms: float
    common_words_p50_ms: float
    relevance_p95_ms: float
    rare_word_p95_ms: float
    phrase_p95_ms: float
    prefix_p95_ms: float
    queue_p95_ms: float
    deep_page_p95_ms: float
    every_id_ms: float
    bytes_per_hit: float


def measure(hits: int = HITS) -> SearchFigures:
    """Fill an index of `hits` hits, and ask it."""
    with tempfile.TemporaryDirectory() as folder:
        rates = [_fill_both(Path(folder), number) for number in range(ROUNDS)]
        index = EmbeddedIndex(Path(folder) / "index.db")
        for documents in _batches(hits):
            index.put(documents)
        size = (Path(folder) / "index.db").stat().st_size
        chance = random.Random(5)

        def common() -> str:
            return " ".join(chance.sample(_COMMON, 3)) + f" category:c{chance.randrange(8)} status:new"

        def rare() -> str:
            return _rare_word(chance.randrange(hits))

        def phrase() -> str:
            start = chance.randrange(len(_COMMON) - 1)
            return f'"{_COMMON[start]} {_COMMON[start + 1]}"'

        times = {
            "common_words": _times(index, common),
            "relevance": _times(index, lambda: f"{common()} sort:relevance"),
            "rare_word": _times(index, rare),
            "phrase": _times(index, phrase),
            "prefix": _times(index, lambda: chance.choice(("nghi*", "tho*", "ngâ*", "tri*"))),
            "queue": _times(index, lambda: "status:new status:in_review sort:severity"),
            "deep_page": _times(index, common, lambda query: query.page(50, 5_000)),
        }
        started = time.perf_counter()
        every = sum(1 for _ in index.ids(parse("")))
        every_seconds = time.perf_counter() - started
        if every != hits:
            raise RuntimeError(f"the index holds {every} of {hits} hits")
    return SearchFigures(
        hits=hits,
        put_per_second=round(statistics.median(ours for ours, _ in rates)),
        plain_per_second=round(statistics.median(plain for _, plain in rates)),
        ratio=round(statistics.median(ours / plain for ours, plain in rates), 3),
        common_words_p50_ms=_percentile(times["common_words"], 50),
        every_id_ms=round(every_seconds * 1000, 1),
        bytes_per_hit=round(size / hits),
        **{f"{name}_p95_ms": _percentile(seconds, 95) for name, seconds in times.items()},
    )


def documents_for(numbers: Sequence[int]) -> list[Document]:
    """The invented hits of these numbers, each about 1.5 kB of Vietnamese with a rare word of its own."""
    return [_document(number) for number in numbers]


def _document(number: int) -> Document:
    chance = random.Random(number)
    words = chance.choices(_COMMON, k=250)
    words[chance.randrange(250)] = _rare_word(number)
    host = f"{chance.choice(_SYLLABLES)}-{number}.{chance.choice(('top', 'vn', 'icu', 'xyz'))}"
    seen_at = _NOW - timedelta(minutes=chance.randrange(500_000))
    return Document(
        id=number + 1,
        version=1,
        title=" ".join(chance.choices(_COMMON, k=8)).capitalize(),
        text=" ".join(words),
        url=f"https://{host}/dang-ky?goi={number % 7}",
        host=host,
        identifiers=(Identifier("phone", f"+849{number % 5000:08}"),),
        category=f"c{chance.randrange(8)}",
        source=f"nguon-{chance.randrange(40)}",
        status=chance.choice(("new", "new", "new", "in_review", "confirmed", "not_violation", "handed_over", "closed")),
        severity=chance.randint(1, 4),
        last_seen_at=seen_at,
    )


def _rare_word(number: int) -> str:
    """A made-up word that some twenty hits in a hundred thousand share."""
    number %= 4096
    return _SYLLABLES[number // 256] + _SYLLABLES[number // 16 % 16] + _SYLLABLES[number % 16]


def _batches(hits: int) -> list[list[Document]]:
    return [documents_for(range(start, min(start + BATCH, hits))) for start in range(0, hits, BATCH)]


def _fill_both(folder: Path, number: int) -> tuple[float, float]:
    """Hits a second of ours and of plain `executemany`, each into an empty file."""
    batches = _batches(ROUND_HITS)
    ours = EmbeddedIndex(folder / f"ours-{number}.db")
    started = time.perf_counter()
    for documents in batches:
        ours.put(documents)
    our_seconds = time.perf_counter() - started
    rows = [rows_of(documents) for documents in batches]
    plain = EmbeddedIndex(folder / f"plain-{number}.db")
    connection = sqlite3.connect(plain.path)
    connection.execute("PRAGMA synchronous=NORMAL")
    started = time.perf_counter()
    for batch in rows:
        with connection:
            for statement, values in batch.items():
                connection.executemany(statement.replace("index_", "index1_"), values)
    plain_seconds = time.perf_counter() - started
    connection.close()
    ours.path.unlink()
    plain.path.unlink()
    return ROUND_HITS / our_seconds, ROUND_HITS / plain_seconds


def _times(
    index: EmbeddedIndex, ask: Callable[[], str], turn: Callable[[Query], Query] = lambda query: query
) -> list[float]:
    seconds = []
    for _ in range(QUERIES):
        query = turn(parse(ask(), _NOW))
        started = time.perf_counter()
        index.search(query)
        seconds.append(time.perf_counter() - started)
    return seconds


def _percentile(seconds: Sequence[float], percent: int) -> float:
    ranked = sorted(seconds)
    return round(ranked[min(len(ranked) - 1, len(ranked) * percent // 100)] * 1000, 1)


if __name__ == "__main__":
    print(json.dumps(asdict(measure())))
