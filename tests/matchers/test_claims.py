"""Claimed brands: a page that says it is a brand, on a host that is not the brand's."""

from __future__ import annotations

import pytest

from matchers.claims import claimed_brand
from matchers.page import Form, PageKind
from matchers.text.normalise import fold_text
from tests.matchers.material import judge, page, rules

LOGIN = (Form("/login", has_password=True, fields=("username", "password")),)


@pytest.mark.parametrize(
    ("site_name", "title", "brand"),
    [
        ("Vietcombank", "Đăng nhập", "vietcombank"),
        ("", "Ngân hàng số | Techcombank", "techcombank"),
        ("", "Siêu thị Điện máy XANH - Mua bán điện lạnh", "dienmayxanh"),
        ("", "Vay tiêu dùng Shinhan Bank", "shinhanbank"),
        ("", "So sánh lãi suất 20 ngân hàng", None),
        ("", "Vietcombank và BIDV giảm lãi suất", "vietcombank"),
        ("", "Tin tức hôm nay", None),
    ],
)
def test_title_and_site_name(site_name: str, title: str, brand: str | None) -> None:
    found = claimed_brand(site_name, title, "", rules().brands)
    assert (found.id if found else None) == brand


def test_a_page_that_keeps_naming_one_brand_is_its() -> None:
    text = "Cổng vay Shinhan Bank. Shinhan Bank đồng hành cùng bạn. Liên hệ Shinhan Bank."
    found = claimed_brand("", "Trang chủ", fold_text(text), rules().brands)
    assert found is not None
    assert found.id == "shinhanbank"


def test_a_page_that_names_many_is_nobodys() -> None:
    text = "Chọn ngân hàng: Vietcombank, BIDV, Agribank, Techcombank, Sacombank. " * 4
    assert claimed_brand("", "Trang chủ", fold_text(text), rules().brands) is None


def test_a_strangers_login_under_a_banks_title_is_a_hit() -> None:
    verdict = judge().judge(page("Chào mừng quý khách", title="Vietcombank - Đăng nhập ngân hàng số", forms=LOGIN))
    assert verdict.category == "fake_bank"
    assert "vietcombank.com.vn" in verdict.reason_vi


def test_the_banks_own_login_is_not() -> None:
    seen = page(
        "Nhập mã OTP, tên đăng nhập và mật khẩu",
        title="Vietcombank - Đăng nhập ngân hàng số",
        forms=LOGIN,
        url="https://ib.vietcombank.com.vn/",
    )
    assert not judge().judge(seen).is_hit


def test_an_article_about_the_bank_is_not() -> None:
    seen = page(
        "Vietcombank công bố lợi nhuận. Vietcombank mở thêm chi nhánh. Vietcombank tuyển dụng.",
        title="Vietcombank - kết quả kinh doanh",
        kind=PageKind.ARTICLE,
        forms=LOGIN,
    )
    assert not judge().judge(seen).is_hit
