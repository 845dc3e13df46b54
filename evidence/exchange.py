"""One request and what came back, as the network saw it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

Headers = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Exchange:
    """One hop: a redirect is an exchange of its own, and so is the request it leads to.

    `network_id` joins the hops of one load. `status` is 0 while no response came; then `error` says why, unless
    the capture ended first. `body_path` holds the body decoded from its content encoding (the headers still name
    that encoding; `is_decoded` is False for one kept as it came), None when there is none. `truncated` is the WARC
    reason (`length`, `time`, `disconnect`, `unspecified`) when the body is not whole, `refusal` the guard's reason
    when the request never left this machine.
    """

    network_id: str
    url: str
    method: str
    started_at: datetime
    resource_type: str = ""
    is_main_document: bool = False
    request_headers: Headers = ()
    request_body: bytes = b""
    status: int = 0
    status_text: str = ""
    protocol: str = ""
    response_headers: Headers = ()
    server_address: str = ""
    body_path: Path | None = None
    body_size: int = 0
    is_decoded: bool = True
    truncated: str = ""
    error: str = ""
    refusal: str = ""
    finished_at: datetime | None = None

    def header(self, name: str) -> str:
        """The first response header called `name` (any case), or ""."""
        return next((value for key, value in self.response_headers if key.lower() == name.lower()), "")


@dataclass(frozen=True, slots=True)
class Cut:
    """Something that a bound, or our caution, left out: `what` and where."""

    what: str
    url: str
    detail: str


@dataclass(slots=True)
class NetworkLog:
    """Everything that passed between browser and network during one capture, in order."""

    exchanges: list[Exchange] = field(default_factory=list)
    cuts: list[Cut] = field(default_factory=list)
