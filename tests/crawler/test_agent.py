"""Who we say we are."""

from __future__ import annotations

from crawler import __version__
from crawler.agent import ROBOTS_NAME, USUAL_CHROMIUM, browser_context, user_agent
from crawler.source import Device


def test_the_header_is_a_browsers_with_our_name_and_contact() -> None:
    header = user_agent(Device.DESKTOP, "https://so.vn/luoi-troi")
    assert f"{ROBOTS_NAME}/{__version__} (+https://so.vn/luoi-troi)" in header
    assert f"Chrome/{USUAL_CHROMIUM}.0.0.0" in header
    assert "Mobile" not in header


def test_a_mobile_device_says_so() -> None:
    assert "Android" in user_agent(Device.MOBILE, "")
    assert "Mobile Safari" in user_agent(Device.MOBILE, "")
    assert "(+)" not in user_agent(Device.MOBILE, "")


def test_the_browsers_header_agrees_with_the_browser() -> None:
    context = browser_context(Device.MOBILE, "a@b.vn", "Chromium 126.0.6478.126")
    assert "Chrome/126.0.0.0" in context["user_agent"]
    assert (context["is_mobile"], context["has_touch"]) == (True, True)
    assert context["service_workers"] == "block"
    assert context["accept_downloads"] is False
    assert context["permissions"] == []
    assert browser_context(Device.DESKTOP, "", "?")["is_mobile"] is False
