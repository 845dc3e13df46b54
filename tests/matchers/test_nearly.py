"""Rules one part short are told with what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from matchers.nearly import near_misses
from matchers.page import PageKind
from tests.matchers.material import page
from tests.matchers.test_phrase_rules import loaded

BODY = (
    "any: [nước thần]\nall: [[giếng làng]]\nnear: {within: 6, groups: [[máy lọc], [giảm giá]]}\n"
    "identifiers: {kinds: [phone]}\nunless: [hội chợ]\nwhen: {is_short: true, kinds: [post]}"
)
WHOLE = "Nước thần giếng làng, máy lọc giảm giá, gọi 0988 000 111"


@pytest.mark.parametrize(
    ("old", "new", "vi", "en"),
    [
        ("Nước thần", "Nước", "(any) “nước thần”", "lacks one of (any)"),
        ("giếng làng", "giếng", "(all[0]) “giếng làng”", "lacks one of (all[0])"),
        ("giảm giá", "rẻ", "(near[1]) “giảm giá”", "lacks one of (near[1])"),
        ("máy lọc", "máy lọc một hai ba bốn năm sáu bảy", "không quá 6 từ", "within 6 words"),
        ("0988 000 111", "ngay", "cần 1 định danh (phone)", "needs 1 of phone"),
        ("gọi", "ở hội chợ, gọi", "bị loại trừ vì có “hội chợ”", "excepted by “hội chợ”"),
        ("gọi", "gọi " + "và rồi " * 120, "cần is_short: true", "needs is_short: true"),
    ],
)
def test_what_is_missing_is_named(tmp_path: Path, old: str, new: str, vi: str, en: str) -> None:
    rules = loaded(tmp_path, BODY)
    told = near_misses(page(WHOLE.replace(old, new), kind=PageKind.POST), rules)
    own = [miss for miss in told if miss.rule.name == "water_scam/r0"]
    assert len(own) == 1
    assert vi in own[0].missing_vi
    assert en in own[0].missing_en


def test_what_fires_or_lacks_two_parts_is_no_near_miss(tmp_path: Path) -> None:
    rules = loaded(tmp_path, BODY)
    for text in (WHOLE, "Nước thần giếng làng", "", "gọi 0988 000 111"):
        told = near_misses(page(text, kind=PageKind.POST), rules)
        assert "water_scam/r0" not in {miss.rule.name for miss in told}


def test_the_kind_of_page_is_a_part(tmp_path: Path) -> None:
    [miss] = [one for one in near_misses(page(WHOLE), loaded(tmp_path, BODY)) if "water_scam" in one.rule.name]
    assert "loại trang phải là post" in miss.missing_vi


def test_the_heaviest_comes_first(tmp_path: Path) -> None:
    weights = [
        abs(miss.rule.weight)
        for miss in near_misses(page("Vay nhanh, chuyển tiền, đặt cọc, trúng thưởng"), loaded(tmp_path, BODY))
    ]
    assert weights == sorted(weights, reverse=True)
