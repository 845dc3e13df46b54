"""Addresses of coins hold their checksums, or are none."""

from __future__ import annotations

import base64
import binascii

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchers.identifiers.coins import is_base58check, is_bech32, is_eip55, ton_account
from tests.matchers.identifiers.material import values

P2PKH = "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"
P2SH = "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy"
SEGWIT = "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"
TAPROOT = "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0"
USDT = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
ETHER = "0xdAC17F958D2ee523a2206206994597C13D831ec7"


def ton(tag: int, workchain: int, account: bytes) -> str:
    data = bytes([tag, workchain & 255]) + account
    return base64.urlsafe_b64encode(data + binascii.crc_hqx(data, 0).to_bytes(2, "big")).decode()


@pytest.mark.parametrize(
    ("address", "value"),
    [
        (P2PKH, f"BTC:{P2PKH}"),
        (P2SH, f"BTC:{P2SH}"),
        (SEGWIT, f"BTC:{SEGWIT}"),
        (SEGWIT.upper(), f"BTC:{SEGWIT}"),
        (TAPROOT, f"BTC:{TAPROOT}"),
        (USDT, f"TRON:{USDT}"),
        (ETHER, f"ETH:{ETHER.lower()}"),
        (ETHER.lower(), f"ETH:{ETHER.lower()}"),
        ("0x" + ETHER[2:].upper(), f"ETH:{ETHER.lower()}"),
        (ton(0x11, 0, bytes(range(32))), f"TON:0:{bytes(range(32)).hex()}"),
        (ton(0x51, 0, bytes(range(32))), f"TON:0:{bytes(range(32)).hex()}"),
        (ton(0x11, -1, bytes(range(32))), f"TON:-1:{bytes(range(32)).hex()}"),
    ],
)
def test_each_coin(address: str, value: str) -> None:
    assert values("wallet", f"nạp USDT vào ví {address} nhé") == {value}


@pytest.mark.parametrize(
    "address",
    [
        USDT[:-1] + "u",
        P2PKH[:-1] + "3",
        SEGWIT[:-1] + "x",
        TAPROOT[:-1] + "q",
        "0xDAC17F958D2ee523a2206206994597C13D831ec7",
        "0x" + "0" * 39,
        ton(0x11, 0, bytes(32))[:-1] + "_",
        "So11111111111111111111111111111111111111112",
        "a" * 64,
        "f" + USDT,
    ],
)
def test_what_does_not_check_is_none(address: str) -> None:
    assert not values("wallet", f"ví {address} nhé")


def test_bech32_of_the_wrong_version_is_none() -> None:
    # BIP 350: version 0 has the checksum of BIP 173, later versions that of BIP 350.
    assert is_bech32(SEGWIT)
    assert is_bech32(TAPROOT)
    assert not is_bech32("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh")
    assert not is_bech32("bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4")


def test_versions_of_base58_are_told_apart() -> None:
    assert is_base58check(USDT)
    assert not is_base58check(USDT, (0x00, 0x05))
    assert not is_base58check("0OIl")


@given(st.from_regex(r"0x[0-9a-f]{40}", fullmatch=True))
def test_one_case_says_nothing_of_the_checksum(address: str) -> None:
    assert is_eip55(address)
    assert is_eip55(address[:2] + address[2:].upper())


@given(st.binary(min_size=32, max_size=32), st.sampled_from([0, -1]))
def test_both_ways_of_a_ton_account_are_one(account: bytes, workchain: int) -> None:
    assert ton_account(ton(0x11, workchain, account)) == ton_account(ton(0x51, workchain, account))
