"""Captures over plain HTTP, for machines without a browser: the answer and its redirects, nothing that it refers to.

On the standard library's http.client, which gives the status line and headers as they came and leaves connecting to
us: the name is looked up once, the address found is put before the guard, and that address is the one connected to.
"""

from __future__ import annotations

import asyncio
import http.client
import socket
import ssl
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from evidence.capture import TOOL, Capture, assemble
from evidence.exchange import Cut, Exchange, NetworkLog
from evidence.failure import CaptureTimedOut, Refused, Unreachable
from evidence.network import BODILESS_STATUSES, Guard
from evidence.request import CaptureRequest, require_web_address
from evidence.settings import CaptureBounds
from evidence.workspace import WorkFolder, Workspace

MAX_REDIRECTS = 20
"""As Chromium."""
CHUNK_BYTES = 64 * 1024
_URL_SAFE = "%/:=&~+!$,;'@()*[]"


class HttpCapturer:
    """Captures as Capturer does, without a browser; the metadata of its captures say so."""

    def __init__(
        self,
        guard: Guard,
        *,
        bounds: CaptureBounds | None = None,
        workspace: Workspace | None = None,
        host_addresses: Mapping[str, str] | None = None,
    ) -> None:
        self._guard = guard
        self._bounds = bounds or CaptureBounds()
        self._workspace = workspace or Workspace.temporary()
        self._host_addresses = dict(host_addresses or {})

    async def capture(self, request: CaptureRequest) -> Capture:
        """The answer to `request`; raises CaptureFailed by one of its names: Refused, Unreachable, CaptureTimedOut."""
        require_web_address(request.url)
        return await asyncio.to_thread(self._capture, request)

    def _capture(self, request: CaptureRequest) -> Capture:
        folder = self._workspace.folder()
        try:
            started_at = datetime.now(UTC)
            log = self._follow(request, folder)
            return assemble(request, folder, log, None, None, started_at)
        except BaseException:
            folder.discard()
            raise

    def _follow(self, request: CaptureRequest, folder: WorkFolder) -> NetworkLog:
        log = NetworkLog()
        deadline = time.monotonic() + self._bounds.seconds
        url = _ascii(request.url)
        for number in range(MAX_REDIRECTS + 1):
            if (reason := self._guard(url)) is not None:
                raise Refused(f"{url} is not visited: {reason}")
            exchange = Exchange("plain", url, "GET", datetime.now(UTC), "Document", is_main_document=True)
            exchange.request_headers = _request_headers(url, request)
            log.exchanges.append(exchange)
            try:
                self._fetch(exchange, folder.path / f"{number}.body", deadline, log)
            except TimeoutError as error:
                raise CaptureTimedOut(f"{url} gave no answer within {self._bounds.seconds:g} seconds") from error
            except (OSError, http.client.HTTPException, ValueError) as error:
                raise Unreachable(f"{url} gave no answer: {error or type(error).__name__}") from error
            location = exchange.header("location")
            if not (300 <= exchange.status < 400 and location):
                return log
            url = urljoin(url, location)
            require_web_address(url)
            url = _ascii(url)
        raise Unreachable(f"{request.url} redirects more than {MAX_REDIRECTS} times")

    def _fetch(self, exchange: Exchange, body: Path, deadline: float, log: NetworkLog) -> None:
        connection = self._connect(exchange, deadline)
        try:
            parts = urlsplit(exchange.url)
            connection.putrequest(
                "GET",
                (parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
                skip_host=True,
                skip_accept_encoding=True,
            )
            for name, value in exchange.request_headers:
                connection.putheader(name, value)
            connection.endheaders()
            response = connection.getresponse()
            exchange.status = response.status
            exchange.status_text = response.reason
            exchange.response_headers = tuple(response.getheaders())
            exchange.is_decoded = not exchange.header("content-encoding")
            if exchange.status not in BODILESS_STATUSES:
                self._read(response, exchange, body, deadline, log)
        finally:
            exchange.finished_at = datetime.now(UTC)
            connection.close()

    def _read(
        self, response: http.client.HTTPResponse, exchange: Exchange, body: Path, deadline: float, log: NetworkLog
    ) -> None:
        room = self._bounds.total_bytes - sum(item.body_size for item in log.exchanges)
        with body.open("wb") as stream:
            while True:
                try:
                    piece = response.read1(CHUNK_BYTES)
                except (OSError, http.client.HTTPException) as error:
                    is_late = isinstance(error, TimeoutError)
                    exchange.truncated = "time" if is_late else "disconnect"
                    log.cuts.append(Cut("body", exchange.url, str(error) or type(error).__name__))
                    break
                if not piece:
                    break
                if exchange.body_size + len(piece) > room:
                    exchange.truncated = "length"
                    log.cuts.append(Cut("body", exchange.url, f"more than {self._bounds.total_bytes} bytes in all"))
                    break
                stream.write(piece)
                exchange.body_size += len(piece)
                if time.monotonic() > deadline:
                    exchange.truncated = "time"
                    log.cuts.append(Cut("body", exchange.url, f"not complete after {self._bounds.seconds:g} seconds"))
                    break
        exchange.body_path = body

    def _connect(self, exchange: Exchange, deadline: float) -> http.client.HTTPConnection:
        parts = urlsplit(exchange.url)
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        timeout = max(0.1, min(self._bounds.response_seconds, deadline - time.monotonic()))
        address = self._address(host, port)
        literal = f"[{address}]" if ":" in address else address
        if (reason := self._guard(f"http://{literal}/")) is not None:
            raise Refused(f"{exchange.url} is not visited: {reason}")
        exchange.server_address = address
        connection = http.client.HTTPConnection(host, port, timeout=timeout)
        connection.sock = socket.create_connection((address, port), timeout)
        if parts.scheme == "https":
            connection.sock = ssl.create_default_context().wrap_socket(connection.sock, server_hostname=host)
        return connection

    def _address(self, host: str, port: int) -> str:
        for pattern, address in self._host_addresses.items():
            if fnmatchcase(host, pattern):
                return address
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return str(found[0][4][0]).partition("%")[0]


def _ascii(url: str) -> str:
    """`url` as it goes over the wire: an international host in its ASCII form, other letters percent-encoded."""
    parts = urlsplit(url)
    try:
        host = (parts.hostname or "").encode("idna").decode() if parts.hostname else ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError as error:
        raise Refused(f"{url!r} is not a web address: {error}") from error
    literal = f"[{host}]" if ":" in host else host
    path, query = quote(parts.path, safe=_URL_SAFE), quote(parts.query, safe=_URL_SAFE + "?")
    return urlunsplit((parts.scheme, literal + port, path, query, ""))


def _request_headers(url: str, request: CaptureRequest) -> tuple[tuple[str, str], ...]:
    headers = [
        ("Host", urlsplit(url).netloc.rpartition("@")[2]),
        ("User-Agent", f"Mozilla/5.0 (compatible; {TOOL})"),
        ("Accept", "text/html,*/*;q=0.8"),
        ("Accept-Language", "vi-VN,vi;q=0.9,en;q=0.8"),
        ("Accept-Encoding", "identity"),
        ("Connection", "close"),
    ]
    if request.referrer:
        headers.append(("Referer", request.referrer))
    return tuple(headers)
