"""Who we say we are to the sites we read: honest, reachable, and on either kind of device."""

from __future__ import annotations

from typing import Any

from crawler import __version__
from crawler.source import Device

ROBOTS_NAME = "LuoiTroi"
_ENGINE = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{chromium} {form}Safari/537.36"
_CHROMIUM = "140.0.0.0"
"""Chromium's own reduced form of its version (major.0.0.0), for plain HTTP where no browser is asked."""


def user_agent(device: Device, contact: str, chromium_version: str = _CHROMIUM) -> str:
    """The User-Agent header: a browser of this device, and behind it our name, version and contact."""
    ours = f"{ROBOTS_NAME}/{__version__}" + (f" (+{contact})" if contact else "")
    if device is Device.MOBILE:
        engine = _ENGINE.format(chromium=chromium_version, form="Mobile ")
        return f"Mozilla/5.0 (Linux; Android 10; K) {engine} {ours}"
    return f"Mozilla/5.0 (X11; Linux x86_64) {_ENGINE.format(chromium=chromium_version, form='')} {ours}"


def browser_context(device: Device, contact: str) -> dict[str, Any]:
    """Options of a Playwright context for this device, with everything a page could ask of us refused."""
    is_mobile = device is Device.MOBILE
    return {
        "user_agent": user_agent(device, contact),
        "viewport": {"width": 412, "height": 915} if is_mobile else {"width": 1280, "height": 900},
        "is_mobile": is_mobile,
        "has_touch": is_mobile,
        "locale": "vi-VN",
        "timezone_id": "Asia/Ho_Chi_Minh",
        "service_workers": "block",
        "accept_downloads": False,
        "permissions": [],
    }
