"""The matcher of claims: a page that presents itself as a brand on a stranger's host, and asks for secrets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from matchers.match import Match
from matchers.reading import Reading

_CLAIM_WEIGHT: Final = 1.1


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
