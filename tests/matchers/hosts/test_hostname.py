"""Host names taken apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchers.hosts.hostname import host_of, parse_host


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


@pytest.mark.parametrize("host", ["vietcоmbank.com", "xn--vietcmbank-ivi.com", "víetcombank.com", "ｖietcombank.com"])
def test_letters_that_only_look_latin_are_folded(host: str) -> None:
    parsed = parse_host(host)
    assert parsed.is_folded
    assert parsed.name == "vietcombank"


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
