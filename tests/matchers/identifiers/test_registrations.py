"""Tax codes and licence numbers beside their words."""

from __future__ import annotations

import pytest

from matchers.identifiers.registrations import licence_number, tax_code
from tests.matchers.identifiers.material import found, values


@pytest.mark.parametrize(
    "text",
    [
        "MST: 0100112437",
        "mst 01.00.112.437",
        "Mã số thuế 0100112437",
        "Ma so thue: 0100112437",
        "M.S.T: 0100112437 cấp ngày 01/02/2010",
        "Mã số doanh nghiệp: 0100112437",
        "Giấy chứng nhận đăng ký kinh doanh số 0100112437 do Sở KH&ĐT cấp",
        "GPKD số 0100112437",
        "ĐKKD: 0100112437",
        "Tax code: 0100112437",
    ],
)
def test_a_tax_code_in_its_spellings(text: str) -> None:
    assert values("tax_code", text) == {"0100112437"}
    assert not values("phone", text)


def test_a_branch_has_three_figures_more() -> None:
    assert values("tax_code", "MST: 0314409058-002") == {"0314409058-002"}


@pytest.mark.parametrize("text", ["MST: 0100112438", "0100112437", "đơn hàng 0100112437", "mã số thuế là gì? năm 2024"])
def test_what_is_no_tax_code(text: str) -> None:
    assert not values("tax_code", text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Giấy phép số 1234/LĐTBXH-GP ngày 01/02/2020", "1234/LDTBXH-GP"),
        ("Giấy phép hoạt động dịch vụ đưa người lao động đi làm việc ở nước ngoài số: 12 / LĐTBXH–GP", "12/LDTBXH-GP"),
        ("Giấy phép thành lập và hoạt động số 12/GP-NHNN", "12/GP-NHNN"),
        ("GP số 456/GP-BTTTT do Cục cấp", "456/GP-BTTTT"),
        ("Giấy phép số 78/2019/GP-STTTT", "78/2019/GP-STTTT"),
        ("Giấy chứng nhận đăng ký bán hàng đa cấp số 021/QLCT-GCN", "021/QLCT-GCN"),
    ],
)
def test_a_licence_in_its_spellings(text: str, value: str) -> None:
    assert values("licence", text) == {value}


@pytest.mark.parametrize(
    "text",
    [
        "theo Nghị định số 13/2023/NĐ-CP",
        "cấp giấy phép theo Nghị định số 38/2020/NĐ-CP và Thông tư 21/2021/TT-BLĐTBXH",
        "Quyết định số 798/QĐ-BTTTT",
        "giấy phép lái xe hạng A1/B2",
        "giấy phép ngày 01/02/2020",
        "số 1234/LĐTBXH-GP",
        "giấy phép: 5.000.000đ/ THÁNG",
    ],
)
def test_what_is_no_licence(text: str) -> None:
    assert not values("licence", text)


def test_one_spelling_of_each() -> None:
    assert licence_number("1234 / lđtbxh–gp") == "1234/LDTBXH-GP"
    assert tax_code("0314 409 058 - 002") == "0314409058-002"
    assert found("MST 0100112437 | Giấy phép 12/GP-NHNN") == {("tax_code", "0100112437"), ("licence", "12/GP-NHNN")}
