"""Shared platforms: which hosts are many people's, which are somebody's own."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchers.hosts.platforms import PLATFORMS_FILE, is_shared, platforms


def test_every_line_holds_names_and_each_name_stands_once() -> None:
    lines = [line for line in PLATFORMS_FILE.read_text("utf-8").splitlines() if not line.startswith("#")]
    words = [word for line in lines for word in line.split()]
    assert [word for word in words if not re.fullmatch(r"(\*\.)?([a-z0-9-]+\.)+[a-z]{2,}", word)] == []
    assert sorted(words) == sorted(set(words))
    assert platforms().closed & platforms().open == set()


@pytest.mark.parametrize(
    "host", ["google.com", "docs.google.com", "a.b.facebook.com", "bit.ly", "s3.amazonaws.com", "com.vn", "x.gov.vn"]
)
def test_many_peoples(host: str) -> None:
    assert is_shared(host)


@pytest.mark.parametrize(
    "host", ["vay.weebly.com", "a.vay.weebly.com", "kho.s3.amazonaws.com", "vay.vn", "bit.ly.vay.top", "notgoogle.com"]
)
def test_somebodys_own(host: str) -> None:
    assert not is_shared(host)


@pytest.mark.parametrize("suffix", sorted(platforms().open))
def test_where_each_has_a_name_the_name_itself_is_shared_and_those_below_are_not(suffix: str) -> None:
    assert is_shared(suffix) and is_shared(f"www.{suffix}")
    assert not is_shared(f"vay-nhanh.{suffix}")


@given(st.text(max_size=40))
def test_nothing_raises(host: str) -> None:
    assert is_shared(host) in (True, False)
