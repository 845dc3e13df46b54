"""Brand pictures of operators: mistakes told, found again on strangers' hosts, and no proof by themselves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageOps

from matchers.judge import Judge
from matchers.match import Match
from matchers.page import Form, Page, PageKind, Picture, PictureRole
from matchers.pictures.likeness import load_brand_pictures
from matchers.pictures.picture_reading import read_picture
from matchers.reading import Reading
from matchers.rules import Rules, RulesError, load_rules
from tests.matchers.material import page
from tests.matchers.pictures.drawing import brand_logo, encoded

BRANDS = """id,name,sector,aliases,official_domains,is_common,verified
saomaibank,Ngân hàng Sao Mai,bank,sao mai bank,saomaibank.vn,no,yes
langtrabank,Ngân hàng Làng Trà,bank,lang tra bank,langtrabank.vn,no,yes
"""
LOGIN = (Form("/login", has_password=True, fields=("user", "pass")),)


def screen(shade: int = 90) -> Image.Image:
    picture = Image.new("RGB", (1366, 768), "white")
    for left, top, right, bottom, grey in (
        (0, 0, 1366, 90, 60),
        (80, 140, 700, 520, 120),
        (860, 180, 1240, 560, 200),
        (0, 620, 1366, 768, shade),
    ):
        ImageDraw.Draw(picture).rectangle((left, top, right, bottom), fill=(grey, grey, grey))
    return picture


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    packs = tmp_path_factory.mktemp("packs")
    (packs / "brands.csv").write_text(BRANDS, "utf-8")
    own, other = packs / "pictures" / "saomaibank", packs / "pictures" / "langtrabank"
    own.mkdir(parents=True)
    other.mkdir()
    (own / "logo.png").write_bytes(encoded(brand_logo()))
    (own / "login.png").write_bytes(encoded(screen()))
    (other / "logo.webp").write_bytes(encoded(ImageOps.flip(brand_logo(colour="#105030")), "WEBP"))
    return packs


@pytest.fixture(scope="module")
def rules(folder: Path) -> Rules:
    return load_rules([folder])


def seen(picture: Image.Image, role: PictureRole, kind: str = "PNG") -> Picture:
    read = read_picture(encoded(picture, kind), "https://a.example/x", role, tesseract=None)
    assert read is not None
    return read


def site(*pictures: Picture, forms: tuple[Form, ...] = (), url: str = "https://trang-nao-do.com/") -> Page:
    return replace(page("Chào mừng quý khách", url=url, forms=forms), pictures=pictures)


def likeness(rules: Rules, shown: Page) -> list[Match]:
    return [match for match in Judge(rules).judge(shown).matches if match.matcher == "likeness"]


@pytest.mark.parametrize("side", [16, 24, 32, 48, 64])
def test_an_icon_of_any_size_is_told_and_is_no_proof_by_itself(rules: Rules, side: int) -> None:
    icon = seen(brand_logo(side) if side > 32 else brand_logo().resize((side, side)), PictureRole.FAVICON, "ICO")
    shown = site(icon)
    (match,) = likeness(rules, shown)
    assert match.rule == "likeness/favicon"
    assert match.facts["brand"] == "saomaibank"
    assert "Ngân hàng Sao Mai" in match.reason_vi and "trang-nao-do.com" in match.reason_en
    assert match.span is not None and match.span.picture == icon.sha256
    assert not Judge(rules).judge(shown).is_hit
    (like,) = Reading(shown, rules).picture_brands
    assert (like.brand, like.picture.role) == ("saomaibank", PictureRole.FAVICON)


def test_an_icon_beside_a_login_form_and_a_whole_screen_convict(rules: Rules) -> None:
    by_icon = Judge(rules).judge(site(seen(brand_logo(64), PictureRole.FAVICON), forms=LOGIN))
    assert by_icon.is_hit and by_icon.category == "fake_bank"
    assert "ô đăng nhập" in by_icon.reason_vi
    by_screen = Judge(rules).judge(site(seen(screen(), PictureRole.SCREENSHOT)))
    assert by_screen.is_hit and by_screen.category == "fake_bank"


def test_a_partner_s_logo_beside_its_own_login_is_no_proof(rules: Rules) -> None:
    logo = seen(ImageOps.expand(brand_logo(), 30, "#00000000"), PictureRole.LOGO)
    assert likeness(rules, site(logo, forms=LOGIN))
    assert not Judge(rules).judge(site(logo, forms=LOGIN)).is_hit
    other = seen(ImageOps.flip(brand_logo(colour="#105030")), PictureRole.LOGO)
    many = likeness(rules, site(logo, other, forms=LOGIN))
    assert {match.facts["brand"] for match in many} == {"saomaibank", "langtrabank"}
    assert sum(match.weight for match in many) < 0.3


def test_its_own_host_other_kinds_of_page_and_other_roles_say_nothing(rules: Rules) -> None:
    icon = seen(brand_logo(64), PictureRole.FAVICON)
    assert likeness(rules, site(icon, url="https://www.saomaibank.vn/")) == []
    assert likeness(rules, replace(site(icon), kind=PageKind.ARTICLE)) == []
    assert likeness(rules, site(seen(brand_logo(64), PictureRole.CREATIVE))) == []
    assert likeness(rules, site(seen(brand_logo(64, "#1030c0"), PictureRole.FAVICON))) == []
    assert likeness(rules, site(seen(ImageOps.flip(screen()), PictureRole.SCREENSHOT))) == []


def test_the_version_of_the_rules_covers_the_pictures(folder: Path, rules: Rules) -> None:
    added = folder / "pictures" / "saomaibank" / "icon.png"
    added.write_bytes(encoded(brand_logo(48)))
    try:
        assert load_rules([folder]).version != rules.version
    finally:
        added.unlink()
    assert load_rules([folder]).version == rules.version


def test_every_mistake_is_told_with_its_place_and_the_way_out(tmp_path: Path) -> None:
    pictures = tmp_path / "pictures"
    for brand in ("saomaibank", "nobody"):
        (pictures / brand).mkdir(parents=True)
    (pictures / "stray.png").write_bytes(encoded(brand_logo()))
    (pictures / ".hidden").write_bytes(b"")
    (pictures / "saomaibank" / "notes.txt").write_text("hi", "utf-8")
    (pictures / "saomaibank" / "broken.png").write_bytes(b"\x89PNG")
    (pictures / "saomaibank" / "plain.png").write_bytes(encoded(Image.new("RGB", (64, 64), "#c01030")))
    found, problems = load_brand_pictures([tmp_path], {"saomaibank"})
    assert found.pictures == ()
    told = {Path(problem.file).name: problem for problem in problems}
    assert told.keys() == {"stray.png", "nobody", "notes.txt", "broken.png", "plain.png"}
    assert "no brand 'nobody'" in told["nobody"].message
    assert "too plain" in told["plain.png"].message
    assert all(problem.remedy for problem in problems)
    with pytest.raises(RulesError, match="there is no brand 'nobody'"):
        load_rules([tmp_path])


def test_folders_without_pictures_are_fine(tmp_path: Path) -> None:
    found, problems = load_brand_pictures([tmp_path, tmp_path / "missing"], set())
    assert (found.pictures, problems) == ((), [])
