"""The matcher of likeness: a page that shows a brand's pictures on a host that is not the brand's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from matchers.match import Match, Span
from matchers.page import PageKind, PictureRole
from matchers.pictures.likeness import PictureLikeness
from matchers.reading import Reading

_ROLES: Final = {
    PictureRole.FAVICON: ("biểu tượng", "an icon"),
    PictureRole.LOGO: ("logo", "a logo"),
    PictureRole.SCREENSHOT: ("giao diện", "a screen"),
}
_WEIGHTS: Final = {PictureRole.FAVICON: 0.5, PictureRole.LOGO: 0.4, PictureRole.SCREENSHOT: 1.0}
"""By itself a logo convicts nobody: partners, shops and comparison sites show them. A whole screen does."""
_WEIGHTS_BESIDE_LOGIN: Final = {PictureRole.FAVICON: 1.1, PictureRole.LOGO: 0.8, PictureRole.SCREENSHOT: 1.3}
"""Beside a form that asks for a password: the icon in the tab is the site's own name, a logo may be a partner's."""
_WEIGHT_AMONG_OTHERS: Final = 0.1
"""A logo among those of other brands: a list of partners or of payment methods."""


class LikenessMatcher:
    """Favicon, logo or screen of a site like a brand's, while its host is a stranger's."""

    name = "likeness"

    def match(self, reading: Reading) -> Iterator[Match]:
        """One match a brand and role."""
        if reading.page.kind is not PageKind.LANDING or reading.is_official_host:
            return
        logos = {like.brand for like in reading.picture_brands if like.picture.role is PictureRole.LOGO}
        for like in reading.picture_brands:
            brand = reading.rules.brands.by_id[like.brand]
            role_vi, role_en = _ROLES[like.picture.role]
            host = reading.host.host
            own = ", ".join(brand.official_domains[:2])
            beside_vi = " và có ô đăng nhập" if reading.has_login_form else ""
            beside_en = " with a login form" if reading.has_login_form else ""
            not_own_vi = f"nhưng '{host}' không phải tên miền của {brand.name}" + (f" ({own})" if own else "")
            not_own_en = f"but '{host}' is not a domain of {brand.name}" + (f" ({own})" if own else "")
            away = f"{like.distance:.0%}"
            yield Match(
                rule=f"likeness/{like.picture.role.value}",
                matcher=self.name,
                reason_vi=f"Trang dùng {role_vi} giống của {brand.name} (khác {away}){beside_vi}, {not_own_vi}",
                reason_en=f"The page has {role_en} like that of {brand.name} ({away} off){beside_en}, {not_own_en}",
                category=brand.category,
                weight=_weight(like, reading.has_login_form, is_among_others=len(logos) > 1),
                span=Span("picture", 0, 0, like.picture.sha256, (0, 0, like.picture.width, like.picture.height)),
                facts={"brand": brand.id, "distance": f"{like.distance:.3f}", "role": like.picture.role.value},
            )


def _weight(like: PictureLikeness, has_login_form: bool, *, is_among_others: bool) -> float:
    role = like.picture.role
    if role is PictureRole.LOGO and is_among_others:
        return _WEIGHT_AMONG_OTHERS
    return (_WEIGHTS_BESIDE_LOGIN if has_login_form else _WEIGHTS)[role]
