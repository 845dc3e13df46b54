"""Host names taken apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchers.hosts.brands import Brand, BrandIndex
from matchers.hosts.hostname import host_of, parse_host
from matchers.hosts.lookalike import lookalike


@pytest.mark.parametrize(
    ("host", "name", "suffix", "subdomains"),
    [
        ("example.com", "example", "com", ()),
        ("www.example.com.vn", "example", "com.vn", ("www",)),
        ("a.b.example.co.uk", "example", "co.uk", ("a", "b")),
        ("vcb.weebly.com", "vcb", "weebly.com", ()),
        ("login.shop.github.io", "shop", "github.io", ("login",)),
        ("localhost", "localhost", "", ()),
        ("Example.COM.", "example", "com", ()),
    ],
)
def test_parts(host: str, name: str, suffix: str, subdomains: tuple[str, ...]) -> None:
    parsed = parse_host(host)
    assert (parsed.name, parsed.suffix, parsed.subdomains) == (name, suffix, subdomains)


def test_names_at_shared_hosts_are_told() -> None:
    assert parse_host("vcb.weebly.com").is_hosted
    assert parse_host("vcb.pages.dev").is_hosted
    assert not parse_host("vcb.com.vn").is_hosted


@pytest.mark.parametrize("host", ["vietcоmbank.com", "xn--vietcmbank-ivi.com", "víetcombank.com"])
def test_letters_that_only_look_latin_are_folded(host: str) -> None:
    parsed = parse_host(host)
    assert parsed.is_folded
    assert parsed.name == "vietcombank"
    assert parsed.shown == "vietcombank.com"
    assert parsed.registered_domain == parsed.host == host


@pytest.mark.parametrize("host", ["ｖietcombank.com", "vietcombank。com", "viet\u00adcom\u200bbank.com"])
def test_what_browsers_map_away_is_the_same_host(host: str) -> None:
    assert parse_host(host) == parse_host("vietcombank.com")


@pytest.mark.parametrize(
    ("host", "name", "suffix"),
    [("a.xn--55qx5d.cn", "a", "公司.cn"), ("shop.公司.cn", "shop", "公司.cn"), ("xn--p1acf.xn--p1ai", "рус", "рф")],
)
def test_suffixes_in_other_scripts_are_known(host: str, name: str, suffix: str) -> None:
    parsed = parse_host(host)
    assert (parsed.spelling, parsed.suffix, parsed.host) == (name, suffix, host)


@pytest.mark.parametrize("label", ["xn--", "xn--\x7f", "xn--a-b-é", "xn--99999999999", f"xn--{'a' * 90}"])
def test_malformed_punycode_stays_as_it_is_written(label: str) -> None:
    assert parse_host(f"{label}.com").suffix == "com"
    assert lookalike(f"{label}.com", BrandIndex((Brand("abcbank", "ABC", "bank"),))) is None


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://me:pw@Shop.vn:8443/a?b#c", "shop.vn"),
        ("shop.vn/x", "shop.vn"),
        ("shop.vn:80", "shop.vn"),
        ("http://[::1]:80/", "[::1]"),
        ("", ""),
    ],
)
def test_host_of_a_url(url: str, host: str) -> None:
    assert host_of(url) == host


@given(st.text())
def test_no_host_breaks_the_parser(text: str) -> None:
    parse_host(text)
    parse_host(host_of(text))


@given(st.text(alphabet="ab-.xn0", max_size=30))
def test_odd_punycode_never_raises(text: str) -> None:
    parse_host("xn--" + text)
