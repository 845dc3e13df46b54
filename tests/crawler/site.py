"""A web for tests: one server on loopback that answers for any host name what a test puts there, hostile or not."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

HTML = "text/html; charset=utf-8"


class Request(BaseHTTPRequestHandler):
    """One request; a test's handler writes what it likes, well-formed or not, to `wfile`."""

    protocol_version = "HTTP/1.1"
    server: Server

    @property
    def host(self) -> str:
        return (self.headers.get("Host") or "").partition(":")[0]

    @property
    def only_path(self) -> str:
        return urlsplit(self.path).path

    def do_GET(self) -> None:
        site = self.server.site
        site.seen.append(Seen(self.host, self.path, dict(self.headers.items()), time.monotonic()))
        handler = site.handlers.get((self.host, self.only_path)) or site.handlers.get((self.host, "*"))
        if handler is None:
            self.answer("<h1>Không có</h1>", status=404)
        else:
            handler(self)

    def answer(
        self, body: str | bytes, content_type: str = HTML, status: int = 200, headers: dict[str, str] | None = None
    ) -> None:
        """Answer well-formed."""
        sent = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
        self.send_response(status)
        fields = {"Content-Type": content_type, "Content-Length": str(len(sent))} | (headers or {})
        for name, value in fields.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(sent)

    def start(self, content_type: str = HTML, **headers: str) -> None:
        """Begin an answer without a length, which ends when the connection does."""
        self.close_connection = True
        self.send_response(200)
        fields = {"Content-Type": content_type, "Connection": "close"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        for name, value in fields.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        return


Handler = Callable[[Request], None]


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that came in. `at` is monotonic seconds."""

    host: str
    path: str
    headers: dict[str, str]
    at: float


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    site: Site

    def handle_error(self, *_: Any) -> None:
        # Crawlers hang up on hostile answers; that is what the tests are about.
        return


@dataclass
class Site:
    """What the server answers, by host and path (`*` for every path of a host without a handler of its own)."""

    port: int
    handlers: dict[tuple[str, str], Handler] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)

    def url(self, host: str, path: str = "/") -> str:
        return f"http://{host}:{self.port}{path}"

    def page(self, host: str, path: str, body: str | bytes, content_type: str = HTML, **more: Any) -> str:
        """Answer `body` there; returns the address."""
        self.handlers[host, path] = lambda request: request.answer(body, content_type, **more)
        return self.url(host, path)

    def on(self, host: str, path: str, handler: Handler) -> str:
        """Let `handler` answer there; returns the address."""
        self.handlers[host, path] = handler
        return self.url(host, path)

    def redirect(self, host: str, path: str, location: str, status: int = 302) -> str:
        """Redirect from there to `location`; returns the address."""
        return self.page(host, path, "", status=status, headers={"Location": location})

    def paths(self, host: str) -> list[str]:
        """What was asked of this host, robots.txt left out, in order."""
        return [seen.path for seen in self.seen if seen.host == host and seen.path != "/robots.txt"]


@contextmanager
def serving() -> Iterator[Site]:
    """A site on a port of loopback, for as long as the block lasts."""
    server = Server(("127.0.0.1", 0), Request)
    server.site = Site(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.site
    finally:
        server.shutdown()
        server.server_close()


def article(title: str, text: str, more: str = "") -> str:
    """An innocent HTML page."""
    return (
        f"<!doctype html><html lang=vi><head><meta charset=utf-8><title>{title}</title></head>"
        f"<body><article><h1>{title}</h1><p>{text}</p>{more}</article></body></html>"
    )


LOAN_SCAM = (
    "Vay tiền nhanh online, nợ xấu vẫn vay được, không thẩm định, bao duyệt 100%. Giải ngân trong 5 phút. "
    "Chuyển trước phí bảo hiểm khoản vay 2 triệu đồng vào STK 0123456789 Vietcombank, liên hệ Zalo 0912 345 678."
)
"""What every strength of the rules calls a loan scam."""


def scam(title: str = "Vay nhanh", text: str = LOAN_SCAM, more: str = "") -> str:
    """A page that is a hit."""
    return f"<!doctype html><meta charset=utf-8><title>{title}</title><h1>{title}</h1><p>{text}</p>{more}"
