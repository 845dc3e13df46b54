"""Cards by range and check digit, never shown whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from matchers.identifiers.cards import is_card, masked_card, without_cards
from matchers.identifiers.codes import find_in_code
from matchers.identifiers.finder import find_identifiers
from matchers.judge import Judge
from matchers.page import PageKind
from matchers.rules import load_rules
from tests.matchers.identifiers.material import BRANDS, values
from tests.matchers.material import page


def with_check_digit(start: str, length: int) -> str:
    body = start.ljust(length - 1, "0")
    return body + str(luhn.calc_check_digit(body))


DOMESTIC = with_check_digit("9704361234", 16)
LONG_DOMESTIC = with_check_digit("9704221234", 19)


@pytest.mark.parametrize(
    "number",
    ["4111111111111111", "5555555555554444", "2223003122003222", "378282246310005", "3530111333300000", DOMESTIC],
)
def test_numbers_of_every_network(number: str) -> None:
    assert is_card(number)
    assert not is_card(number[:-1] + str((int(number[-1]) + 1) % 10))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("thẻ 4111 1111 1111 1111 exp 12/26", "4111111111111111"),
        ("5555-5555-5555-4444", "5555555555554444"),
        ("Số thẻ: 5555555555554444", "5555555555554444"),
        (f"chuyển vào {DOMESTIC} giúp em", DOMESTIC),
        (f"thẻ ATM {LONG_DOMESTIC}", LONG_DOMESTIC),
        ("4111111111111111 CVV 123", "4111111111111111"),
    ],
)
def test_cards_that_are_meant(text: str, number: str) -> None:
    assert values("card", text) == {masked_card(number)}


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111111",
        "mã tham chiếu 5555555555554444",
        "thẻ 4111 1111 1111 1112",
        "STK 4111111111111111 Vietcombank",
        "thẻ 9704991111111111111",
        "thẻ 9999999999999995",
    ],
)
def test_figures_that_are_no_cards(text: str) -> None:
    assert not values("card", text)


def test_a_card_beside_a_bank_is_no_account_as_well() -> None:
    assert not values("bank_account", f"thẻ Vietcombank {DOMESTIC}")


def test_no_card_is_shown_whole_anywhere() -> None:
    text = f"Chuyển tiền vào thẻ Vietcombank {DOMESTIC} ngay"
    (sight,) = find_identifiers(text, BRANDS)
    assert text[sight.start : sight.end] == DOMESTIC
    told = [repr(sight)]
    verdict = Judge(load_rules()).judge(page(text, kind=PageKind.POST))
    told.extend(repr(match) for match in verdict.matches if match.matcher == "identifiers")
    told.extend(repr(one) for one in find_in_code(f"thẻ {DOMESTIC}", BRANDS))
    assert len(told) >= 3
    assert not [one for one in told if DOMESTIC in one]


@given(st.text(alphabet="0123456789 -.thẻx", max_size=80))
def test_hiding_cards_moves_nothing(text: str) -> None:
    hidden = without_cards(text)
    assert len(hidden) == len(text)
    assert without_cards(hidden) == hidden
    assert all(shown in (written, "x") for shown, written in zip(hidden, text, strict=True))


def test_hiding_cards_hides_them() -> None:
    assert without_cards(f"thẻ {DOMESTIC}, sđt 0988123456") == f"thẻ {masked_card(DOMESTIC)}, sđt 0988123456"
