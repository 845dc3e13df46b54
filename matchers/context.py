"""Context: what a page is, where that speaks for or against calling it a scam."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from matchers.match import Match
from matchers.page import PageKind
from matchers.reading import Reading

ARTICLE_WEIGHT: Final = -0.6
"""What an editorial article takes from every category: it speaks about, it rarely sells."""
OFFICIAL_WEIGHT: Final = -1.5
"""What a brand's own or a government's host takes: such pages describe loans, prizes and warnings of their own."""
OFFICIAL_LINK_WEIGHT: Final = -0.5
"""What a text takes that sends people to official hosts only."""


class ContextMatcher:
    """Facts of the page itself that lower every category's score."""

    name = "context"

    def match(self, reading: Reading) -> Iterator[Match]:
        """Matches with a negative weight and no category."""
        if reading.is_official_host:
            host = reading.host.host
            yield Match(
                rule="context/official-host",
                matcher=self.name,
                reason_vi=f"Trang nằm trên tên miền chính thức '{host}'",
                reason_en=f"The page is on the official domain '{host}'",
                weight=OFFICIAL_WEIGHT,
            )
        if reading.has_only_official_links and not reading.has_contact:
            hosts = ", ".join(place.host.host for place in reading.text_hosts[:2])
            yield Match(
                rule="context/official-link",
                matcher=self.name,
                reason_vi=f"Đường dẫn trong bài là trang chính thức: {hosts}",
                reason_en=f"The links in the text are official ones: {hosts}",
                weight=OFFICIAL_LINK_WEIGHT,
            )
        if reading.is_journalism:
            byline = reading.page.facts.get("byline", "")
            kind = "bài báo" if reading.page.kind is PageKind.ARTICLE else "bài viết có tên tác giả"
            yield Match(
                rule="context/article",
                matcher=self.name,
                reason_vi=f"Trang là {kind}" + (f" của {byline}" if byline else ""),
                reason_en="The page is an editorial article" + (f" by {byline}" if byline else ""),
                weight=ARTICLE_WEIGHT,
            )
