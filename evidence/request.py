"""What somebody asks to be captured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from evidence.failure import Refused

Device = Literal["desktop", "mobile"]


@dataclass(frozen=True, slots=True)
class CaptureRequest:
    """One page to capture, and on whose word.

    `requested_by` names the person or the schedule that asks, `reason` why (a hit's id, a case number); both
    are signed with the capture. `referrer` is sent as the page that led here, "" for none.
    """

    url: str
    requested_by: str
    reason: str
    device: Device = "desktop"
    referrer: str = ""


def require_web_address(url: str) -> None:
    """Raise Refused unless `url` is an absolute http or https address with a host."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError as error:
        raise Refused(f"{url!r} is not an address: {error}; write it as http(s)://host/path") from error
    if parts.scheme not in ("http", "https") or not host:
        raise Refused(f"{url!r} is not a web address; only http(s)://host/path is captured")
