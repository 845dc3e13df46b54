"""The gateway: the one way out for the browser, a proxy on loopback that connects where the guard allows.

The browser resolves no name and reaches no address by itself: documents, sub-resources, redirects, workers and
websockets all ask here, and the address that was checked is the one connected to. So a redirect to the inside of the
network, or a name that changes its answer, gains nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from crawler.guard import HostRefused, UrlGuard

FAILURE_HEADER: Final = "Luoitroi-Failure"
"""Names, in an answer of the gateway's own, what kept it from connecting."""
MAX_HEAD_BYTES: Final = 256 * 1024
CHUNK_BYTES: Final = 64 * 1024
HEAD_SECONDS: Final = 60.0
_HOP_BY_HOP: Final = frozenset({b"connection", b"keep-alive", b"proxy-connection", b"proxy-authorization"})
logger = logging.getLogger(__name__)


class GatewayFailure(Exception):
    """Why a request of the browser's to `host` went nowhere; `kind` is its name in the counts."""

    def __init__(self, kind: str, detail: str, host: str) -> None:
        super().__init__(detail)
        self.kind = kind
        self.host = host


@dataclass(frozen=True, slots=True)
class _Asked:
    """The head of a request to a proxy. `rest` is what goes on to the server in its place, "" for a tunnel."""

    host: str
    port: int
    is_tunnel: bool
    head: bytes
    body_bytes: int


class Gateway:
    """Listens while the `async with` block lasts.

    `connect_seconds` bounds each connecting, `max_bytes` what one connection may bring back.
    """

    def __init__(self, guard: UrlGuard, *, connect_seconds: float, max_bytes: int) -> None:
        self.guard = guard
        self.connect_seconds = connect_seconds
        self.max_bytes = max_bytes
        self.failures: list[GatewayFailure] = []
        """Every failure to connect, oldest first."""
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> str:
        """Host and port it listens on."""
        if self._server is None:
            raise RuntimeError("the gateway does not listen; enter it first")
        host, port = self._server.sockets[0].getsockname()[:2]
        return f"{host}:{port}"

    async def __aenter__(self) -> Gateway:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=MAX_HEAD_BYTES)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)
        # Either side may hang up at any moment; that ends this connection and nothing else.
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            try:
                await self._serve(reader, writer)
            finally:
                writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            asked = _read_request(await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), HEAD_SECONDS))
        except GatewayFailure as failure:
            return await _answer(writer, failure)
        try:
            upstream, downstream = await self._connect(asked.host, asked.port)
        except GatewayFailure as failure:
            self.failures.append(failure)
            return await _answer(writer, failure)
        try:
            if asked.is_tunnel:
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                sending = asyncio.create_task(self._pass_on(reader, downstream, self.max_bytes))
            else:
                downstream.write(asked.head)
                sending = asyncio.create_task(_send_body(reader, downstream, asked.body_bytes))
            receiving = asyncio.create_task(self._receive(upstream, writer, asked.is_tunnel))
            done, pending = await asyncio.wait({sending, receiving}, return_when=asyncio.FIRST_COMPLETED)
            for task in pending:
                task.cancel()
            await asyncio.gather(*done, *pending, return_exceptions=True)
        finally:
            downstream.close()
        return None

    async def _connect(self, host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            addresses = await asyncio.to_thread(self.guard.addresses, host)
        except HostRefused as error:
            raise GatewayFailure(error.kind, str(error), host) from error
        failure = GatewayFailure("unresolved_host", f"host {host} has no address", host)
        for address in dict.fromkeys(addresses):
            try:
                return await asyncio.wait_for(
                    asyncio.open_connection(address, port, limit=MAX_HEAD_BYTES), self.connect_seconds
                )
            except TimeoutError:
                told = f"{host}:{port} took longer than {self.connect_seconds:g} s"
                failure = GatewayFailure("timeout", told, host)
            except ConnectionRefusedError:
                failure = GatewayFailure("connection_refused", f"{host}:{port} refuses connections", host)
            except OSError as error:
                failure = GatewayFailure("connection_lost", f"{host}:{port}: {error.strerror or error}", host)
        raise failure

    async def _receive(self, upstream: asyncio.StreamReader, writer: asyncio.StreamWriter, is_tunnel: bool) -> None:
        if not is_tunnel:
            # One request a connection: the next may be for another host, which is to be checked anew.
            head = await upstream.readuntil(b"\r\n\r\n")
            status, *fields = head[:-4].split(b"\r\n")
            writer.write(b"\r\n".join([status, *_end_to_end(fields), b"Connection: close", b"", b""]))
        await self._pass_on(upstream, writer, self.max_bytes)

    async def _pass_on(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, max_bytes: int) -> None:
        passed = 0
        while data := await source.read(CHUNK_BYTES):
            passed += len(data)
            if passed > max_bytes:
                logger.warning("too_large", extra={"detail": f"a connection brought more than {max_bytes} bytes"})
                return
            target.write(data)
            await target.drain()


def _read_request(head: bytes) -> _Asked:
    try:
        line, *fields = head[:-4].split(b"\r\n")
        method, target, version = line.decode("ascii").split(" ")
        is_tunnel = method == "CONNECT"
        parts = urlsplit(f"//{target}" if is_tunnel else target)
        host, port = (parts.hostname or "").rstrip("."), parts.port
        if not host or (not is_tunnel and parts.scheme != "http"):
            raise ValueError(target)
        names = {name.strip().lower(): value.strip() for name, _, value in (field.partition(b":") for field in fields)}
        if b"transfer-encoding" in names:
            raise ValueError("a body without a length")
        body_bytes = int(names.get(b"content-length", b"0"))
    except ValueError as error:
        raise GatewayFailure("address_refused", f"not a request to a proxy: {error}", "") from error
    path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    rest = [f"{method} {path} {version}".encode(), *_end_to_end(fields), b"Connection: close", b"", b""]
    return _Asked(host, port or (443 if is_tunnel else 80), is_tunnel, b"\r\n".join(rest), body_bytes)


def _end_to_end(fields: list[bytes]) -> list[bytes]:
    return [field for field in fields if field.partition(b":")[0].strip().lower() not in _HOP_BY_HOP]


async def _send_body(reader: asyncio.StreamReader, server: asyncio.StreamWriter, count: int) -> None:
    """Send the request's body on, then wait until the browser hangs up."""
    while count > 0 and (data := await reader.read(min(count, CHUNK_BYTES))):
        count -= len(data)
        server.write(data)
        await server.drain()
    while await reader.read(CHUNK_BYTES):
        continue


async def _answer(writer: asyncio.StreamWriter, failure: GatewayFailure) -> None:
    told = str(failure).encode("ascii", "backslashreplace").replace(b"\r", b" ").replace(b"\n", b" ")[:500]
    header = f"{FAILURE_HEADER}: {failure.kind} ".encode() + told
    # Chromium shows an answer without a body as an error of its own, and keeps its headers to itself.
    body = b"\r\nContent-Type: text/plain\r\nContent-Length: 1\r\nConnection: close\r\n\r\n-"
    writer.write(b"HTTP/1.1 502 Bad Gateway\r\n" + header + body)
    await writer.drain()
