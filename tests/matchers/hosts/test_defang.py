import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchers.hosts.defang import defang, plain


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://vcb-digibank.top/login?a=1.2", "hxxps://vcb-digibank[.]top/login?a=1.2"),
        ("http://1.2.3.4:8080/a.b", "hxxp://1[.]2[.]3[.]4:8080/a.b"),
        ("HTTP://Vay.Top", "hxxp://Vay[.]Top"),
        ("ftp://a.b/c", "ftp://a[.]b/c"),
        ("javascript:alert(1)", "javascript[:]alert(1)"),
        ("data:text/html,<b>", "data[:]text/html,<b>"),
        ("vay.top/a.html", "vay[.]top/a.html"),
        ("vay.top:8080/x", "vay[.]top:8080/x"),
        ("https://người-việt.vn?x=y.z", "hxxps://người-việt[.]vn?x=y.z"),
        ("https://a.b\\c.d", "hxxps://a[.]b\\c.d"),
        ("https://tốt.vn/\u202egnp.exe", "hxxps://tốt[.]vn/\ufffdgnp.exe"),
        ("", ""),
    ],
)
def test_addresses_become_text(url: str, shown: str) -> None:
    assert defang(url) == shown


@given(st.text(max_size=80))
def test_nothing_defanged_starts_like_a_link(url: str) -> None:
    assert not re.match(r"(https?|ftp)://[^/\[]+\.[^/\[]", defang(url), re.IGNORECASE)


@given(st.text(max_size=200))
def test_plain_keeps_every_position(text: str) -> None:
    assert len(plain(text)) == len(text)
    assert not set(plain(text)) & set("\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u200e\u200f\x00\x1b")
