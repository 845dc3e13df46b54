"""The matcher of hosts: each host that imitates a brand is a reason to look."""

from __future__ import annotations

from collections.abc import Iterator

from matchers.hosts.lookalike import Lookalike
from matchers.match import Match, Span
from matchers.page import PageKind
from matchers.pictures.picture_text import where
from matchers.reading import Reading


class DomainMatcher:
    """Hosts that imitate a brand: the page's own, those it went through, those its text names."""

    name = "domains"

    def match(self, reading: Reading) -> Iterator[Match]:
        """One match a lookalike host."""
        for found, place in reading.lookalikes:
            own = place is None and found.host == reading.host.host
            if place is None:
                start = reading.page.url.lower().find(found.host)
                span = Span("url", start, start + len(found.host)) if own and start >= 0 else None
                quote = reading.page.url[start : start + len(found.host)] if span else found.host
            else:
                span, quote = reading.placed(place.start, place.end)
            shown_vi, shown_en = where(span)
            yield Match(
                rule=f"domains/{found.kind}",
                matcher=self.name,
                reason_vi=f"{found.reason_vi}{shown_vi}",
                reason_en=f"{found.reason_en}{shown_en}",
                category=found.brand.category,
                weight=self._weight(found, reading, own),
                confidence=found.confidence * reading.sureness(span),
                span=span,
                quote=quote,
                facts={"brand": found.brand.id, "kind": found.kind, "distance": str(found.distance)},
            )

    def _weight(self, found: Lookalike, reading: Reading, own: bool) -> float:
        # A name alone convicts where the name is all there is; a page or a text has to say something too, except
        # for the surest kinds.
        if own and reading.page.kind is PageKind.HOST:
            return 1.0 / found.confidence
        if own:
            return 1.15
        # A message or an advertisement that sends people there has said it all.
        return 1.35 if reading.is_short and not reading.is_journalism else 0.9
