"""DemoWeb: the demo web served from one loopback port, routed by host name."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crawler.demo import advertising, feeds, landing, news, social
from crawler.demo.document import Address, Document

SOURCES = Path(__file__).with_name("sources")
PACK = Path(__file__).with_name("pack")
"""Folder with the `brands.csv` of the demo web's invented brands."""

LAST_DAY = 2
START_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """One request that the demo web answered. `path` carries the query."""

    method: str
    host: str
    path: str
    user_agent: str
    status: int


Answers = dict[tuple[str, str], list[Document]]


def answers(day: int, address: Address) -> Answers:
    """All documents of `day` by host and path; several where devices see different ones."""
    table: Answers = {}
    for site in (news, advertising, social, landing, feeds):
        for document in site.documents(day, address):
            table.setdefault((document.host, document.path), []).append(document)
    return table


@dataclass
class DemoWeb:
    """The demo web while it is served; `serve` starts and stops it.

    `requests` holds every request answered so far, oldest first.
    """

    port: int
    day: int = 1
    requests: list[SeenRequest] = field(default_factory=list)
    _answers: Answers = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self._answers = answers(self.day, Address(self.port))

    @classmethod
    @contextmanager
    def serve(cls, port: int = 0) -> Iterator[DemoWeb]:
        """The demo web on 127.0.0.1 at `port` (0: a free one) until the block ends.

        Raises OSError where the port is taken and RuntimeError where the server does not start.
        """
        with socket.create_server(("127.0.0.1", port)) as listener:
            # Accepted connections inherit it; asyncio sets it only on sockets that were made as IPPROTO_TCP.
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            web = cls(listener.getsockname()[1])
            with _running(web.application(), listener):
                yield web

    def url(self, host: str, path: str = "/") -> str:
        """The absolute address of `path` on `host`."""
        return Address(self.port).url(host, path)

    def advance(self) -> None:
        """Move the web to its second day: new posts, edited and removed pages. Once there, it stays there."""
        self.day = min(self.day + 1, LAST_DAY)
        self._answers = answers(self.day, Address(self.port))

    def hosts(self) -> tuple[str, ...]:
        """Every host that answers, sorted."""
        return tuple(sorted({host for host, _ in self._answers}))

    def documents(self) -> tuple[Document, ...]:
        """Every document of the present day."""
        return tuple(document for documents in self._answers.values() for document in documents)

    def write_sources(self, folder: Path) -> tuple[Path, ...]:
        """Write the demo's source files to `folder`, with the port filled in, and return them."""
        folder.mkdir(parents=True, exist_ok=True)
        written = []
        for template in sorted(SOURCES.glob("*.yaml")):
            target = folder / template.name
            target.write_text(template.read_text("utf-8").replace("{port}", str(self.port)), "utf-8")
            written.append(target)
        return tuple(written)

    def application(self) -> Starlette:
        """The ASGI application that answers for all hosts."""
        return Starlette(routes=[Route("/{path:path}", self._answer)])

    async def _answer(self, request: Request) -> Response:
        host = (request.url.hostname or "").lower()
        path = request.url.path
        with_query = f"{path}?{request.url.query}" if request.url.query else path
        user_agent = request.headers.get("user-agent", "")
        document = self._document(host, path, with_query, is_mobile=_is_mobile(user_agent))
        self.requests.append(SeenRequest(request.method, host, with_query, user_agent, document.status))
        if document.delay_seconds:
            await asyncio.sleep(document.delay_seconds)
        response = Response(document.body, status_code=document.status)
        response.headers["content-type"] = document.media_type
        if document.location:
            response.headers["location"] = document.location
        return response

    def _document(self, host: str, path: str, with_query: str, is_mobile: bool) -> Document:
        candidates = self._answers.get((host, with_query)) or self._answers.get((host, path)) or []
        device = "mobile" if is_mobile else "desktop"
        for candidate in candidates:
            if candidate.device in ("any", device):
                return candidate
        missing = "Không tìm thấy trang này.\n"
        return Document(host, path, missing.encode(), media_type="text/plain; charset=utf-8", status=404)


def _is_mobile(user_agent: str) -> bool:
    return re.search(r"Mobile|Android|iPhone", user_agent) is not None


@contextmanager
def _running(application: Starlette, listener: socket.socket) -> Iterator[None]:
    """Serve `application` on `listener` from a thread until the block ends."""
    config = uvicorn.Config(
        application,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="demo-web", daemon=True)
    thread.start()
    deadline = time.monotonic() + START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RuntimeError(f"the demo web did not start within {START_SECONDS:.0f} s on {listener.getsockname()}")
        time.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()
