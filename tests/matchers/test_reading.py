"""The facts of a page that rules may ask for, one by one, and hosts told in running text."""

from __future__ import annotations

import pytest

from matchers.pack import Condition
from matchers.page import Form, Page, PageKind
from matchers.reading import Reading
from tests.matchers.material import page, rules

POST = PageKind.POST
LONG = "Một câu dài để trang không còn ngắn. " * 40

FACTS: dict[str, tuple[Page, Page]] = {
    # name: (a page of which it holds, one of which it does not)
    "has_login_form": (page(forms=(Form("/", has_password=True),)), page(forms=(Form("/", fields=("q",)),))),
    "has_form": (page(forms=(Form("/", fields=("q",)),)), page()),
    "has_contact": (page("gọi 0988 123 456"), page("gọi 1800 1091 hoặc 1900 5454 13")),
    "has_link": (page("xem trangnao.vn nhé"), page("Anh Tuấn.Anh nói: 3.5 điểm, v.v.")),
    "has_unknown_link": (page("xem trangnao.vn"), page("xem https://vietcombank.com.vn và dichvucong.gov.vn")),
    "has_risky_link": (page("xem quatang.top"), page("xem quatang.vn, zalo.me/0988123456, bit.ly/x")),
    "has_short_link": (page("xem bit.ly/abc"), page("xem bitly.vn/abc")),
    "host_lookalike": (page(url="https://vietcombank-xacthuc.top/x"), page("vietcombank-xacthuc.top")),
    "is_journalism": (page(kind=PageKind.ARTICLE), page(kind=PageKind.SPONSORED, facts={"byline": "Ban QC"})),
    "is_official_host": (page(url="https://www.vietcombank.com.vn/"), page(url="https://vietcombank.com.co/")),
    "is_short": (page("Vay nhanh"), page(LONG)),
    "is_disguised": (
        page("La,yNg,ay_Ba'y~9Ng'hjn kh'iD:o:wn l:oadU'n'g Du'gVa_ Xac;N:han", kind=POST),
        page("Xem https://a.b.c/d?e=f&g=h, lúc 10h30; giá 3.500đ/kg - 'rẻ' (tại A.B.C).", kind=POST),
    ),
    "claims_brand": (
        page(title="Techcombank | Đăng nhập", kind=PageKind.LANDING),
        page(title="Techcombank | Đăng nhập", url="https://techcombank.com/", kind=PageKind.LANDING),
    ),
    "poses_as_brand": (
        page(title="Techcombank", forms=(Form("/", has_password=True),)),
        page(title="Techcombank"),
    ),
    "solicits": (page("Liên hệ Zalo 0988 123 456"), page("Công an: gọi 0988 123 456 để trình báo")),
}


def test_every_fact_that_rules_may_ask_for_is_tried_here() -> None:
    assert set(FACTS) == set(Condition.model_fields) - {"kinds"}


@pytest.mark.parametrize("name", FACTS)
def test_each_fact_holds_where_it_should(name: str) -> None:
    of, not_of = FACTS[name]
    assert Reading(of, rules()).fact(name) is True
    assert Reading(not_of, rules()).fact(name) is False


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("vào https://Trang-Nao.top/x ngay", ["trang-nao.top"]),
        ("vào https:// trang-nao.com de huy", ["trang-nao.com"]),
        ("www.trangnao.icu,", ["www.trangnao.icu"]),
        ("a@trangnao.com gửi", []),
        ("hết câu.Câu mới", []),
        ("xem trangnao.com.vn.", ["trangnao.com.vn"]),
        ("giá 1.500.000đ, v1.2", []),
        ("một trangnao.top hai trangnao.top", ["trangnao.top"]),
    ],
)
def test_hosts_in_running_text(text: str, hosts: list[str]) -> None:
    told = Reading(page(text), rules()).text_hosts
    assert [place.host.host for place in told] == hosts
    for place in told:
        assert text[place.start : place.end].lower() == place.host.host
