"""banks.csv is whole, and names banks in text and links."""

from __future__ import annotations

import re

import pytest

from matchers.hosts.brands import Brand, BrandIndex
from matchers.identifiers.banks import bank_names, bank_of_bin, bank_of_code, banks
from matchers.text.normalise import fold_text
from tests.matchers.identifiers.material import BRANDS


def test_a_bank_among_the_brands_has_the_same_id_there() -> None:
    brands = [
        (bank.id, brand.id)
        for bank in banks()
        for name in (bank.id, *bank.names)
        if (brand := BRANDS.by_label.get(re.sub("[^a-z0-9]", "", fold_text(name)))) is not None
    ]
    assert len(brands) > 100
    assert not [pair for pair in brands if pair[0] != pair[1]]


def test_a_bank_that_only_the_brands_have_is_found_as_well() -> None:
    own = BrandIndex((Brand("saomaibank", "Ngân hàng Sao Mai", "bank", ("sao mai bank",)),))
    assert [bank.id for _, _, bank in bank_names(own).find("stk saomaibank 123456")] == ["saomaibank"]


def test_no_number_and_no_code_belongs_to_two() -> None:
    bins = [number for bank in banks() for number in bank.bins]
    codes = [bank.code for bank in banks()]
    ids = [bank.id for bank in banks()]
    assert all(len(number) == 6 and number.isdigit() for number in bins)
    assert len(set(bins)) == len(bins)
    assert len(set(codes)) == len(codes)
    assert len(set(ids)) == len(ids) > 60


@pytest.mark.parametrize(
    ("written", "bank"),
    [
        ("Vietcombank", "vietcombank"),
        ("VCB", "vietcombank"),
        ("NH Ngoại Thương", "vietcombank"),
        ("ngân hàng TMCP Ngoại thương", "vietcombank"),
        ("ngân hàng Á Châu", "acb"),
        ("MB Bank", "mbbank"),
        ("NHTMCP Quân Đội", "mbbank"),
        ("Ngân hàng Sài Gòn - Hà Nội", "shb"),
        ("Ngân hàng Sài Gòn Thương Tín", "sacombank"),
        ("ngân hàng TMCP Sài Gòn", "scb"),
        ("ngân hàng Lộc Phát", "lpbank"),
        ("Bac A Bank", "bacabank"),
        ("Co-op Bank", "coopbank"),
        ("Viettel Money", "viettelmoney"),
        ("ví MoMo", "momo"),
    ],
)
def test_names_as_people_write_them(written: str, bank: str) -> None:
    assert [one.id for _, _, one in bank_names(BRANDS).find(fold_text(f"stk {written} nhé"))] == [bank]


@pytest.mark.parametrize("words", ["phương đông", "tiên phong chống dịch", "sài gòn", "quốc tế", "á châu", "đại chúng"])
def test_words_that_name_a_bank_only_after_the_word_bank(words: str) -> None:
    assert not bank_names(BRANDS).find(fold_text(f"ở {words} này"))


def test_numbers_and_codes_of_links() -> None:
    assert (found := bank_of_bin("9704360000000000")) is not None
    assert found.id == "vietcombank"
    assert bank_of_bin("123456") is None
    for code in ("970422", "MB", "mbbank", "MB Bank"):
        assert (found := bank_of_code(code)) is not None
        assert found.id == "mbbank"
    assert bank_of_code("khong-co") is None
