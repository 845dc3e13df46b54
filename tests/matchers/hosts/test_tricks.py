"""Every trick over every brand of the list: how many of the hosts that a trick makes are told, and as whose."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchers.hosts.brands import BUILT_IN_BRANDS, Brand, BrandIndex, read_brands
from matchers.hosts.hostname import parse_host
from matchers.hosts.lookalike import lookalike

BRANDS = BrandIndex(tuple(read_brands(BUILT_IN_BRANDS)[0]))
LURES = ("xacthuc", "dangnhap", "nhanqua", "hotro", "vaynhanh", "uudai", "khuyenmai", "mokhoa", "capnhat", "hoantien")
SUFFIXES = ("com", "net", "top", "xyz", "online", "cc", "vip", "site")
HOSTING = ("weebly.com", "pages.dev", "web.app", "netlify.app")
CYRILLIC = {"a": "а", "e": "е", "o": "о", "c": "с", "p": "р", "i": "і", "x": "х", "y": "у", "s": "ѕ", "h": "һ"}
FIGURES = {"o": "0", "i": "1", "l": "1", "e": "3", "a": "4", "s": "5", "b": "8"}

Made = Iterator[tuple[str, Brand]]
"""Hosts that a trick makes, with the brand that each imitates."""


def _names(shortest: int) -> Iterator[tuple[str, Brand]]:
    for label, brand in BRANDS.by_label.items():
        if len(label) >= shortest and not brand.is_common:
            yield label, brand


def prefix(draw: random.Random) -> Made:
    for domain, brand in BRANDS.official.items():
        if domain.find(".") > 2:
            yield f"{domain}.{draw.choice(LURES)}.{draw.choice(SUFFIXES)}", brand
            yield f"{domain}-{draw.choice(LURES)}.{draw.choice(SUFFIXES)}", brand
            yield f"{domain.replace('.', '-')}.{draw.choice(SUFFIXES)}", brand


def subdomain(draw: random.Random) -> Made:
    for label, brand in _names(4):
        yield f"{label}.vn-{draw.choice(LURES)}.{draw.choice(SUFFIXES)}", brand


def combo(draw: random.Random) -> Made:
    for label, brand in (BRANDS.by_nickname | BRANDS.by_label).items():
        if len(label) > 2:
            yield f"{label}-{draw.choice(LURES)}.{draw.choice(SUFFIXES)}", brand
            yield f"{draw.choice(LURES)}{label}.{draw.choice(SUFFIXES)}", brand


def homograph(draw: random.Random) -> Made:
    for label, brand in _names(5):
        places = [place for place, letter in enumerate(label) if letter in CYRILLIC]
        if places:
            place = draw.choice(places)
            written = f"{label[:place]}{CYRILLIC[label[place]]}{label[place + 1 :]}"
            yield f"{written}.{draw.choice(SUFFIXES)}", brand
            yield f"xn--{written.encode('punycode').decode()}.com", brand


def official_homograph(draw: random.Random) -> Made:
    for domain, brand in BRANDS.official.items():
        name, _, suffix = domain.partition(".")
        places = [place for place, letter in enumerate(name) if letter in CYRILLIC]
        if places:
            place = draw.choice(places)
            yield f"{name[:place]}{CYRILLIC[name[place]]}{name[place + 1 :]}.{suffix}", brand


def figures(draw: random.Random) -> Made:
    for label, brand in _names(7):
        places = [place for place, letter in enumerate(label) if letter in FIGURES]
        if places:
            place = draw.choice(places)
            yield f"{label[:place]}{FIGURES[label[place]]}{label[place + 1 :]}.{draw.choice(SUFFIXES)}", brand


def typo(draw: random.Random) -> Made:
    for label, brand in _names(9):
        place = draw.randrange(1, len(label) - 1)
        one, other = label[place], label[place + 1]
        yield f"{label[:place]}{label[place + 1 :]}.{draw.choice(SUFFIXES)}", brand
        yield f"{label[:place]}{one}{label[place:]}.{draw.choice(SUFFIXES)}", brand
        if one != other:
            yield f"{label[:place]}{other}{one}{label[place + 2 :]}.{draw.choice(SUFFIXES)}", brand


def typo_with_lure(draw: random.Random) -> Made:
    for label, brand in _names(6):
        place = draw.randrange(1, len(label) - 1)
        misspelt = f"{label[:place]}{label[place + 1 :]}"
        yield f"{misspelt}-{draw.choice(LURES)}.{draw.choice(SUFFIXES)}", brand
        yield f"{misspelt}{draw.choice(LURES)}.{draw.choice(SUFFIXES)}", brand


def hosted(draw: random.Random) -> Made:
    for label, brand in _names(4):
        yield (
            f"{label}-{draw.choice(LURES)}.{draw.choice(HOSTING)}",
            brand,
        )


TRICKS: dict[Callable[[random.Random], Made], float] = {
    prefix: 0.99,
    subdomain: 0.99,
    combo: 0.97,
    homograph: 0.97,
    official_homograph: 0.99,
    figures: 0.97,
    typo: 0.95,
    typo_with_lure: 0.9,
    hosted: 0.99,
}
"""Each trick, and the share of its hosts that must be told."""


@pytest.mark.parametrize("trick", TRICKS, ids=lambda trick: trick.__name__)
def test_a_trick_is_told_over_all_brands(trick: Callable[[random.Random], Made]) -> None:
    made = [(host, brand) for host, brand in trick(random.Random(7)) if not BRANDS.is_official(host)]
    told = [(host, brand, lookalike(host, BRANDS)) for host, brand in made]
    missed = [host for host, _, found in told if found is None]
    assert len(made) > 100
    assert 1 - len(missed) / len(made) >= TRICKS[trick], f"{len(missed)} of {len(made)}: {missed[:20]}"
    right = sum(found.brand.category == brand.category for _, brand, found in told if found is not None)
    assert right / (len(made) - len(missed)) >= 0.95


@given(st.sampled_from(sorted(BRANDS.official)), st.sampled_from(("", "www.", "login.", "a.b-c.", "dang-nhap.")))
def test_official_domains_imitate_nobody(domain: str, before: str) -> None:
    assert lookalike(before + domain, BRANDS) is None
    assert lookalike((before + domain).upper() + ".", BRANDS) is None


@given(st.text())
def test_no_text_raises(host: str) -> None:
    lookalike(host, BRANDS)


@given(
    st.lists(
        st.one_of(
            st.sampled_from((*BRANDS.by_label, *BRANDS.by_nickname, *LURES)),
            st.sampled_from(("xn--", "xn--vitcombank-n7a", "-", "vn", "1")),
            st.text(alphabet="abkmnov013-аесоѕ\u200d。", max_size=8),
        ),
        max_size=8,
    ),
    st.sampled_from((".", "-", "", "..")),
)
def test_no_host_made_of_names_raises(parts: list[str], between: str) -> None:
    host = between.join(parts) + ".top"
    found = lookalike(host, BRANDS)
    if found is not None:
        assert 0.7 <= found.confidence <= 1
        assert found.distance >= 0
        assert found.host == parse_host(host).host
        assert found.brand.name in found.reason_vi
        assert found.brand.name in found.reason_en
