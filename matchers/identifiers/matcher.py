"""The matcher of identifiers: what joins hits, told as reasons that weigh nothing by themselves."""

from __future__ import annotations

from collections.abc import Iterator

from matchers.identifiers.kinds import KINDS
from matchers.match import Match
from matchers.reading import Reading


class IdentifierMatcher:
    """Numbers, accounts and handles; they join hits and weigh nothing by themselves."""

    name = "identifiers"

    def match(self, reading: Reading) -> Iterator[Match]:
        """One match a distinct identifier; a card's number is quoted masked."""
        for sight in reading.identifiers:
            kind, value = KINDS[sight.identifier.kind], sight.identifier.value
            is_quoted = sight.is_contact or kind.id == "card"
            yield Match(
                rule=f"identifiers/{kind.id}",
                matcher=self.name,
                reason_vi=f"{kind.name_vi[0].upper()}{kind.name_vi[1:]}: {value}",
                reason_en=f"{kind.name_en[0].upper()}{kind.name_en[1:]}: {value}",
                span=None if sight.is_contact else reading.span(sight.start, sight.end),
                quote=sight.quote if is_quoted else reading.whole[sight.start : sight.end],
                identifier=sight.identifier,
            )
