"""Claimed brands: a page that presents itself as a brand, with a form to fill in, on a host that is not the brand's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from matchers.brands import Brand, BrandIndex
from matchers.match import Match
from matchers.normalise import fold_text
from matchers.page import PageKind
from matchers.reading import Reading

_SHORTEST_NAME: Final = 4
_CLAIM_WEIGHT: Final = 1.1


class ClaimMatcher:
    """Title or site name is a brand's, a login form asks for its customers' secrets, the host is a stranger's."""

    name = "claims"

    def match(self, reading: Reading) -> Iterator[Match]:
        """At most one match: the brand claimed."""
        page = reading.page
        if page.kind is not PageKind.LANDING or reading.is_official_host or not reading.has_login_form:
            return
        brand = claimed_brand(page.facts.get("site_name", ""), page.title, reading.rules.brands)
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
            quote=page.title,
            facts={"brand": brand.id},
        )


def claimed_brand(site_name: str, title: str, brands: BrandIndex) -> Brand | None:
    """The brand as which a page titles itself: the name opens or closes its title, or is its site name."""
    for text in (site_name, title):
        words = re.findall(r"[a-z0-9]+", fold_text(text))
        if not words:
            continue
        for size in (4, 3, 2, 1):
            for piece in ("".join(words[:size]), "".join(words[-size:])):
                brand = brands.by_label.get(piece) if len(piece) >= _SHORTEST_NAME else None
                if brand is not None and not brand.is_common:
                    return brand
    return None
