"""The matcher of claims: a page that presents itself as a brand on a stranger's host."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from matchers.claims import Place, Sign
from matchers.match import Match
from matchers.reading import Reading

_WEIGHT: Final = 1.1
_MOST_TOLD: Final = 4
_WORDS: Final[dict[Place, tuple[str, str]]] = {
    Place.TITLE: ("tiêu đề", "title"),
    Place.SITE_NAME: ("tên trang", "site name"),
    Place.ORGANIZATION: ("tên đơn vị trong mã trang", "owner in its structured data"),
    Place.HEADING: ("đề mục đầu trang", "first heading"),
    Place.LOGO: ("logo", "logo"),
    Place.OWNER: ("dòng bản quyền", "copyright line"),
    Place.LINE: ("đề mục trong trang", "headings"),
    Place.COMPANY: ("tên công ty", "company name"),
    Place.HOTLINE: ("số tổng đài", "hotline"),
    Place.MAIL: ("địa chỉ thư", "mail address"),
    Place.CANONICAL: ("địa chỉ gốc khai trong trang", "canonical address"),
    Place.RESOURCES: ("hình và mã tải về", "pictures and scripts"),
    Place.LINKS: ("các đường dẫn", "links"),
    Place.VOICE: ("lời tự xưng", "voice"),
    Place.MENTIONS: ("tên được nhắc nhiều nhất", "most repeated name"),
    Place.PICTURE: ("hình giống của thương hiệu", "pictures like the brand's"),
}


class ClaimMatcher:
    """A page says in several places that it is a brand's, and its host is a stranger's."""

    name = "claims"

    def match(self, reading: Reading) -> Iterator[Match]:
        """`claims/login` where the page also asks for secrets, `claims/posing` where the claim convicts by itself."""
        claim = reading.claim
        if claim is None or not reading.poses_as_brand:
            return
        host = reading.host.host
        brand = claim.brand
        own = ", ".join(brand.official_domains[:2])
        told_vi, told_en = _told(claim.signs)
        asks_vi, asks_en = "", ""
        if reading.asks_secrets:
            asks_vi, asks_en = " và đòi đăng nhập, mã hoặc giấy tờ", " and asks for a login, codes or papers"
        yield Match(
            rule="claims/login" if reading.asks_secrets else "claims/posing",
            matcher=self.name,
            reason_vi=f"Trang tự xưng là {brand.name} ({told_vi}){asks_vi}, nhưng '{host}' không thuộc {own}",
            reason_en=f"The page presents itself as {brand.name} ({told_en}){asks_en}, but '{host}' is not {own}",
            category=brand.category,
            weight=_WEIGHT,
            quote=max(claim.signs, key=lambda sign: sign.points).quote,
            facts={
                "brand": brand.id,
                "points": f"{claim.points:.1f}",
                "signs": " ".join(sign.place for sign in claim.signs),
            },
        )


def _told(signs: Sequence[Sign]) -> tuple[str, str]:
    """The strongest signs in words, Vietnamese and English."""
    told = [_WORDS[sign.place] for sign in sorted(signs, key=lambda sign: -sign.points)[:_MOST_TOLD]]
    return ", ".join(vi for vi, _ in told), ", ".join(en for _, en in told)
