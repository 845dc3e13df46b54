"""Addresses of digital coins, each with its checksum: Bitcoin, Ethereum and its kin, TRON, TON.

Solana's are any 32 bytes without a checksum, so that no one can tell them from other text: they are not looked for.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from typing import Final

from Crypto.Hash import keccak

from matchers.identifiers.sighting import Sighting
from matchers.match import Identifier

# Costs a third of the whole pattern, and most texts have none.
_LONG_WORD: Final = re.compile(r"[13TEU0bB][0-9A-Za-z_\-]{22}")
_ADDRESS: Final = re.compile(
    r"(?<![0-9A-Za-z])(?:(?P<tron>T[1-9A-HJ-NP-Za-km-z]{33})|(?P<eth>0[xX][0-9a-fA-F]{40})"
    r"|(?P<btc>[13][1-9A-HJ-NP-Za-km-z]{25,34})|(?P<segwit>bc1[ac-hj-np-z02-9]{11,71}|BC1[AC-HJ-NP-Z02-9]{11,71})"
    r"|(?P<ton>[EU][Qf][0-9A-Za-z_\-]{46}))(?![0-9A-Za-z])"
)
_BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BECH32_GENERATORS: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_BECH32_CHECK, _BECH32M_CHECK = 1, 0x2BC830A3
_BTC_VERSIONS: Final = (0x00, 0x05)
_TRON_VERSIONS: Final = (0x41,)
_TON_TAGS: Final = (0x11, 0x51)
"""Bounceable and not: the same account."""
_TON_LENGTH: Final = 36


def find_coins(text: str) -> Iterator[Sighting]:
    """Addresses in `text` whose checksum holds."""
    if _LONG_WORD.search(text) is None:
        return
    for match in _ADDRESS.finditer(text):
        value = _value(match.lastgroup or "", match.group())
        if value is not None:
            yield Sighting(Identifier("wallet", value), match.start(), match.end(), match.group())


def _value(kind: str, written: str) -> str | None:
    match kind:
        case "eth":
            return f"ETH:{written.lower()}" if is_eip55(written) else None
        case "tron":
            return f"TRON:{written}" if is_base58check(written, _TRON_VERSIONS) else None
        case "segwit":
            return f"BTC:{written.lower()}" if is_bech32(written) else None
        case "ton":
            account = ton_account(written)
            return None if account is None else f"TON:{account}"
    return f"BTC:{written}" if is_base58check(written, _BTC_VERSIONS) else None


def is_base58check(address: str, versions: tuple[int, ...] = (*_BTC_VERSIONS, *_TRON_VERSIONS)) -> bool:
    """Whether the last four bytes are the double SHA-256 of the rest, as Bitcoin and TRON addresses have it, and the
    first is one of `versions`.
    """
    number = 0
    for character in address:
        place = _BASE58.find(character)
        if place < 0:
            return False
        number = number * 58 + place
    zeros = len(address) - len(address.lstrip("1"))
    data = b"\x00" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")
    if len(data) != 25 or data[0] not in versions:
        return False
    return hashlib.sha256(hashlib.sha256(data[:-4]).digest()).digest()[:4] == data[-4:]


def is_bech32(address: str) -> bool:
    """Whether the checksum of a segwit address holds: that of BIP 173 for version 0, of BIP 350 for later ones."""
    human, _, rest = address.lower().rpartition("1")
    data = [_BECH32.find(letter) for letter in rest]
    if human != "bc" or len(data) < 8 or -1 in data:
        return False
    check = 1
    for value in ([ord(letter) >> 5 for letter in human] + [0] + [ord(letter) & 31 for letter in human], data):
        for five in value:
            top = check >> 25
            check = (check & 0x1FFFFFF) << 5 ^ five
            for bit, generator in enumerate(_BECH32_GENERATORS):
                check ^= generator if (top >> bit) & 1 else 0
    version, program_bytes = data[0], (len(data) - 7) * 5 // 8
    if version == 0:
        return check == _BECH32_CHECK and program_bytes in (20, 32)
    return check == _BECH32M_CHECK and version <= 16 and 2 <= program_bytes <= 40


def is_eip55(address: str) -> bool:
    """Whether an Ethereum address is written in one case, or in both as its checksum has it (EIP 55).

    >>> is_eip55("0xdAC17F958D2ee523a2206206994597C13D831ec7"), is_eip55("0xDAC17F958D2ee523a2206206994597C13D831ec7")
    (True, False)
    """
    digits = address[2:]
    if digits in (digits.lower(), digits.upper()):
        return True
    check = keccak.new(digest_bits=256, data=digits.lower().encode("ascii")).hexdigest()
    return all(
        digit.isdigit() or digit.isupper() == (int(five, 16) >= 8) for digit, five in zip(digits, check, strict=False)
    )


def ton_account(address: str) -> str | None:
    """The account of a TON address as `workchain:hash`, whichever way it is written; None where its CRC is wrong."""
    data = base64.urlsafe_b64decode(address)
    if len(data) != _TON_LENGTH or data[0] not in _TON_TAGS:
        return None
    if binascii.crc_hqx(data[:-2], 0) != int.from_bytes(data[-2:], "big"):
        return None
    return f"{int.from_bytes(data[1:2], 'big', signed=True)}:{data[2:-2].hex()}"
