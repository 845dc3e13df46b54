"""The matcher of identifiers: what joins hits, told as reasons that weigh nothing by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from matchers.match import Identifier, Match
from matchers.reading import Reading


class IdentifierMatcher:
    """Phones, accounts, wallets and handles; they join hits and weigh nothing by themselves."""

    name = "identifiers"
    _NAMES: Final = {
        "phone": ("Số điện thoại", "Phone number"),
        "bank_account": ("Tài khoản ngân hàng", "Bank account"),
        "wallet": ("Ví điện tử hoặc ví tiền số", "Wallet"),
        "zalo": ("Zalo", "Zalo"),
        "telegram": ("Telegram", "Telegram"),
        "facebook": ("Facebook", "Facebook"),
        "email": ("Thư điện tử", "E-mail"),
    }

    def match(self, reading: Reading) -> Iterator[Match]:
        """One match a distinct identifier."""
        for sight in reading.identifiers:
            vi, en = self._NAMES[sight.identifier.kind]
            yield Match(
                rule=f"identifiers/{sight.identifier.kind}",
                matcher=self.name,
                reason_vi=f"{vi}: {sight.identifier.value}",
                reason_en=f"{en}: {sight.identifier.value}",
                span=None if sight.is_contact else reading.span(sight.start, sight.end),
                quote=sight.quote if sight.is_contact else reading.whole[sight.start : sight.end],
                identifier=Identifier(sight.identifier.kind, sight.identifier.value),
            )
