"""What a capture says of itself: when, how, by which browser, on whose word, and what is not in it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from evidence.request import Device


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BrowserDescription(_Said):
    """`product` is what the browser says of itself over its own protocol."""

    product: str
    executable: str
    how_found: str
    user_agent: str
    viewport: str
    time_zone: str
    languages: str
    is_sandboxed: bool


class Failure(_Said):
    """A request of the page that got no (whole) answer."""

    url: str
    error: str


class Omission(_Said):
    """Something the page wanted that a bound or caution left out: `what` is its kind."""

    what: str
    url: str
    detail: str


class CaptureMetadata(_Said):
    """The metadata, signed with the rest. Times are aware UTC; counts are of exchanges, one a redirect hop.

    `method` is `chromium`, or `http` where no browser was to be had: then there is no picture, no script ran, and
    no sub-resource was fetched. `redirect_chain` is every address of the page itself before `final_url`.
    """

    format: Literal["luoitroi-capture-1"] = "luoitroi-capture-1"
    tool: str
    tool_version: str
    method: Literal["chromium", "http"]
    browser: BrowserDescription | None
    url: str
    final_url: str
    redirect_chain: tuple[str, ...]
    status: int
    title: str
    server_address: str
    requested_by: str
    reason: str
    device: Device
    referrer: str
    host: str
    started_at: datetime
    finished_at: datetime
    exchanges: int
    body_bytes: int
    failures: tuple[Failure, ...]
    omissions: tuple[Omission, ...]
    remarks: tuple[str, ...]
