"""The kinds of identifiers: one line here, and matching, search, campaigns and console know a new one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of identifier.

    `name_vi` and `name_en` are its names in the middle of a sentence; `field` is what the query language asks for it
    by. `is_phone_based` kinds may have a phone number as their value, and then stand for that number. `is_of_owner`
    kinds name whoever owns a page and not who writes on it; copies of a company's site show them as well.
    """

    id: str
    name_vi: str
    name_en: str
    field: str
    is_phone_based: bool = False
    is_of_owner: bool = False


KINDS: Final[Mapping[str, Kind]] = {
    kind.id: kind
    for kind in (
        Kind("phone", "số điện thoại", "phone number", "phone"),
        Kind("bank_account", "tài khoản ngân hàng", "bank account", "account"),
        Kind("card", "thẻ ngân hàng", "bank card", "card"),
        Kind("wallet", "ví", "wallet", "wallet"),
        Kind("merchant", "điểm bán quét mã QR", "QR code merchant", "merchant"),
        Kind("zalo", "Zalo", "Zalo account", "zalo", is_phone_based=True),
        Kind("telegram", "Telegram", "Telegram account", "telegram", is_phone_based=True),
        Kind("facebook", "Facebook", "Facebook account", "facebook"),
        Kind("tiktok", "TikTok", "TikTok account", "tiktok"),
        Kind("youtube", "kênh YouTube", "YouTube channel", "youtube"),
        Kind("whatsapp", "WhatsApp", "WhatsApp account", "whatsapp", is_phone_based=True),
        Kind("viber", "Viber", "Viber account", "viber", is_phone_based=True),
        Kind("wechat", "WeChat", "WeChat account", "wechat", is_phone_based=True),
        Kind("line", "LINE", "LINE account", "line"),
        Kind("kakaotalk", "KakaoTalk", "KakaoTalk account", "kakaotalk"),
        Kind("email", "hộp thư", "e-mail address", "email"),
        Kind("tax_code", "mã số thuế", "tax code", "tax_code", is_of_owner=True),
        Kind("licence", "số giấy phép", "licence number", "licence", is_of_owner=True),
        Kind("trade_notice", "thông báo Bộ Công Thương", "trade ministry notice", "trade_notice", is_of_owner=True),
    )
}
"""Every kind, by its id, in the order in which people are shown them."""
