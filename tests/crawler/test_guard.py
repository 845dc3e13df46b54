"""The guard: the inside of a network is refused in every spelling, the public web is not, nothing makes it raise."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.guard import MAX_URL_CHARACTERS, HostRefused, UrlGuard, urlsplit_safely

GUARD = UrlGuard(allow_private_addresses=False, host_overrides={})
OPEN = UrlGuard(allow_private_addresses=True, host_overrides={})

LOOPBACK_SPELLINGS = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "2130706433",
    "017700000001",
    "127.0.0.1.",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[0:0:0:0:0:0:0:1]",
    "[2002:7f00:1::]",
    "[64:ff9b::127.0.0.1]",
    "１２７.0.0.1",
    "127。0。0。1",
    "%31%32%37.0.0.1",
    "user:secret@127.0.0.1",
    "vietcombank.com.vn@127.0.0.1",
]
INSIDE = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "169.254.1.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "[fc00::1]",
    "[fd12:3456::1]",
    "[fe80::1]",
    "[fe80::1%25eth0]",
    "[fec0::1]",
    "[ff02::1]",
    "[64:ff9b:1::a00:1]",
    "[64:ff9b::10.0.0.1]",
    "[2001:db8::1]",
    "[2002:a00:1::]",
    "[::ffff:169.254.169.254]",
]


@pytest.mark.parametrize("host", [*LOOPBACK_SPELLINGS, *INSIDE])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_inside_is_refused_however_it_is_spelled(host: str, scheme: str) -> None:
    refusal = GUARD.refusal(f"{scheme}://{host}:8080/latest/meta-data/")
    assert refusal is not None
    assert "is not a public address" in refusal
    assert GUARD.refusal_unresolved(f"{scheme}://{host}/") == refusal
    assert OPEN.refusal(f"{scheme}://{host}/") is None


@pytest.mark.parametrize("host", ["1.1.1.1", "203.113.131.1", "[2606:4700::1111]", "[64:ff9b::1.1.1.1]", "134744072"])
def test_public_addresses_pass(host: str) -> None:
    assert GUARD.refusal(f"https://{host}/") is None


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("file:///etc/passwd", "scheme file"),
        ("ftp://1.1.1.1/", "scheme ftp"),
        ("gopher://1.1.1.1/", "scheme gopher"),
        ("javascript:alert(1)", "scheme javascript"),
        ("chrome://settings", "scheme chrome"),
        ("//1.1.1.1/", "scheme (none)"),
        ("", "scheme (none)"),
        ("http:///path", "without a host"),
        ("http://[::1", "scheme (none)"),
        ("http://1.1.1.1/" + "a" * MAX_URL_CHARACTERS, "longer than"),
    ],
)
def test_what_is_no_web_address_is_refused_with_its_reason(url: str, words: str) -> None:
    assert words in (GUARD.refusal(url) or "")
    assert words in (OPEN.refusal(url) or "")


@pytest.mark.parametrize("url", ["data:text/html,<p>", "blob:https://a.vn/1", "about:blank"])
def test_what_a_page_makes_within_itself_is_no_fetch(url: str) -> None:
    assert GUARD.refusal(url) is None
    assert GUARD.refusal_unresolved(url) is not None


def test_a_name_that_resolves_inside_is_refused() -> None:
    assert "is not a public address" in (GUARD.refusal("http://localhost:8080/") or "")
    assert OPEN.refusal("http://localhost/") is None
    with pytest.raises(HostRefused) as refused:
        GUARD.addresses("localhost")
    assert refused.value.kind == "address_refused"


def test_a_name_that_resolves_nowhere_says_so() -> None:
    assert "cannot be resolved" in (GUARD.refusal("http://khong-co.invalid/") or "")
    with pytest.raises(HostRefused) as refused:
        GUARD.addresses("khong-co.invalid")
    assert refused.value.kind == "unresolved_host"


def test_the_operators_own_overrides_hold_and_reach_no_further() -> None:
    guard = UrlGuard(allow_private_addresses=False, host_overrides={"*.Demo.test": "127.0.0.1", "one.vn": "1.1.1.1"})
    assert guard.refusal("http://tin.demo.test:8000/") is None
    assert guard.addresses("TIN.demo.test") == ["127.0.0.1"]
    assert guard.addresses("one.vn") == ["1.1.1.1"]
    assert guard.override("demo.test") is None
    assert guard.refusal("http://127.0.0.1:8000/") is not None
    assert guard.refusal("http://localhost:8000/") is not None


@given(st.ip_addresses())
def test_only_global_unicast_is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    refusal = GUARD.address_refusal(address)
    if refusal is None:
        assert address.is_global
        assert not (address.is_multicast or address.is_loopback or address.is_link_local or address.is_private)
    assert OPEN.address_refusal(str(address)) is None


@given(st.one_of(st.text(), st.text().map("http://{}/".format), st.text(max_size=20).map("https://[{}]:1/".format)))
def test_no_text_makes_the_spelling_check_raise(url: str) -> None:
    urlsplit_safely(url)
    assert GUARD.refusal_unresolved(url) is None or GUARD.refusal_unresolved(url)


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=30).map("http://{}.invalid/".format))
def test_no_host_makes_the_lookup_raise(url: str) -> None:
    assert GUARD.refusal(url)
