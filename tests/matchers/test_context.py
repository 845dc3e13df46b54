"""Context: the same words as news, as a warning, and as a scam."""

from __future__ import annotations

import pytest

from matchers.page import Form, Page, PageKind
from matchers.reading import Reading
from tests.matchers.material import judge, page, rules

ARTICLE, LANDING, POST, SPONSORED = PageKind.ARTICLE, PageKind.LANDING, PageKind.POST, PageKind.SPONSORED
MARKS = {"byline": "Minh Anh", "article_type": "NewsArticle", "published_at": "2025-03-01"}
PAPER, STRANGER = "https://tuoitre.vn/phap-luat/bai.htm", "https://tin-nhanh-24.com/bai.html"
FUND = "cam kết lợi nhuận 5%/tháng, bảo toàn vốn gốc, trả lãi hàng tuần"
LOAN = "nợ xấu vẫn vay được, không thẩm định, chỉ cần CCCD, giải ngân trong 5 phút"

# The same scheme, told by somebody and offered by somebody.
PAIRS = {
    "a fund": (
        page(f"Theo cơ quan điều tra, nhóm này {FUND} rồi chiếm đoạt của hàng trăm người.", kind=ARTICLE, url=PAPER),
        page(f"Mời góp vốn: {FUND}. Kết bạn Zalo 0988 000 111 để giữ suất.", kind=LANDING, url=STRANGER),
    ),
    "a loan": (
        page(f"Công an khuyến cáo người dân cảnh giác với lời mời “{LOAN}”.", kind=POST),
        page(f"Vay tiền online: {LOAN}. Liên hệ Zalo 0988 000 111.", kind=POST),
    ),
    "a warning pasted above the offer": (
        page(f"Công an khuyến cáo người dân nâng cao cảnh giác với quảng cáo {FUND}.", kind=LANDING, url=STRANGER),
        page(
            f"Công an khuyến cáo người dân nâng cao cảnh giác với sàn giả. Quỹ Sông Hồng là sàn thật: {FUND}. "
            "Đăng ký qua Zalo 0988 000 111.",
            kind=LANDING,
            url=STRANGER,
        ),
    ),
    "a report pasted above the offer": (
        page(
            f"Các đối tượng đã {FUND}, nhiều nạn nhân trở thành nạn nhân. Ai biết vụ việc gọi đường dây nóng công an "
            "0988 000 111.",
            kind=POST,
        ),
        page(
            f"Nhiều nạn nhân bị lừa mất tiền vì sàn giả. Quỹ chúng tôi khác: {FUND}. Nhắn tin Telegram @quysonghong88 "
            "để vào nhóm.",
            kind=POST,
        ),
    ),
    "an article, signed and marked": (
        page(f"Quảng cáo hứa “{FUND}”. Các đối tượng đã bị bắt.", kind=LANDING, url=PAPER, facts=MARKS),
        page(
            f"Chuyên gia tài chính chia sẻ cách kiếm tiền: {FUND}. Điền số điện thoại để được gọi lại.",
            kind=LANDING,
            url=STRANGER,
            facts=MARKS,
            forms=(Form("/dang-ky", fields=("ten", "sdt")),),
        ),
    ),
    "a newspaper and its paid post": (
        page(f"Theo cơ quan công an, quỹ này {FUND}; các bị can đã bị tạm giam.", kind=ARTICLE, url=PAPER, facts=MARKS),
        page(f"Quỹ Sông Hồng {FUND}. Liên hệ 0988 000 111.", kind=SPONSORED, url=PAPER, facts=MARKS),
    ),
    "a bank that warns and one that pretends to": (
        page(
            "Vietcombank khuyến cáo khách hàng tuyệt đối không cung cấp mã OTP. Cảnh báo thủ đoạn yêu cầu nhập mã OTP "
            "để nhận tiền.",
            title="Cảnh báo lừa đảo | Vietcombank",
            url="https://www.vietcombank.com.vn/canh-bao",
        ),
        page(
            "Vietcombank khuyến cáo khách hàng tuyệt đối không cung cấp mã OTP. Nhập mã OTP để nhận tiền.",
            title="Vietcombank",
            url=STRANGER,
            forms=(Form("/otp", fields=("otp",)),),
        ),
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_the_same_words_told_and_offered(name: str) -> None:
    told, offered = PAIRS[name]
    verdict = judge().judge(told)
    assert not verdict.is_hit, verdict.reason_vi
    assert judge().judge(offered).is_hit


def weight(seen: Page) -> float:
    """What the page takes from every category for being an article."""
    return sum(match.weight for match in judge().judge(seen).matches if match.rule == "context/article")


def test_an_article_counts_by_who_answers_for_it() -> None:
    text = "Người dân xã nọ thu hoạch lúa."
    by_paper = weight(page(text, kind=LANDING, url=PAPER))
    by_government = weight(page(text, kind=LANDING, url="https://congan.hanoi.gov.vn/"))
    by_source = weight(page(text, kind=ARTICLE, url=STRANGER))
    selling = weight(page(f"{text} Liên hệ Zalo 0988 000 111.", kind=ARTICLE, url=STRANGER))
    by_marks = weight(page(text, kind=LANDING, url=STRANGER, facts=MARKS))
    assert by_paper == by_government < by_source < selling <= by_marks < 0


@pytest.mark.parametrize(
    ("seen", "is_article"),
    [
        (page(kind=LANDING, url=STRANGER, facts=MARKS), True),
        (page(kind=LANDING, url=STRANGER, facts={"byline": "Minh Anh", "section": "Pháp luật"}), True),
        (page(kind=LANDING, url=STRANGER, facts={"og_type": "article", "published_at": "2025"}), True),
        (page(kind=LANDING, url=STRANGER, facts={"byline": "Minh Anh"}), False),
        (page(kind=LANDING, url=STRANGER, facts={"byline": "admin", "section": "Tin"}), False),
        (page(kind=LANDING, url=STRANGER, facts=MARKS, forms=(Form("/", fields=("sdt",)),)), False),
        (page("Gọi ngay 0988 000 111", kind=LANDING, url=STRANGER, facts=MARKS), False),
        (page(title="Techcombank", kind=LANDING, url=STRANGER, facts=MARKS, forms=(Form("/", True),)), False),
        (page(kind=LANDING, url=PAPER), True),
        (page(kind=SPONSORED, url=PAPER, facts=MARKS), False),
        (page(kind=PageKind.ADVERTISEMENT, url=PAPER, facts=MARKS), False),
        (page(kind=POST, url=PAPER), False),
    ],
)
def test_marks_of_an_article_are_believed_of_a_page_that_sells_nothing(seen: Page, is_article: bool) -> None:
    assert Reading(seen, rules()).is_journalism is is_article


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("Liên hệ ngay 0988 000 111", True),
        ("Kết bạn Zalo: 0988.000.111 nhận tư vấn", True),
        ("Gọi tổng đài 1900 5454 13", False),
        ("Trình báo công an theo số 0988 000 111", False),
        ("Liên hệ quảng cáo: 0988 000 111", False),
        ("Nạn nhân nhận cuộc từ số 0988 000 111", False),
    ],
)
def test_who_asks_to_be_called(text: str, asks: bool) -> None:
    assert Reading(page(text), rules()).solicits is asks
    assert not Reading(page(text, url=PAPER), rules()).solicits


def test_links_to_a_chat_ask_enough() -> None:
    assert Reading(page("Tin", contacts=("https://zalo.me/0988000111",)), rules()).solicits
    assert not Reading(page("Tin", contacts=("tel:0988000111",)), rules()).solicits


def test_a_page_where_everybody_publishes_is_not_the_brands_own() -> None:
    assert not Reading(page(url="https://zalo.me/g/nhom"), rules()).is_official_host
    assert Reading(page(url="https://www.vietcombank.com.vn/"), rules()).is_official_host


DENIALS = (
    "Trường gửi phụ huynh: nhà trường không bao giờ gọi điện yêu cầu chuyển tiền viện phí cho con cấp cứu.",
    "Ngân hàng không bao giờ hỏi mật khẩu. Mọi cuộc gọi bảo nhập mã OTP để nhận tiền đều là lừa đảo.",
    "Có kẻ tự xưng cán bộ gọi điện yêu cầu nộp phí giải ngân, bà con không làm theo.",
)


@pytest.mark.parametrize("text", DENIALS)
def test_those_who_deny_asking_do_not_ask(text: str) -> None:
    verdict = judge().judge(page(text, kind=POST))
    assert not verdict.is_hit, verdict.reason_vi
