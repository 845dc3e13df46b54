"""The judge: what must be flagged is, what must not is not, and nothing makes it raise."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchers.match import Identifier
from matchers.page import Form, Page, PageKind
from tests.matchers.material import SEEN_AT, judge, page, rules

SCHEME = (
    "Quỹ Đầu tư Hoa Sen mời góp vốn: cam kết lợi nhuận 5%/tháng, bảo toàn vốn gốc, trả lãi hàng tuần. "
    "Đầu tư 100 triệu nhận về 5 triệu mỗi tháng. Liên hệ Zalo 0988 000 111 để giữ suất."
)
REPORT = (
    "Công an tỉnh cho biết đã khởi tố bị can đối với nhóm lập quỹ đầu tư ma. Với thủ đoạn cam kết lợi nhuận 5%/tháng, "
    "bảo toàn vốn gốc, trả lãi hàng tuần, các đối tượng đã chiếm đoạt của hơn 200 nạn nhân. "
    "Công an khuyến cáo người dân nâng cao cảnh giác với lời mời góp vốn."
)


def test_a_scheme_is_flagged_and_quoted() -> None:
    verdict = judge().judge(page(SCHEME))
    assert verdict.category == "illegal_fundraising"
    assert "“cam kết lợi nhuận" in verdict.reason_vi
    assert Identifier("phone", "+84988000111") in verdict.identifiers
    assert verdict.rules_version == rules().version


def test_a_paid_post_of_the_scheme_is_flagged() -> None:
    seen = page(SCHEME, kind=PageKind.SPONSORED, facts={"byline": "Ban Quảng cáo"})
    assert judge().judge(seen).category == "illegal_fundraising"


@pytest.mark.parametrize("kind", [PageKind.ARTICLE, PageKind.LANDING, PageKind.POST])
def test_a_report_of_the_scheme_is_not(kind: PageKind) -> None:
    seen = page(REPORT, kind=kind, title="Cảnh báo quỹ đầu tư ma", facts={"byline": "Minh Anh"})
    assert not judge().judge(seen).is_hit


@pytest.mark.parametrize(
    ("url", "title", "text", "forms"),
    [
        (
            "https://cungunglaodong-songhong.com.vn/",
            "Công ty cung ứng nhân lực Sông Hồng",
            "Công ty được Bộ Lao động cấp phép đưa người lao động đi Nhật Bản. Chi phí công khai theo hợp đồng, học "
            "tiếng Nhật 6 tháng, phỏng vấn trực tiếp. Lương cơ bản 30 triệu đồng mỗi tháng. Hotline 024 3333 4444.",
            (),
        ),
        (
            "https://www.techcombank.com.vn/vay",
            "Vay tiêu dùng - Techcombank",
            "Vay tiền online, giải ngân ngay, lãi suất ưu đãi. Đăng ký vay với số CCCD và số điện thoại.",
            (Form("/dang-ky", fields=("name", "phone")),),
        ),
        (
            "https://taichinhanphu.vn/",
            "Tài chính An Phú",
            "Công ty tài chính được Ngân hàng Nhà nước cấp phép. Cho vay tiêu dùng, lãi suất từ 18%/năm, hồ sơ gồm "
            "căn cước và sao kê lương, nộp tại phòng giao dịch.",
            (Form("/dang-ky", fields=("name", "phone")),),
        ),
        (
            "https://giadungminhchau.vn/",
            "Gia dụng Minh Châu",
            "Nồi cơm điện giảm giá 30%, miễn phí vận chuyển, kiểm tra hàng trước khi nhận, đổi trả trong 7 ngày.",
            (Form("/gio-hang", has_password=True, fields=("email", "password")),),
        ),
    ],
)
def test_clean_sites_stay_silent(url: str, title: str, text: str, forms: tuple[Form, ...]) -> None:
    verdict = judge().judge(page(text, url=url, title=title, forms=forms))
    assert not verdict.is_hit, verdict.reason_vi


def test_a_host_alone_is_judged_by_its_name() -> None:
    assert judge().judge(page(kind=PageKind.HOST, url="http://vietcombank-xacthuc.top/")).category == "fake_bank"
    assert (
        judge().judge(page(kind=PageKind.HOST, url="http://dichvucong-vneid.cc/")).category == "impersonated_authority"
    )
    assert not judge().judge(page(kind=PageKind.HOST, url="http://tiembanhmi.top/")).is_hit


@settings(deadline=None)
@given(
    text=st.text(),
    title=st.text(max_size=50),
    url=st.text(max_size=60),
    kind=st.sampled_from(PageKind),
    facts=st.dictionaries(st.sampled_from(("byline", "site_name", "section")), st.text(max_size=20)),
    contacts=st.lists(st.text(max_size=40), max_size=3),
)
def test_no_page_makes_it_raise(
    text: str, title: str, url: str, kind: PageKind, facts: dict[str, str], contacts: list[str]
) -> None:
    seen = page(text, title=title, url=url, kind=kind, facts=facts, contacts=tuple(contacts))
    verdict = judge().judge(seen)
    assert verdict.is_hit == bool(verdict.category)
    for match in verdict.matches:
        if match.span is not None:
            field = {"title": title, "text": text, "url": url}[match.span.field]
            assert 0 <= match.span.start <= match.span.end <= len(field)


WORDS = sorted(
    {word for pack in rules().packs for rule in pack.rules for phrase in rule.phrases() for word in phrase.split()}
)


@settings(deadline=None, max_examples=300)
@given(
    words=st.lists(
        st.one_of(st.sampled_from(WORDS), st.sampled_from(("10tr", "5%", "k", "ko", "zalo.me/x", "a.top"))), max_size=30
    ),
    gaps=st.lists(st.sampled_from((" ", "", ".", "\n", " - ", "\u200b", "🔥")), min_size=1, max_size=5),
)
def test_no_mixture_of_the_rules_own_words_makes_it_raise(words: list[str], gaps: list[str]) -> None:
    text = "".join(word + gaps[place % len(gaps)] for place, word in enumerate(words))
    for match in judge().judge(page(text, kind=PageKind.POST)).matches:
        if match.span is not None and match.span.field == "text":
            assert text[match.span.start : match.span.end] == match.quote


@pytest.mark.parametrize(
    "unit",
    [
        *("a", " ", ".", "0", "a.", "0 ", "1.", "l.u.a ", "\u200b", "\ud800", "漢", "🔥a"),
        *("vay tiền nhanh ", "http://a.b/", "x@y.z ", "(0 9 8 ", "k ko dc ", "d!eu k!en ", "shopee.vip "),
        "nợ xấu vẫn vay được zalo 0988123456 ",
    ],
)
def test_a_megabyte_of_anything_is_judged_in_bounded_time(unit: str) -> None:
    seen = page(unit * (1_000_000 // len(unit)), kind=PageKind.POST)
    started = time.process_time()
    judge().judge(seen)
    assert time.process_time() - started < 3


def test_a_page_of_ten_thousand_links_is_bounded() -> None:
    text = " ".join(f"trang{number}.com" for number in range(100_000))
    seen = Page(url="https://a.vn/", fetched_at=SEEN_AT, source="t", kind=PageKind.POST, text=text)
    started = time.process_time()
    judge().judge(seen)
    assert time.process_time() - started < 3
