"""Who we say we are to the sites we read: honest, reachable, and on either kind of device."""

from __future__ import annotations

import re
from typing import Any, Final

from crawler import __version__
from crawler.source import Device

ROBOTS_NAME: Final = "LuoiTroi"
_ENGINE: Final = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{chromium} {form}Safari/537.36"
USUAL_CHROMIUM: Final = 140
"""The major version that plain HTTP names, where no browser is asked."""
_MAJOR: Final = re.compile(r"(\d+)\.\d+\.\d+")


def user_agent(device: Device, contact: str, chromium_version: str = "") -> str:
    """The User-Agent header: a browser of this device, and behind it our name, version and contact.

    `chromium_version` is what a real browser says of itself (`Chromium 126.0.6478.126`), so that the header agrees
    with what its scripts tell.
    """
    found = _MAJOR.search(chromium_version)
    # Chromium's own reduced form: major.0.0.0.
    chromium = f"{found[1] if found else USUAL_CHROMIUM}.0.0.0"
    ours = f"{ROBOTS_NAME}/{__version__}" + (f" (+{contact})" if contact else "")
    if device is Device.MOBILE:
        return f"Mozilla/5.0 (Linux; Android 10; K) {_ENGINE.format(chromium=chromium, form='Mobile ')} {ours}"
    return f"Mozilla/5.0 (X11; Linux x86_64) {_ENGINE.format(chromium=chromium, form='')} {ours}"


def browser_context(device: Device, contact: str, chromium_version: str) -> dict[str, Any]:
    """Options of a Playwright context for this device, with everything a page could ask of us refused."""
    is_mobile = device is Device.MOBILE
    return {
        "user_agent": user_agent(device, contact, chromium_version),
        "viewport": {"width": 412, "height": 915} if is_mobile else {"width": 1280, "height": 900},
        "is_mobile": is_mobile,
        "has_touch": is_mobile,
        "locale": "vi-VN",
        "timezone_id": "Asia/Ho_Chi_Minh",
        "service_workers": "block",
        "accept_downloads": False,
        "permissions": [],
    }
