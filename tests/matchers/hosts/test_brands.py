"""The brand list: what ships, and what is refused with a word."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from matchers.hosts.brands import BUILT_IN_BRANDS, Brand, BrandIndex, edits_allowed, part_bounds, read_brands
from matchers.rules import load_rules


def test_the_built_in_list_is_sound() -> None:
    brands, problems = read_brands(BUILT_IN_BRANDS)
    assert not problems
    assert len(brands) > 100
    assert {brand.category for brand in brands} <= set(load_rules().categories)


def test_labels_are_the_names_without_marks_and_spaces() -> None:
    brand = Brand("dienmayxanh", "Điện máy XANH", "e-commerce", ("Điện Máy Xanh", "đmx"))
    assert brand.labels == ("dienmayxanh", "dmx")


def test_official_domains_cover_what_is_below_them() -> None:
    index = BrandIndex((Brand("abc", "ABC", "bank", (), ("abc.com.vn",)),), frozenset(("partner.vn",)))
    assert index.is_official("www.abc.com.vn")
    assert index.is_official("partner.vn")
    assert not index.is_official("xabc.com.vn")
    assert not index.is_official("com.vn")


@pytest.mark.parametrize("length", range(5, 20))
def test_parts_cover_a_name_without_gap(length: int) -> None:
    bounds = part_bounds(length)
    assert len(bounds) == edits_allowed(length) + 1
    assert bounds[0][0] == 0
    assert bounds[-1][1] == length
    assert all(one[1] == other[0] for one, other in pairwise(bounds))


def test_every_mistake_in_a_list_is_told_with_line_and_remedy(tmp_path: Path) -> None:
    path = tmp_path / "brands.csv"
    path.write_text(
        "id,name,sector,aliases,official_domains,is_common,verified\n"
        "Good Bank,Ngân hàng,bank,,good.vn,no,no\n"
        "good,,bank,,https://good.vn/,maybe,no\n"
        "fine,Fine,bank,,fine.vn,no,no\n"
        "fine,Fine,bank,,fine.vn,no,no\n",
        encoding="utf-8",
    )
    brands, problems = read_brands(path)
    assert [brand.id for brand in brands] == ["fine"]
    assert [problem.line for problem in problems] == [2, 3, 3, 3, 5]
    assert all(str(path) in str(problem) and "; " in str(problem) for problem in problems)


def test_a_list_without_its_header_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "brands.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    brands, problems = read_brands(path)
    assert not brands
    assert "'id'" in problems[0].message


def test_companies_and_hotlines_of_a_brand(tmp_path: Path) -> None:
    path = tmp_path / "brands.csv"
    header = "id,name,legal_names,hotlines\n"
    path.write_text(header + "a,A,Công ty TNHH A;Công ty CP A,1900545413;18001234\nb,B,,1900 54\n", "utf-8")
    brands, problems = read_brands(path)
    assert [(brand.legal_names, brand.hotlines) for brand in brands] == [
        (("Công ty TNHH A", "Công ty CP A"), ("1900545413", "18001234"))
    ]
    assert [(problem.line, "'1900 54'" in problem.message) for problem in problems] == [(3, True)]
