"""Context: what a page is, where that speaks for or against calling it a scam."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from matchers.match import Match
from matchers.page import PageKind
from matchers.reading import Reading

PUBLISHER_WEIGHT: Final = -1.0
"""What an article takes from every category where editors answer for it: it speaks about, it does not sell."""
ARTICLE_WEIGHT: Final = -0.6
"""What an article of a watched news source takes that is not on the list of publishers."""
SELLING_ARTICLE_WEIGHT: Final = -0.3
"""What an article takes that asks its readers to call somebody: it may be paid for and not say so."""
MARKED_WEIGHT: Final = -0.3
"""What byline and article markup take on a host that nobody knows: advertisements dress up as news."""
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
            yield self._article(reading)

    def _article(self, reading: Reading) -> Match:
        byline = reading.page.facts.get("byline", "")
        by_vi, by_en = (f" của {byline}", f" by {byline}") if byline else ("", "")
        if reading.is_publisher_host:
            weight = PUBLISHER_WEIGHT
            where_vi, where_en = f"bài trên báo, cổng tin '{reading.host.host}'", f"by the press, '{reading.host.host}'"
        elif reading.page.kind is PageKind.ARTICLE:
            weight = SELLING_ARTICLE_WEIGHT if reading.solicits else ARTICLE_WEIGHT
            where_vi, where_en = "bài báo", "of a news source"
        else:
            weight = MARKED_WEIGHT
            where_vi, where_en = "bài viết có tên tác giả hoặc mã đánh dấu bài báo", "by its byline or markup"
        return Match(
            rule="context/article",
            matcher=self.name,
            reason_vi=f"Trang là {where_vi}{by_vi}",
            reason_en=f"The page is an editorial article {where_en}{by_en}",
            weight=weight,
        )
