"""Listens to the browser's network during one capture, and stands guard over it.

Two voices of the browser are heard. The Fetch domain, enabled on the browser as a whole, halts every request (those of
frames, workers and redirects too) before it leaves and every response before the page sees it: here the guard and
the bounds decide, and here the body is read with the bytes the site sent, not as decoded text. The Network domain
of each frame and worker adds what went over the wire: the raw headers, the server's address, failures.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from evidence.devtools import DevTools, ProtocolError
from evidence.exchange import Cut, Exchange, Headers, NetworkLog
from evidence.failure import BrowserCrashed
from evidence.settings import CaptureBounds

Guard = Callable[[str], str | None]
"""The reason why a URL may not be fetched, or None. May block on a name lookup; it is called in a thread."""

FETCH_PATTERNS = (
    {"urlPattern": "*", "requestStage": "Request"},
    {"urlPattern": "*", "requestStage": "Response"},
)

BODILESS_STATUSES = frozenset({101, 204, 205, 304})
STREAM_TYPES = ("text/event-stream", "multipart/x-mixed-replace")
"""Responses that never end by design: their headers are recorded, their bodies pass by."""


class NetworkRecorder:
    """The record of one capture, whatever tabs it takes."""

    def __init__(self, devtools: DevTools, guard: Guard, bounds: CaptureBounds, bodies: Path) -> None:
        self.log = NetworkLog()
        self.streams_main_document = False
        """Record the page's own document as it trickles in, for one that never ends; set before navigating."""
        self.last_activity = asyncio.get_running_loop().time()
        self._devtools = devtools
        self._guard = guard
        self._bounds = bounds
        self._bodies = bodies
        self._hops: dict[str, list[Exchange]] = defaultdict(list)
        self._sent: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._received: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._met: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._under_way: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._refusals: dict[str, str | None] = {}
        self._body_numbers = count(1)
        self._main_frame = ""
        self._bytes = 0
        self._streamed: dict[str, Exchange] = {}
        self._is_closed = False

    def begin(self, main_frame: str) -> None:
        """A tab was opened: the documents of `main_frame` are the page itself, nothing is under way yet."""
        self._main_frame = main_frame
        self._under_way.clear()

    @property
    def is_quiet(self) -> bool:
        """Nothing is being loaded at this moment."""
        return not self._under_way and not self._tasks

    def main_exchanges(self) -> list[Exchange]:
        """The hops of the page itself, in order: redirects first, the shown document last."""
        return [exchange for exchange in self.log.exchanges if exchange.is_main_document]

    def on_event(self, session: str, method: str, parameters: dict[str, Any]) -> None:
        """Take in one event of the Fetch or Network domain that `session` told."""
        if method == "Fetch.requestPaused":
            self._spawn(self._paused(parameters))
        elif method == "Network.requestWillBeSent":
            self._will_be_sent(parameters)
        elif method == "Network.requestWillBeSentExtraInfo":
            self._sent[parameters["requestId"]].append(parameters)
        elif method == "Network.responseReceivedExtraInfo":
            self._received[parameters["requestId"]].append(parameters)
        elif method == "Network.responseReceived":
            self._met[parameters["requestId"]].append(parameters["response"])
            if parameters["response"].get("mimeType") in STREAM_TYPES:
                self._settle(parameters["requestId"])
            if parameters["requestId"] in self._streamed:
                self._spawn(self._stream(session, parameters["requestId"]))
        elif method == "Network.dataReceived" and parameters.get("data"):
            self._append(parameters["requestId"], parameters["data"])
        elif method == "Network.loadingFinished":
            self._settle(parameters["requestId"])
        elif method == "Network.loadingFailed":
            self._failed(parameters)
        elif method == "Network.webSocketCreated":
            self.log.cuts.append(Cut("websocket", parameters["url"], "refused: it would pass the guard by"))

    async def close(self) -> None:
        """Let nothing more pass, and complete each exchange with what the wire showed."""
        self._is_closed = True
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for network_id, hops in self._hops.items():
            self._complete(network_id, hops)
        for exchange in self._streamed.values():
            if not exchange.truncated and exchange.network_id in self._under_way:
                self._cut_body(exchange, "time", "it had not ended when the capture did")
        for exchange in self.log.exchanges:
            if not exchange.status and not exchange.error and not exchange.refusal:
                exchange.error = "no answer before the capture ended"

    def _spawn(self, work: Awaitable[None]) -> None:
        async def guarded() -> None:
            try:
                await work
            except ProtocolError:
                return  # the frame that asked is gone, and its request with it
            except BrowserCrashed:
                return  # told by DevTools.ended to whoever waits for the capture

        task = asyncio.ensure_future(guarded())
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._touch()
        if not task.cancelled() and (error := task.exception()) is not None:
            asyncio.get_running_loop().call_exception_handler(
                {"message": "the network record of a capture broke", "exception": error, "task": task}
            )

    def _touch(self) -> None:
        self.last_activity = asyncio.get_running_loop().time()

    def _settle(self, network_id: str) -> None:
        self._under_way.discard(network_id)
        self._touch()

    def _will_be_sent(self, parameters: dict[str, Any]) -> None:
        network_id = parameters["requestId"]
        if parameters["request"]["url"].startswith(("http:", "https:")):
            self._under_way.add(network_id)
            self._touch()
        if redirect := parameters.get("redirectResponse"):
            self._met[network_id].append(redirect)

    def _failed(self, parameters: dict[str, Any]) -> None:
        network_id = parameters["requestId"]
        hops = self._hops.get(network_id)
        if hops and not hops[-1].refusal and not hops[-1].truncated and not hops[-1].error:
            hops[-1].error = parameters.get("blockedReason") or parameters["errorText"]
        self._settle(network_id)

    async def _paused(self, parameters: dict[str, Any]) -> None:
        is_response = "responseStatusCode" in parameters or "responseErrorReason" in parameters
        network_id = parameters.get("networkId") or parameters["requestId"]
        if is_response:
            await self._at_response(network_id, parameters)
        else:
            await self._at_request(network_id, parameters)

    async def _at_request(self, network_id: str, parameters: dict[str, Any]) -> None:
        request = parameters["request"]
        url = request["url"] + request.get("urlFragment", "")
        if not url.startswith(("http:", "https:")):
            await self._devtools.send("Fetch.continueRequest", requestId=parameters["requestId"])
            return
        exchange = Exchange(
            network_id=network_id,
            url=request["url"],
            method=request["method"],
            started_at=datetime.now(UTC),
            resource_type=parameters["resourceType"],
            is_main_document=parameters["resourceType"] == "Document" and parameters["frameId"] == self._main_frame,
            request_headers=tuple(request["headers"].items()),
            request_body=_posted(request),
        )
        is_too_many = len(self.log.exchanges) >= self._bounds.requests
        if is_too_many:
            self.log.cuts.append(Cut("request", exchange.url, f"more than {self._bounds.requests} requests"))
        else:
            self.log.exchanges.append(exchange)
            self._hops[network_id].append(exchange)
            exchange.refusal = await self._refusal(exchange.url) or ""
        if is_too_many or exchange.refusal or self._is_closed:
            # an aborted navigation leaves the page as it was; a blocked one would put an error page in its place
            reason = "Aborted" if parameters["resourceType"] == "Document" else "BlockedByClient"
            await self._fail(parameters, reason)
            self._settle(network_id)
        else:
            await self._devtools.send("Fetch.continueRequest", requestId=parameters["requestId"])

    async def _refusal(self, url: str) -> str | None:
        if url not in self._refusals:
            self._refusals[url] = await asyncio.to_thread(self._guard, url)
        return self._refusals[url]

    async def _fail(self, parameters: dict[str, Any], reason: str) -> None:
        await self._devtools.send("Fetch.failRequest", requestId=parameters["requestId"], errorReason=reason)

    async def _at_response(self, network_id: str, parameters: dict[str, Any]) -> None:
        hops = self._hops.get(network_id)
        if not hops or "responseErrorReason" in parameters:
            if hops:
                hops[-1].error = parameters.get("responseErrorReason", "")
            await self._devtools.send("Fetch.continueRequest", requestId=parameters["requestId"])
            return
        exchange = hops[-1]
        exchange.status = parameters["responseStatusCode"]
        exchange.status_text = parameters.get("responseStatusText", "")
        exchange.response_headers = tuple(
            (header["name"], header["value"]) for header in parameters.get("responseHeaders", ())
        )
        exchange.finished_at = datetime.now(UTC)
        if exchange.is_main_document and self.streams_main_document and _has_body(exchange):
            self._streamed[network_id] = exchange
            is_kept = True
        elif _has_body(exchange):
            is_kept = await self._read_body(exchange, parameters)
        else:
            is_kept = True
        if is_kept:
            await self._devtools.send("Fetch.continueRequest", requestId=parameters["requestId"])
        else:
            await self._fail(parameters, "Aborted")

    async def _read_body(self, exchange: Exchange, parameters: dict[str, Any]) -> bool:
        """Read the body into a file; False when a bound forbids it, and then the page does not get it either."""
        declared = exchange.header("content-length")
        room = self._bounds.total_bytes - self._bytes
        if declared.isdigit() and int(declared) > room:
            self._cut_body(exchange, "length", f"{declared} bytes, {room} left of {self._bounds.total_bytes}")
            return False
        try:
            answer = await self._devtools.send(
                "Fetch.getResponseBody",
                requestId=parameters["requestId"],
                timeout_seconds=self._bounds.response_seconds,
            )
        except TimeoutError:
            self._cut_body(exchange, "time", f"not complete after {self._bounds.response_seconds:g} seconds")
            return False
        body = base64.b64decode(answer["body"]) if answer["base64Encoded"] else answer["body"].encode()
        if len(body) > room:
            self._cut_body(exchange, "length", f"{len(body)} bytes decoded, {room} left of {self._bounds.total_bytes}")
            return False
        self._bytes += len(body)
        if body:
            exchange.body_path = self._new_body()
            exchange.body_path.write_bytes(body)
        exchange.body_size = len(body)
        exchange.finished_at = datetime.now(UTC)
        return True

    def _new_body(self) -> Path:
        return self._bodies / f"{next(self._body_numbers)}.body"

    async def _stream(self, session: str, network_id: str) -> None:
        answer = await self._devtools.send("Network.streamResourceContent", session, requestId=network_id)
        self._append(network_id, answer["bufferedData"])

    def _append(self, network_id: str, data: str) -> None:
        exchange = self._streamed.get(network_id)
        if exchange is None or exchange.truncated:
            return
        body = base64.b64decode(data)
        if self._bytes + len(body) > self._bounds.total_bytes:
            self._cut_body(exchange, "length", f"more than {self._bounds.total_bytes} bytes in all")
            return
        if exchange.body_path is None:
            exchange.body_path = self._new_body()
        with exchange.body_path.open("ab") as stream:
            stream.write(body)
        exchange.body_size += len(body)
        self._bytes += len(body)

    def _cut_body(self, exchange: Exchange, reason: str, detail: str) -> None:
        exchange.truncated = reason
        self.log.cuts.append(Cut("body", exchange.url, detail))

    def _complete(self, network_id: str, hops: list[Exchange]) -> None:
        """Give each hop its raw headers and the server's address, which come in the same order as the hops."""
        for hop, sent in zip(hops, self._sent[network_id], strict=False):
            hop.request_headers = tuple(sent["headers"].items())
        for hop, received in zip(hops, self._received[network_id], strict=False):
            if hop.status and (raw := _raw_headers(received)):
                hop.response_headers = raw
        answered = [hop for hop in hops if hop.status]
        for hop, met in zip(answered, self._met[network_id], strict=False):
            hop.server_address = _address(met)
            hop.protocol = met.get("protocol", "")


def _posted(request: dict[str, Any]) -> bytes:
    try:
        return b"".join(base64.b64decode(entry.get("bytes", "")) for entry in request.get("postDataEntries", ()))
    except binascii.Error:
        return str(request.get("postData", "")).encode()


def _has_body(exchange: Exchange) -> bool:
    if exchange.method == "HEAD" or exchange.status in BODILESS_STATUSES or 300 <= exchange.status < 400:
        return False
    media_type = exchange.header("content-type").partition(";")[0].strip().lower()
    if media_type in STREAM_TYPES:
        exchange.truncated = "unspecified"
        return False
    return True


def _raw_headers(received: dict[str, Any]) -> Headers:
    """The header lines as they stood on the wire; HTTP/2 has no such text, there the parsed ones serve."""
    lines = [line for line in received.get("headersText", "").split("\r\n")[1:] if line]
    if lines:
        pairs = (line.partition(":") for line in lines)
        return tuple((name.strip(), value.strip()) for name, colon, value in pairs if colon)
    return tuple((name, value) for name, values in received.get("headers", {}).items() for value in values.split("\n"))


def _address(response: dict[str, Any]) -> str:
    return str(response.get("remoteIPAddress", "")).strip("[]")
