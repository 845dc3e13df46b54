"""The Matcher interface and the registry: a new matcher is one module and one line here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, Protocol

from matchers.context import ContextMatcher
from matchers.hosts.domains import Lookalike
from matchers.match import Identifier, Match, Span
from matchers.page import PageKind
from matchers.phrase_rules import PhraseRuleMatcher
from matchers.reading import Reading


class Matcher(Protocol):
    """Looks at a page and says what speaks for or against a category. Never raises, changes nothing."""

    name: str

    def match(self, reading: Reading) -> Iterable[Match]:
        """Every match in the page read."""
        ...


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
                span = reading.span(place.start, place.end)
                quote = reading.whole[place.start : place.end]
            yield Match(
                rule=f"domains/{found.kind}",
                matcher=self.name,
                reason_vi=found.reason_vi,
                reason_en=found.reason_en,
                category=found.brand.category,
                weight=self._weight(found, reading, own),
                confidence=found.confidence,
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


class ClaimMatcher:
    """Title or site name is a brand's, a login form asks for its customers' secrets, the host is a stranger's."""

    name = "claims"

    def match(self, reading: Reading) -> Iterator[Match]:
        """At most one match: the brand claimed."""
        brand = reading.claimed if reading.has_login_form and reading.claims_brand else None
        if brand is None:
            return
        host = reading.host.host
        own = ", ".join(brand.official_domains[:2])
        yield Match(
            rule="claims/login",
            matcher=self.name,
            reason_vi=f"Trang tự xưng là {brand.name} và có ô đăng nhập, nhưng '{host}' không thuộc {own}",
            reason_en=f"The page presents itself as {brand.name} with a login form, but '{host}' is not {own}",
            category=brand.category,
            weight=_CLAIM_WEIGHT,
            quote=reading.page.title,
            facts={"brand": brand.id},
        )


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


_CLAIM_WEIGHT: Final = 1.1
MATCHERS: Final[tuple[type[Matcher], ...]] = (
    PhraseRuleMatcher,
    DomainMatcher,
    ClaimMatcher,
    ContextMatcher,
    IdentifierMatcher,
)
"""Every matcher, in the order in which their reasons are told."""
