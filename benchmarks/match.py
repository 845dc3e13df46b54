"""How fast pages are judged, beside rapidfuzz.partial_ratio over every phrase on the same texts, in one run.

    python benchmarks/match.py [--json]

Prints milliseconds a page of about 6,000 characters of Vietnamese news, the share that each step takes, and how
the phrase search grows with the number of phrases.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

from rapidfuzz import fuzz

from benchmarks.disguise import measure_disguise
from matchers.hosts.brands import Brand, BrandIndex
from matchers.hosts.lookalike import lookalike
from matchers.identifiers.finder import find_identifiers
from matchers.judge import Judge
from matchers.page import Page, PageKind
from matchers.rules import load_rules
from matchers.text.likeness import simhash
from matchers.text.normalise import fold, fold_text
from matchers.text.phrases import PhraseIndex, parse_phrase

_SEED = 21
_SENTENCES = (
    "Sáng nay, Ủy ban nhân dân tỉnh tổ chức hội nghị sơ kết sáu tháng đầu năm và bàn kế hoạch phát triển kinh tế. ",
    "Ngân hàng Nhà nước cho biết lãi suất cho vay bình quân giảm 0,4 điểm phần trăm so với cuối năm ngoái. ",
    "Theo ông Nguyễn Văn Hòa, giám đốc sở, tỉnh đã giải ngân 1.250 tỷ đồng vốn đầu tư công, đạt 48% kế hoạch. ",
    "Người dân xã Tân Lộc phấn khởi vì con đường liên xã dài 7 km đã hoàn thành trước mùa mưa. ",
    "Huấn luyện viên nói rằng các cầu thủ trẻ đã thi đấu tốt, dù đội bóng để thua phút cuối. ",
    "Bệnh viện đa khoa tiếp nhận 300 ca khám mỗi ngày, chủ yếu là bệnh hô hấp và tim mạch. ",
    "Công an khuyến cáo người dân không chuyển tiền cho người lạ và không bấm vào đường dẫn không rõ nguồn gốc. ",
    "Giá cà phê hôm nay tăng 500 đồng mỗi ki-lô-gam, nông dân kỳ vọng một vụ mùa bội thu. ",
    "Trường trung học phổ thông chuyên công bố kết quả tuyển sinh lớp 10 trên trang thông tin điện tử. ",
    "Dự báo thời tiết: miền Trung có mưa rào và dông rải rác, nhiệt độ cao nhất 33 độ. ",
)


def news_text(length: int, seed: int = _SEED) -> str:
    """Made-up Vietnamese news of about `length` characters."""
    draw = random.Random(seed)
    text = ""
    while len(text) < length:
        text += draw.choice(_SENTENCES)
    return text[:length]


def milliseconds(work: Callable[[], object], times: int) -> float:
    """Processor time of one run of `work`, the best of three rounds."""
    work()
    best = float("inf")
    for _ in range(3):
        started = time.process_time()
        for _ in range(times):
            work()
        best = min(best, (time.process_time() - started) / times)
    return best * 1000


def _page(text: str) -> Page:
    return Page(
        url="https://baoquehuong.vn/tin/1",
        fetched_at=datetime.now(UTC),
        source="bench",
        kind=PageKind.ARTICLE,
        title="Hội nghị sơ kết sáu tháng đầu năm",
        text=text,
    )


def _phrases(count: int) -> list[str]:
    draw = random.Random(_SEED)
    words = " ".join(_SENTENCES).split()
    return [" ".join(draw.choices(words, k=4)) for _ in range(count)]


def measure() -> dict[str, float]:
    """All figures, by name."""
    rules = load_rules()
    judge = Judge(rules)
    texts = [news_text(6000, seed) for seed in range(20)]
    pages = [_page(text) for text in texts]
    figures: dict[str, float] = {}
    figures["judge_ms"] = milliseconds(lambda: [judge.judge(page) for page in pages], 5) / len(pages)
    figures["fold_text_ms"] = milliseconds(lambda: [fold_text(text) for text in texts], 10) / len(texts)
    figures["words_ms"] = milliseconds(lambda: [fold(text).words for text in texts], 10) / len(texts)
    words = [fold(text).words for text in texts]
    figures["phrases_ms"] = milliseconds(lambda: [rules.phrases.find(item) for item in words], 10) / len(texts)
    figures["identifiers_ms"] = milliseconds(
        lambda: [find_identifiers(text, rules.brands) for text in texts], 10
    ) / len(texts)
    figures["simhash_ms"] = milliseconds(lambda: [simhash(text) for text in texts], 5) / len(texts)
    figures.update(_against_rapidfuzz())
    figures.update(_brand_growth(rules.brands))
    figures.update(measure_disguise(rules))
    return {name: round(value, 4) for name, value in figures.items()}


def _against_rapidfuzz() -> dict[str, float]:
    """One text of 2,000 characters against 1,000 phrases, ours and partial_ratio; then 100 and 10,000 phrases."""
    text = news_text(2000)
    phrases = _phrases(1000)
    folded = [fold_text(phrase) for phrase in phrases]
    indexes = {
        count: PhraseIndex([parse_phrase(phrase) for phrase in _phrases(count)]) for count in (100, 1000, 10_000)
    }
    ours = {
        count: milliseconds(lambda index=index: index.find(fold(text).words), 50)  # type: ignore[misc]
        for count, index in indexes.items()
    }
    haystack = fold_text(text)
    theirs = milliseconds(lambda: [fuzz.partial_ratio(phrase, haystack) >= 88 for phrase in folded], 1)
    return {
        "phrases_1000_ms": ours[1000],
        "partial_ratio_1000_ms": theirs,
        "times_faster": theirs / ours[1000],
        "growth_100_to_10000_phrases": ours[10_000] / ours[100],
    }


def _brand_growth(brands: BrandIndex) -> dict[str, float]:
    """Hosts a second with the built-in brands, and how the time grows from 100 to 10,000 made-up brands."""
    draw = random.Random(_SEED)
    syllables = [
        onset + rime
        for onset in ["b", "c", "d", "g", "h", "k", "l", "m", "n", "p", "r", "s", "t", "v", "x", "tr", "th", "nh"]
        for rime in ["a", "an", "ang", "anh", "ao", "en", "in", "inh", "o", "on", "ong", "ung", "uy", "ien"]
    ]

    def name(size: int) -> str:
        return "".join(draw.choices(syllables, k=size))

    hosts = [f"{name(draw.randint(2, 4))}.{draw.choice(('com', 'net', 'vn', 'xyz', 'com.vn'))}" for _ in range(2000)]
    grown = {}
    for count in (100, 10_000):
        made = BrandIndex(tuple(Brand(f"{name(3)}{number}bank", "Thương hiệu", "bank") for number in range(count)))
        grown[count] = milliseconds(lambda made=made: [lookalike(host, made) for host in hosts], 3)  # type: ignore[misc]
    real = milliseconds(lambda: [lookalike(host, brands) for host in hosts], 3)
    return {
        "hosts_per_second": len(hosts) / real * 1000,
        "growth_100_to_10000_brands": grown[10_000] / grown[100],
    }


def main() -> None:
    figures = measure()
    if "--json" in sys.argv[1:]:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:30} {value:12.4f}")


if __name__ == "__main__":
    main()
