"""E-mail addresses, plain and disguised."""

from __future__ import annotations

import pytest

from tests.matchers.identifiers.material import values

ONE = "vay.nhanh@gmail.com"


@pytest.mark.parametrize(
    "written",
    [
        "vay.nhanh@gmail.com",
        "Vay.Nhanh@Gmail.Com.",
        "vay.nhanh (at) gmail . com",
        "vay.nhanh[at]gmail[dot]com",
        "vay.nhanh {at} gmail {dot} com",
        "vay.nhanh (a còng) gmail chấm com",
        "vay.nhanh a còng gmail chấm com",
        "vay.nhanh at gmail dot com",
        "mail: vay.nhanh at gmail.com",
        "vay.nhanh @ gmail . com",
        "vay.nhanh@ gmail.com",
        "vay.nhanh @gmail.com",
        "ｖａｙ.ｎｈａｎｈ＠ｇｍａｉｌ.ｃｏｍ",
    ],
)
def test_one_address_in_every_disguise(written: str) -> None:
    assert values("email", f"Gửi về {written} nhé") == {ONE}


@pytest.mark.parametrize(
    ("written", "value"),
    [("ho-so (at) cong-ty.com.vn", "ho-so@cong-ty.com.vn"), ("a.b@mail.congty.com.vn", "a.b@mail.congty.com.vn")],
)
def test_other_hosts(written: str, value: str) -> None:
    assert values("email", f"gửi {written} nhé") == {value}


@pytest.mark.parametrize(
    "text",
    [
        "look at gmail.com today",
        "meet @ hotel.com",
        "at home",
        "theo @vaynhanh trên mạng",
        "a@b",
        "họp at zoom.us",
    ],
)
def test_what_is_no_address(text: str) -> None:
    assert not values("email", text)
