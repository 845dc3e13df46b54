"""Pictures speak through the rules: spans lead to picture and box, doubt counts, misread names accuse nobody."""

from __future__ import annotations

from dataclasses import replace

import pytest

from matchers.match import Match, Span
from matchers.page import Page, PageKind, Picture, PictureCode, PictureLine, PictureRole
from matchers.pictures.picture_text import LONGEST_PICTURE_TEXT, MOST_PICTURES, PictureText
from matchers.reading import Reading
from tests.matchers.material import judge, page, rules

LOAN = (
    PictureLine("VAY TIỀN NHANH 24/7", (30, 20, 400, 60), 0.96),
    PictureLine("Nợ xấu vẫn vay được", (30, 80, 380, 110), 0.95),
    PictureLine("Zalo 0912 345 678", (30, 130, 300, 160), 0.93),
)


def picture(
    *lines: PictureLine,
    codes: tuple[PictureCode, ...] = (),
    sha256: str = "ab" * 32,
    role: PictureRole = PictureRole.POST,
) -> Picture:
    return Picture("https://a.example/ad.jpg", role, sha256, 720, 480, lines=lines, codes=codes)


def shown(*pictures: Picture, text: str = "", title: str = "", kind: PageKind = PageKind.POST) -> Page:
    return replace(page(text, title=title, kind=kind), pictures=pictures)


def in_pictures(matches: tuple[Match, ...]) -> list[Match]:
    return [match for match in matches if match.span is not None and match.span.field == "picture"]


def test_an_advertisement_that_is_only_a_picture_is_a_hit_with_its_place() -> None:
    seen = shown(picture(*LOAN), kind=PageKind.ADVERTISEMENT)
    verdict = judge().judge(seen)
    assert verdict.is_hit and verdict.category == "loan_credit"
    told = next(match for match in verdict.matches if match.quote.startswith("Nợ xấu"))
    assert told.span is not None and told.span.picture == "ab" * 32
    assert told.span.box == (30, 80, 380, 110)
    assert seen.pictures[0].text[told.span.start : told.span.end] == told.quote
    assert "(trong ảnh)" in told.reason_vi and "(in a picture)" in told.reason_en
    phone = next(match for match in verdict.matches if match.identifier and match.identifier.kind == "phone")
    assert phone.identifier is not None and phone.identifier.value == "+84912345678"
    assert phone.span is not None and phone.span.box == LOAN[2].box
    assert phone.reason_vi.endswith("(trong ảnh)")


def test_words_over_two_lines_have_the_box_around_both() -> None:
    seen = shown(picture(PictureLine("Nợ xấu vẫn", (10, 10, 90, 30)), PictureLine("vay được", (20, 40, 100, 60))))
    told = in_pictures(judge().judge(seen).matches)
    assert (10, 10, 100, 60) in [match.span.box for match in told if match.span]


def test_every_quote_of_a_picture_is_its_text() -> None:
    seen = shown(picture(*LOAN), picture(*LOAN[:1], sha256="cd" * 32), text="Xem ảnh", title="Tin mới")
    texts = {each.sha256: each.text for each in seen.pictures}
    told = in_pictures(judge().judge(seen).matches)
    assert told
    for match in told:
        assert match.span is not None
        assert texts[match.span.picture][match.span.start : match.span.end] == match.quote


def test_doubt_about_the_letters_lowers_confidence() -> None:
    def surest(confidence: float) -> float:
        lines = tuple(replace(line, confidence=confidence) for line in LOAN)
        told = in_pictures(judge().judge(shown(picture(*lines))).matches)
        return max(match.confidence for match in told if match.matcher == "phrases")

    assert surest(0.96) == 1.0
    assert surest(0.6) == pytest.approx(0.6 / 0.9)


def test_a_code_that_leads_to_an_imitation_is_told_with_its_box() -> None:
    code = PictureCode("https://vietcombank-xacthuc.top/login", (400, 200, 600, 400))
    verdict = judge().judge(shown(picture(codes=(code,)), text="Quét mã để nhận quà"))
    told = next(match for match in verdict.matches if match.matcher == "domains")
    assert told.span == Span("picture", 0, 0, "ab" * 32, code.box)
    assert told.quote == "vietcombank-xacthuc.top"
    assert told.reason_vi.endswith("(trong mã QR)")
    assert verdict.is_hit


def test_codes_give_short_links_risky_links_and_identifiers() -> None:
    codes = (
        PictureCode("https://bit.ly/nhanqua", (0, 0, 50, 50)),
        PictureCode("https://zalo.me/0912345678", (60, 0, 110, 50)),
        PictureCode("https://qua-tang.top/x", (120, 0, 170, 50)),
    )
    reading = Reading(shown(picture(codes=codes)), rules())
    assert reading.has_short_link and reading.has_risky_link and reading.has_contact
    zalo = next(sight for sight in reading.identifiers if sight.identifier.kind == "zalo")
    assert reading.sight_span(zalo) == Span("picture", 0, 0, "ab" * 32, (60, 0, 110, 50))


def test_an_identity_card_s_code_says_nothing() -> None:
    code = PictureCode("001099012345|123456789|Nguyễn Văn Ất|01011999|Nam|Hà Nội|01012022", (0, 0, 9, 9))
    seen = shown(picture(codes=(code,)))
    assert Reading(seen, rules()).whole == ""
    assert judge().judge(seen).identifiers == ()


@pytest.mark.parametrize(("host", "is_accused"), [("vietc0mbank.com.vn", False), ("vietcombank-xacthuc.top", True)])
def test_a_name_a_letter_off_in_a_picture_may_be_misread(host: str, is_accused: bool) -> None:
    read = shown(picture(PictureLine(f"Truy cập {host} ngay", (0, 0, 300, 20))))
    assert any(match.matcher == "domains" for match in judge().judge(read).matches) is is_accused
    written = shown(text=f"Truy cập {host} ngay")
    assert any(match.matcher == "domains" for match in judge().judge(written).matches)


def test_facts_of_the_text_keep_their_meaning() -> None:
    noise = PictureLine("a;b c'd e,f g:h i~j k^l m|n o<p", (0, 0, 300, 20))
    reading = Reading(shown(picture(noise), text="Chào buổi sáng"), rules())
    assert reading.is_short and not reading.is_disguised
    long = tuple(PictureLine("chữ " * 40, (0, 20 * row, 300, 20 * row + 18)) for row in range(8))
    assert not Reading(shown(picture(*long), text="Chào buổi sáng"), rules()).is_short


def test_the_text_s_own_places_stay_as_they_are() -> None:
    text = "Vay nhanh, nợ xấu vẫn vay được, Zalo 0988 123 456"
    plain, beside = (
        page(text, title="Hỗ trợ vay", kind=PageKind.POST),
        shown(picture(*LOAN), text=text, title="Hỗ trợ vay"),
    )
    told = {(match.rule, match.span) for match in judge().judge(plain).matches if match.span}
    told_beside = {(match.rule, match.span) for match in judge().judge(beside).matches if match.span}
    assert told and told <= told_beside


def test_what_is_looked_at_is_bounded() -> None:
    line = PictureLine("x" * 1000, (0, 0, 10, 10))
    many = [picture(line) for _ in range(MOST_PICTURES + 20)]
    assert len(PictureText(many).text) == LONGEST_PICTURE_TEXT
    codes = tuple(PictureCode(f"https://a.example/{number}", (0, 0, 1, 1)) for number in range(3))
    pictured = PictureText([picture(line, codes=codes)] * (MOST_PICTURES + 20))
    assert len(pictured.codes) == 3 * MOST_PICTURES
    assert PictureText(()).text == ""
