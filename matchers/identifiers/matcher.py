"""The matcher of identifiers: what joins hits, told as reasons that weigh nothing by themselves."""

from __future__ import annotations

from collections.abc import Iterator

from matchers.identifiers.kinds import KINDS
from matchers.match import Match
from matchers.pictures.picture_text import where
from matchers.reading import Reading


class IdentifierMatcher:
    """Numbers, accounts and handles; they join hits and weigh nothing by themselves."""

    name = "identifiers"

    def match(self, reading: Reading) -> Iterator[Match]:
        """One match a distinct identifier; a card's number is quoted masked."""
        for sight in reading.identifiers:
            kind, value = KINDS[sight.identifier.kind], sight.identifier.value
            is_quoted = sight.is_contact or kind.id == "card"
            span = reading.sight_span(sight)
            shown_vi, shown_en = where(span)
            yield Match(
                rule=f"identifiers/{kind.id}",
                matcher=self.name,
                reason_vi=f"{kind.name_vi[0].upper()}{kind.name_vi[1:]}: {value}{shown_vi}",
                reason_en=f"{kind.name_en[0].upper()}{kind.name_en[1:]}: {value}{shown_en}",
                span=span,
                quote=sight.quote if is_quoted else reading.placed(sight.start, sight.end)[1],
                identifier=sight.identifier,
            )
