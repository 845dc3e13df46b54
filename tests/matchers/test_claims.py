"""Claimed brands: a page that says it is a brand, on a stranger's host, told from pages that speak of the brand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from matchers.claims import Claim, Place, claimed_brand
from matchers.examples import NEUTRAL_URL
from matchers.hosts.hostname import parse_host
from matchers.page import Form, Link, Page, PageKind, PictureLink, PictureRole
from matchers.reading import Reading
from tests.matchers.material import judge, page, rules

LOGIN = (Form("/login", has_password=True, fields=("username", "password")),)
WARNING = "Ngân hàng khuyến cáo khách hàng tuyệt đối không cung cấp mã OTP, nâng cao cảnh giác."
CLONE = (
    "Cá nhân\nDoanh nghiệp\nVề Techcombank\nTechcombank đồng hành cùng bạn\nNhập số điện thoại để nhận ưu đãi\n"
    "Chi nhánh Techcombank gần bạn\n© 2024 Bản quyền thuộc về Techcombank"
)


def claim_of(seen: Page) -> Claim | None:
    return Reading(seen, rules()).claim


def brand_of(seen: Page) -> str | None:
    claim = claim_of(seen)
    return claim.brand.id if claim else None


@pytest.mark.parametrize(
    ("title", "facts", "brand"),
    [
        ("Đăng nhập", {"site_name": "Vietcombank"}, "vietcombank"),
        ("Đăng nhập", {"organization": "Ngân hàng TMCP Ngoại thương Việt Nam"}, "vietcombank"),
        ("Ngân hàng số | Techcombank", {}, "techcombank"),
        ("Siêu thị Điện máy XANH - Mua bán điện lạnh", {}, "dienmayxanh"),
        ("Trang chủ", {"site_name": "Ngân hàng Thương mại Cổ phần Kỹ Thương Việt Nam"}, "techcombank"),
        ("Chào mừng quý khách đến với Techcombank", {}, "techcombank"),
        ("So sánh lãi suất 20 ngân hàng", {}, None),
        ("Vietcombank và BIDV giảm lãi suất", {}, None),
        ("Đại lý Techcombank", {"site_name": "Techcombank"}, None),
        ("Giao hàng nhanh toàn quốc", {"site_name": "Shop hoa Giao hàng nhanh"}, None),
        ("Giao Hàng Nhanh", {}, "giaohangnhanh"),
        ("ACB | Hiệp hội bóng rổ", {}, None),
        ("Ngân hàng ACB", {}, "acb"),
        ("Tin tức hôm nay", {}, None),
        ("Thanh toán khoản vay FE CREDIT, Home Credit, Mcredit", {}, None),
    ],
)
def test_title_and_names_of_the_page(title: str, facts: dict[str, str], brand: str | None) -> None:
    assert brand_of(page(title=title, facts=facts)) == brand


@pytest.mark.parametrize(
    ("place", "seen"),
    [
        (Place.HEADING, page(title="Techcombank", facts={"heading": "Techcombank"})),
        (
            Place.LOGO,
            replace(page(title="Techcombank"), picture_links=(PictureLink("/techcombank-logo.png", PictureRole.LOGO),)),
        ),
        (Place.OWNER, page("© 2024 Techcombank. Thiết kế bởi ABC", title="Techcombank")),
        (Place.OWNER, page("Copyright ©\nNgân hàng TMCP Kỹ thương Việt Nam", title="Techcombank")),
        (Place.LINE, page("Vay mua nhà | Techcombank", title="Techcombank")),
        (Place.COMPANY, page("Ngân hàng Thương mại Cổ phần Kỹ thương Việt Nam", title="Techcombank")),
        (Place.HOTLINE, page("Tổng đài 1800 588 822", title="Techcombank")),
        (Place.MAIL, page("Thư: call_center@techcombank.com.vn", title="Techcombank")),
        (Place.CANONICAL, page(title="Techcombank", facts={"canonical": "https://techcombank.com/vay"})),
        (Place.RESOURCES, page(title="Techcombank", facts={"resource_hosts": "techcombank.com:9 x.vn:1"})),
        (
            Place.LINKS,
            page(
                title="Techcombank",
                links=tuple(Link(f"https://www.techcombank.com/{number}") for number in range(9)),
            ),
        ),
        (Place.MENTIONS, page("Techcombank. Techcombank. Techcombank.", title="Techcombank")),
        (Place.VOICE, page("Đến với Techcombank. Techcombank cam kết. Techcombank.", title="Techcombank")),
    ],
)
def test_every_place_in_which_a_page_says_whose_it_is(place: Place, seen: Page) -> None:
    claim = claim_of(seen)
    assert claim is not None
    assert claim.brand.id == "techcombank"
    assert {sign.place for sign in claim.signs} >= {Place.TITLE, place}
    plain = claim_of(page(title="Techcombank"))
    assert plain is not None
    assert claim.points > plain.points


@pytest.mark.parametrize(
    ("pictures", "points"),
    [
        ((), 1.0),
        ((("techcombank", PictureRole.FAVICON),), 2.0),
        ((("techcombank", PictureRole.LOGO),), 1.6),
        ((("techcombank", PictureRole.FAVICON), ("bidv", PictureRole.LOGO)), 1.6),
    ],
)
def test_pictures_like_the_brands_count_most_where_no_other_brands_are_shown(
    pictures: tuple[tuple[str, PictureRole], ...], points: float
) -> None:
    seen = page(title="Techcombank")
    host, held = parse_host("trang-nao-do.com"), rules()
    claim = claimed_brand(seen, seen.title, "techcombank", host, (), pictures, held.brand_names, held.brands)
    assert claim is not None
    assert (claim.brand.id, claim.points) == ("techcombank", points)


def test_a_copy_on_an_innocent_host_convicts_by_itself_and_says_why() -> None:
    verdict = judge().judge(page(CLONE, title="Techcombank - Ngân hàng số", url="https://hoa-tuoi-sang.com/"))
    assert verdict.category == "fake_bank"
    assert "tiêu đề" in verdict.reason_vi
    assert "dòng bản quyền" in verdict.reason_vi
    assert "'hoa-tuoi-sang.com' không thuộc techcombank.com" in verdict.reason_vi
    (match,) = (match for match in verdict.matches if match.matcher == "claims")
    assert match.rule == "claims/posing"
    assert match.facts["brand"] == "techcombank"


def test_the_warnings_that_a_copy_took_along_do_not_clear_it() -> None:
    assert judge().judge(page(f"{CLONE}\n{WARNING}", title="Techcombank - Ngân hàng số")).is_hit
    seen = page(WARNING, title="Vietcombank - Đăng nhập ngân hàng số", forms=LOGIN)
    assert judge().judge(seen).category == "fake_bank"


@pytest.mark.parametrize(
    "seen",
    [
        page(CLONE, title="Techcombank - Ngân hàng số", url="https://techcombank.com/"),
        page(CLONE, title="Techcombank - Ngân hàng số", url="https://chinhsach.gov.vn/"),
        page(CLONE, title="Techcombank - Ngân hàng số", url=NEUTRAL_URL),
        page(CLONE, title="Techcombank - Ngân hàng số", url=""),
        page(CLONE, title="Techcombank - Ngân hàng số", kind=PageKind.ARTICLE),
        page(CLONE, title="Techcombank - Ngân hàng số", kind=PageKind.POST),
    ],
)
def test_official_hosts_texts_without_a_host_and_articles_claim_nothing(seen: Page) -> None:
    assert claim_of(seen) is None
    assert not judge().judge(seen).is_hit


DEALER = (
    "VF 5 giao ngay\nVinFast đồng hành cùng bạn\nĐến với VinFast nhận ưu đãi\nHệ thống trạm sạc VinFast\n"
    "Hotline kinh doanh 0292 333 4444\n© VinFast Sông Tiền"
)
APP_PAGE = (
    "MoMo là ví điện tử của người Việt. Tải MoMo về máy. MoMo có 30 triệu người dùng. Phiên bản 4.1, cập nhật hôm qua."
)


@pytest.mark.parametrize(
    "seen",
    [
        page(DEALER, title="VinFast Sông Tiền - Bảng giá xe", url="https://vinfastsongtien.vn/"),
        page(DEALER, title="VinFast Sông Tiền - Đại lý ủy quyền của VinFast", url="https://oto-songtien.vn/"),
        page(
            "Vietcombank tuyển giao dịch viên. Vietcombank tuyển chuyên viên. Ứng tuyển tại đây. Vietcombank cam kết.",
            title="Tuyển dụng | Vietcombank",
            facts={"heading": "Vietcombank"},
        ),
        page(APP_PAGE, title="Tải MoMo", facts={"site_name": "Kho Ứng Dụng"}),
        page(
            "FE CREDIT: 70 triệu\nHome Credit: 200 triệu\nMcredit: 100 triệu\nHD SAISON: 50 triệu\nLotte Finance\n"
            "Chúng tôi thu thập lãi suất công bố.",
            title="Vay ở đâu lãi thấp?",
        ),
        page(
            "Thẻ Techcombank\nĐánh giá Techcombank sau một năm dùng. Techcombank có app tốt. Techcombank cam kết.\n"
            "© 2024 Nguyễn Minh Khoa",
            title="Nhật ký tài chính",
        ),
        page(
            "Chúng tôi lập trình cổng thanh toán. Khách hàng: Vietcombank.\n© 2024 Công ty TNHH Phần mềm Sông Lam",
            title="Phần mềm Sông Lam",
        ),
        page("Tìm việc\nVietcombank\nVietcombank\nVietcombank", title="Việc làm ngân hàng"),
        page(
            "README. Thư viện gọi API của Vietcombank. Vietcombank. Vietcombank. Pull requests được hoan nghênh.",
            title="vcb-api: Vietcombank client",
            url="https://github.com/ai-do/vcb-api",
        ),
    ],
)
def test_dealers_agents_comparison_pages_and_job_boards_do_not_pose(seen: Page) -> None:
    assert not Reading(seen, rules()).poses_as_brand
    verdict = judge().judge(seen)
    assert not verdict.is_hit, verdict.reason_vi


def test_a_choice_of_banks_names_nobodys_owner() -> None:
    banks = "\n".join(("Vietcombank", "VietinBank", "BIDV", "Techcombank", "Agribank", "Sacombank"))
    text = f"Vay tiêu dùng | Ngân hàng Shinhan\nGiải ngân - Shinhan Bank\nShinhan Bank\nChọn ngân hàng\n\n\n{banks}\n"
    claim = claim_of(page(text + banks, title="Giải ngân"))
    assert claim is not None
    assert claim.brand.id == "shinhanbank"
    assert claim_of(page(banks, title="Chọn ngân hàng")) is None


def test_a_strangers_login_under_a_banks_title_is_a_hit() -> None:
    verdict = judge().judge(page("Chào mừng quý khách", title="Vietcombank - Đăng nhập ngân hàng số", forms=LOGIN))
    assert verdict.category == "fake_bank"
    assert "vietcombank.com.vn" in verdict.reason_vi
    assert any(match.rule == "claims/login" for match in verdict.matches)


@pytest.mark.parametrize(("fields", "is_hit"), [(("so_the", "cvv"), True), (("otp",), True), (("email", "q"), False)])
def test_a_form_for_codes_or_cards_counts_as_a_login(fields: tuple[str, ...], is_hit: bool) -> None:
    seen = page("Mời nhập", title="Vietcombank", forms=(Form("/gui", fields=fields),))
    assert judge().judge(seen).is_hit is is_hit


def test_a_form_on_a_shared_platform_is_told_only_by_what_it_asks() -> None:
    url = "https://www.facebook.com/techcombank"
    assert not judge().judge(page(CLONE, title="Techcombank", url=url)).is_hit
    form = (Form("/form", fields=("otp",)),)
    assert judge().judge(page(CLONE, title="Techcombank", url="https://docs.google.com/forms/d/x", forms=form)).is_hit


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
