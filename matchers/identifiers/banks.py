"""Banks and e-wallets (`packs/banks.csv`): their names as people write them, their NAPAS numbers, their codes.

A row is one bank: `id` (that of `brands.csv` where it is there too, so that one account has one value), `kind` (bank or
e-wallet), `bins` (the first digits of its cards, ``;`` between them, first the one in VietQR codes), `code` (its short
code in transfer links), `name`, `names` (as people write it beside an account number) and `titles` (what names it only
after the word "ngân hàng").
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from matchers.hosts.brands import BrandIndex
from matchers.text.normalise import fold_text

BANKS_FILE: Final = Path(__file__).parents[1] / "packs" / "banks.csv"
BIN_DIGITS: Final = 6
_PAYING_SECTORS: Final = ("bank", "e-wallet")
_TITLE_OPENS: Final = r"(?:ngan hang|nh|tmcp|nhtmcp)[ .:-]{1,3}(?:(?:tmcp|thuong mai co phan)[ .:-]{1,3})?"
_PARTS: Final = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Bank:
    """A bank or an e-wallet; `id` is the brand's, `bins` the six digits that NAPAS and card networks know it by."""

    id: str
    name: str
    is_wallet: bool = False
    bins: tuple[str, ...] = ()
    code: str = ""
    names: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()

    def account(self, number: str) -> str:
        """The value of an identifier for an account here.

        >>> Bank("acb", "ACB").account("123456789")
        'ACB:123456789'
        """
        return f"{self.id.upper()}:{number}"


@dataclass(frozen=True, slots=True)
class BankNames:
    """Finds names of banks in folded text."""

    by_name: Mapping[str, Bank]
    pattern: re.Pattern[str]

    def find(self, folded: str) -> list[tuple[int, int, Bank]]:
        """(start, end, bank) of each name in `folded`, in order."""
        found = []
        for match in self.pattern.finditer(folded):
            written = match.group(1) or match.group(2)
            found.append((match.start(), match.end(), self.by_name[_squeezed(written)]))
        return found


@cache
def banks() -> tuple[Bank, ...]:
    """The banks that ship with the package, read once."""
    rows = csv.DictReader(BANKS_FILE.read_text(encoding="utf-8").splitlines())
    return tuple(
        Bank(
            id=row["id"],
            name=row["name"],
            is_wallet=row["kind"] == "e-wallet",
            bins=_list(row["bins"]),
            code=row["code"],
            names=_list(row["names"]),
            titles=_list(row["titles"]),
        )
        for row in rows
    )


@cache
def _by_bin() -> Mapping[str, Bank]:
    return {number: bank for bank in banks() for number in bank.bins}


@cache
def _by_code() -> Mapping[str, Bank]:
    found: dict[str, Bank] = {}
    for bank in banks():
        for name in (bank.code, bank.id, *bank.names, *bank.bins):
            found.setdefault(_squeezed(fold_text(name)), bank)
    return found


def bank_of_bin(number: str) -> Bank | None:
    """The bank whose cards, or whose codes, start with `number` (six digits or more).

    >>> bank_of_bin("970436").id, bank_of_bin("000000")
    ('vietcombank', None)
    """
    return _by_bin().get(number[:BIN_DIGITS])


def bank_of_code(code: str) -> Bank | None:
    """The bank that a transfer link names: by its number, its short code or its name.

    >>> bank_of_code("970416").id, bank_of_code("VCB").id, bank_of_code("MBBank").id
    ('acb', 'vietcombank', 'mbbank')
    """
    return _by_code().get(_squeezed(fold_text(code)))


def bank_names(brands: BrandIndex) -> BankNames:
    """The names of the banks of `banks.csv` and of the banks and e-wallets among `brands`; made once for `brands`."""
    kept = _NAMES.get(id(brands))
    if kept is None or kept[0] is not brands:
        _NAMES.clear()
        kept = _NAMES[id(brands)] = (brands, _names_of(brands))
    return kept[1]


_NAMES: Final[dict[int, tuple[BrandIndex, BankNames]]] = {}


def _names_of(brands: BrandIndex) -> BankNames:
    by_name: dict[str, Bank] = {}
    names: set[str] = set()
    titles: set[str] = set()
    for bank in banks():
        for name in map(fold_text, bank.names):
            if by_name.setdefault(_squeezed(name), bank) is bank:
                names.add(name)
        for title in map(fold_text, bank.titles):
            if by_name.setdefault(_squeezed(title), bank) is bank:
                titles.add(title)
    for label, brand in brands.by_label.items():
        if brand.sector in _PAYING_SECTORS:
            by_name.setdefault(label, Bank(brand.id, brand.name, is_wallet=brand.sector == "e-wallet"))
            names.add(label)
    pattern = rf"(?<![a-z0-9])(?:({_alternatives(names)})|{_TITLE_OPENS}({_alternatives(titles)}))(?![a-z0-9])"
    return BankNames(by_name, re.compile(pattern))


def _alternatives(names: set[str]) -> str:
    longest_first = sorted(names, key=lambda name: (-len(name), name))
    return "|".join("[ .&-]{0,3}".join(map(re.escape, _parts(name))) for name in longest_first)


def _parts(name: str) -> Iterator[str]:
    return (part for part in _PARTS.split(name) if part)


def _squeezed(name: str) -> str:
    return _PARTS.sub("", name)


def _list(cell: str) -> tuple[str, ...]:
    return tuple(item for item in cell.split(";") if item)
