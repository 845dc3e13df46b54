"""Lookalike hosts, on names of our own making."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from matchers.hosts.brands import Brand, BrandIndex, edits_allowed
from matchers.hosts.lookalike import lookalike
from matchers.rules import load_rules

BRANDS = load_rules().brands


@pytest.mark.parametrize(
    ("host", "brand", "kind"),
    [
        ("vietcombank.com.vn-kyc88.xyz", "vietcombank", "prefix"),
        ("login.bidv.com.vn.secure-id.top", "bidv", "prefix"),
        ("vietcombank-xacthuc-taikhoan.com", "vietcombank", "combo"),
        ("uudaithe-techcombank.online", "techcombank", "combo"),
        ("shopee7799.vip", "shopee", "combo"),
        ("taixiu-momo88.club", "momo", "combo"),
        ("vn-acb24h.com", "acb", "combo"),
        ("vib-nanghanmuc.com", "vib", "combo"),
        ("sacombank.vn-hotro.top", "sacombank", "subdomain"),
        ("dichvucong.gov-vn.cc", "dichvucong", "subdomain"),
        ("vietcombnak.com", "vietcombank", "typo"),
        ("vietccombank.net", "vietcombank", "typo"),
        ("agrlbank.top", "agribank", "homograph"),
        ("vcbdigitbink.com", "vietcombank", "typo"),
        ("vpbank-vaynhanh.weebly.com", "vpbank", "hosted"),
        ("vietcоmbank.com", "vietcombank", "homograph"),
        ("dien-may-xanh-khuyenmai.com", "dienmayxanh", "combo"),
        ("giao-hangtietkiem.com", "giaohangtietkiem", "combo"),
    ],
)
def test_imitations_are_told_with_brand_and_kind(host: str, brand: str, kind: str) -> None:
    found = lookalike(host, BRANDS)
    assert found is not None
    assert found.brand.id == brand
    assert found.kind == kind or {found.kind, kind} == {"typo", "homograph"}
    assert 0.7 <= found.confidence <= 1
    assert found.brand.name in found.reason_vi
    assert "'" in found.reason_en


@pytest.mark.parametrize(
    "host",
    [
        "vietcombank.com.vn",
        "portal.vietcombank.com.vn",
        "shopee.co.id",
        "shopee.vn",
        "dichvucong.hanoi.gov.vn",
        "momofuku.com",
        "momosa.jp",
        "tikibar.com",
        "acbrewing.com",
        "vibration.org",
        "ocbc.com.sg",
        "mbed.org",
        "scbwi.org",
        "bidvest.com",
        "viettel.com.vn",
        "vietcombank.zendesk.com",
        "viettelmoney.onelink.me",
        "vinfastness.de",
        "mbank.pl",
        "sendonion.com",
        "timolino.com",
        "cakewalk.com",
        "tuoitre.vn",
        "google.com",
        "localhost",
        "",
    ],
)
def test_innocent_names_are_left_alone(host: str) -> None:
    assert lookalike(host, BRANDS) is None


def test_allowed_hosts_never_match() -> None:
    host = "shopee-doitac.com"
    assert lookalike(host, BRANDS) is not None
    allowed = load_rules(allowed_hosts=(host,)).brands
    assert lookalike(host, allowed) is None
    assert lookalike(f"www.{host}", allowed) is None


def test_one_more_brand_is_one_more_line() -> None:
    index = BrandIndex((Brand("saomaibank", "Ngân hàng Sao Mai", "bank", (), ("saomaibank.vn",)),))
    assert lookalike("saomaibank-login.com", index) is not None
    assert lookalike("saomaibnak.com", index) is not None
    assert lookalike("saomaibank.vn", index) is None


@given(st.text())
def test_no_host_raises(host: str) -> None:
    lookalike(host, BRANDS)


@given(st.sampled_from([label for label in BRANDS.by_label if len(label) >= 9]), st.randoms(use_true_random=False))
def test_every_name_within_its_edits_is_found_by_its_parts(label: str, draw: random.Random) -> None:
    """The plan of look-ups misses no name that is substitutions, insertions or deletions away."""
    letters = list(label)
    for _ in range(edits_allowed(len(label))):
        place = draw.randrange(len(letters))
        letters[place : place + 1] = draw.choice(([], ["q"], [letters[place], "q"]))
        letters = letters or ["q"]
    text = "".join(letters)
    if OSA.distance(text, label) <= edits_allowed(len(label)):
        candidates = {
            name for start, end, parts in BRANDS.plans.get(len(text), ()) for name in parts.get(text[start:end], ())
        }
        assert label in candidates


@pytest.mark.parametrize(
    ("host", "kind", "found", "distance"),
    [
        ("saomaibank-com-vn.top", "prefix", "saomaibank-com-vn", 0),
        ("login.saomaibank.com.vn.gate.cc", "prefix", "saomaibank.com.vn", 0),
        ("saоmaibank.com.vn", "homograph", "saomaibank.com.vn", 1),
        ("sa0maibank.com", "homograph", "sa0maibank", 1),
        ("saornaibank.com", "homograph", "saomai", 1),
        ("saomibank-dangnhap.top", "typo", "saomibank", 1),
        ("smb-dangnhap.com", "combo", "smb", 0),
        ("gold-smb.com", "", "", 0),
        ("saomai-hotro.web.app", "hosted", "saomai", 0),
        ("saomaibank.com.au", "", "", 0),
    ],
)
def test_each_way_names_what_stands_in_the_host(host: str, kind: str, found: str, distance: int) -> None:
    bank = Brand("saomai", "Ngân hàng Sao Mai", "bank", ("sao mai bank", "smb"), ("saomaibank.com.vn",))
    told = lookalike(host, BrandIndex((bank,)))
    answer = ("", "", 0) if told is None else (told.kind, told.found, told.distance)
    assert answer == (kind, found, distance)


def test_a_nickname_counts_only_beside_bait() -> None:
    index = BrandIndex((Brand("cakebank", "Cake", "bank", (), ("cake.vn",), nicknames=("cake",)),))
    assert lookalike("cake-dangnhap.com", index) is not None
    assert lookalike("cake-xacthuc.top", index) is not None
    assert lookalike("rice-cake.top", index) is None
    assert lookalike("cakeshop.top", index) is None


def test_a_host_is_named_as_it_is_written() -> None:
    host = "vietcоmbank.com"  # a Cyrillic o
    found = lookalike(host, BRANDS)
    assert found is not None
    assert found.host == host
    assert host in found.reason_vi
