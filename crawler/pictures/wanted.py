"""Pictures of a page that are worth a look: those that speak for it; on suspicious pages those that say whose it is."""

from __future__ import annotations

from typing import Final

from matchers.claim_matcher import ClaimMatcher
from matchers.hosts.matcher import DomainMatcher
from matchers.match import Verdict
from matchers.page import Page, PageKind, PictureLink, PictureRole
from matchers.reading import Reading
from matchers.rules import Rules

SUSPICION: Final = 0.4
"""Score from which a page that is no hit yet is suspicious enough to look at its logo and icon."""
TELLING_MATCHERS: Final = frozenset((DomainMatcher.name, ClaimMatcher.name))
"""Matchers one match of which makes a page suspicious: its host is like a brand's, or it says it is a brand."""
_SPEAKING: Final = {
    PageKind.ADVERTISEMENT: frozenset((PictureRole.CREATIVE,)),
    PageKind.POST: frozenset((PictureRole.POST,)),
}
"""Kinds of page whose pictures say what the page says, and are always read."""
_OF_ITS_OWNER: Final = frozenset((PictureRole.LOGO, PictureRole.FAVICON))


def wanted_pictures(page: Page, verdict: Verdict, rules: Rules, per_page: int) -> tuple[PictureLink, ...]:
    """The pictures of `page` to look at, in its own order, each address once, at most `per_page`.

    `verdict` is the page's without its pictures.
    """
    roles = _SPEAKING.get(page.kind)
    if roles is None:
        roles = _OF_ITS_OWNER if page.kind is PageKind.LANDING and is_suspicious(page, verdict, rules) else frozenset()
    links = [link for link in page.picture_links if link.role in roles]
    if page.kind is PageKind.ADVERTISEMENT:
        links += [PictureLink(one.image_url, PictureRole.CREATIVE) for one in page.advertisements if one.image_url]
    chosen = {link.url: link for link in reversed(links)}
    return tuple(reversed(chosen.values()))[:per_page]


def is_suspicious(page: Page, verdict: Verdict, rules: Rules) -> bool:
    """Whether a page that was led to deserves a look at whose logo it shows, and shows one."""
    if not page.picture_links:
        return False
    return (
        verdict.score >= SUSPICION
        or any(form.has_password for form in page.forms)
        or any(match.matcher in TELLING_MATCHERS and match.weight > 0 for match in verdict.matches)
        or Reading(page, rules).claims_brand
    )
