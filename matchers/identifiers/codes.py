"""What a code (a QR code mostly) or a link target says of who is behind it: transfers, numbers, accounts, addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from matchers.hosts.brands import BrandIndex
from matchers.hosts.hostname import host_of
from matchers.identifiers.accounts import account_at
from matchers.identifiers.banks import Bank, bank_of_bin, bank_of_code, banks
from matchers.identifiers.cards import masked_card, without_cards
from matchers.identifiers.coins import find_coins
from matchers.identifiers.handles import find_handles
from matchers.identifiers.mails import find_mails
from matchers.identifiers.phones import phone_in_e164
from matchers.identifiers.sighting import Sighting, distinct
from matchers.identifiers.vietqr import MAX_PAYLOAD_CHARACTERS, VietQR, parse_vietqr, vnpay_merchant
from matchers.match import Identifier

_PHONE_SCHEMES: Final = ("tel", "sms", "smsto", "callto", "facetime")
_COIN_SCHEMES: Final = ("bitcoin", "ethereum", "tron", "ton")
_LINK: Final = re.compile(
    r"(?:(?:URLTO|MEBKM:(?:TITLE:[^;]{0,200};)?URL):)?((?:https?://|www\.)[^\s;|]{4,2000})", re.IGNORECASE
)
_CITIZEN_CARD: Final = re.compile(r"[0-9]{12}\|[0-9]{0,12}\|[^|]{1,100}\|[0-9]{6,8}\|")
"""The code on a citizen's identity card: number, old number, name, birthday. It says who somebody is, no more."""
_MOMO_CODE: Final = re.compile(r"2\|99\|(0[0-9]{9})\|")
_MOMO_LINK: Final = re.compile(r"(?:nhantien|transfer|me)\.momo\.vn/(0[0-9]{9})(?![0-9])", re.IGNORECASE)
_QUICK_LINK: Final = re.compile(r"/image/([0-9A-Za-z]{2,20})-([0-9A-Za-z]{4,19})(?:-|\.|$)")
_QUICK_HOSTS: Final = ("img.vietqr.io", "api.vietqr.io")
_QUERY_HOSTS: Final = ("qr.sepay.vn", "dl.vietqr.io", "vietqr.app", "vietqr.co")
_ACCOUNT: Final = re.compile(r"[0-9A-Za-z]{4,19}")


def find_in_code(payload: str, brands: BrandIndex) -> list[Sighting]:
    """Every identifier that the payload of a code holds. Never raises.

    Payment codes (VietQR, VNPAY-QR, MoMo), links, `tel:` and the like, business cards and plain text are read. A
    citizen's identity card and the secret of a login code (`otpauth:`) name nobody here.
    """
    # Imported here: the finder of running text reads contacts by this module.
    from matchers.identifiers.finder import find_identifiers
    from matchers.text.normalise import unmask

    payload = payload.strip()[:MAX_PAYLOAD_CHARACTERS]
    if payload[:8].lower() == "otpauth:" or _CITIZEN_CARD.match(payload):
        return []
    quote = without_cards(payload)
    transfer = parse_vietqr(payload)
    if transfer is not None:
        found = [Sighting(_of_transfer(transfer), 0, 0, quote)]
        found.extend(find_identifiers(unmask(transfer.purpose), brands))
    elif (merchant := vnpay_merchant(payload)) is not None:
        found = [Sighting(Identifier("merchant", f"VNPAY:{merchant}"), 0, 0, quote)]
    else:
        found = [*find_in_link(payload), *find_identifiers(unmask(payload), brands)]
    if transfer is not None and transfer.is_card:
        quote = quote.replace(transfer.account, masked_card(transfer.account))
    return [replace(sight, start=0, end=0, quote=quote, is_contact=True) for sight in distinct(found)]


def _of_transfer(transfer: VietQR) -> Identifier:
    bank = bank_of_bin(transfer.bank_bin) or Bank(transfer.bank_bin, transfer.bank_bin)
    if transfer.is_card:
        return Identifier("card", masked_card(transfer.account))
    if transfer.is_merchant:
        return Identifier("merchant", bank.account(transfer.account))
    return account_at(bank, transfer.account)


def link_in_code(payload: str) -> str:
    """The address that a code leads to, "" where it leads to none.

    >>> link_in_code("URLTO:https://vay.top/a"), link_in_code("www.vay.top"), link_in_code("0912 000 111")
    ('https://vay.top/a', 'http://www.vay.top', '')
    """
    match = _LINK.match(payload.strip())
    if match is None:
        return ""
    address = match.group(1)
    return f"http://{address}" if address[:4].lower() == "www." else address


def find_in_link(target: str) -> list[Sighting]:
    """Every identifier that one link target holds: tel:, mailto:, links to accounts, links that make transfer codes."""
    written = target.strip()[:MAX_PAYLOAD_CHARACTERS]
    plain = unquote(written)
    scheme, _, rest = plain.partition(":")
    scheme = scheme.lower()
    quote = without_cards(written)
    return [Sighting(one, 0, 0, quote, is_contact=True) for one in dict.fromkeys(_identifiers(scheme, rest, plain))]


def _identifiers(scheme: str, rest: str, plain: str) -> Iterator[Identifier]:
    if scheme in _PHONE_SCHEMES:
        value = phone_in_e164(re.split(r"[?;:]", rest)[0])
        if value is not None:
            yield Identifier("phone", value)
        return
    lowered = plain.lower()
    if scheme == "mailto" or scheme == "matmsg":
        yield from (sight.identifier for sight in find_mails(rest, rest.lower()))
        return
    yield from (sight.identifier for sight in find_handles(plain, lowered, is_link=True))
    if scheme in _COIN_SCHEMES:
        yield from (sight.identifier for sight in find_coins(rest))
    yield from _transfers(plain)


def _transfers(plain: str) -> Iterator[Identifier]:
    momo = _MOMO_CODE.match(plain) or _MOMO_LINK.search(plain)
    if momo is not None:
        yield account_at(_momo(), momo.group(1))
    host = host_of(plain) if "vietqr" in plain or "sepay" in plain else ""
    bank, number = None, ""
    if host in _QUICK_HOSTS and (quick := _QUICK_LINK.search(plain)):
        bank, number = bank_of_code(quick.group(1)), quick.group(2)
    elif host in _QUERY_HOSTS:
        asked = {name.lower(): values[0] for name, values in parse_qs(urlsplit(plain).query).items()}
        number, _, at = asked.get("ba", "").partition("@")
        number = number or asked.get("acc", "")
        bank = bank_of_code(at or asked.get("bank", ""))
    if bank is not None and _ACCOUNT.fullmatch(number):
        yield account_at(bank, number)


def _momo() -> Bank:
    return next(bank for bank in banks() if bank.id == "momo")
