"""A small hostile web on loopback, and a room of evidence over it."""

from __future__ import annotations

import gzip
import struct
import threading
import time
import zlib
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from evidence.custodian import Custodian
from evidence.plain import HttpCapturer
from evidence.request import CaptureRequest
from evidence.signing import KeyRing, SigningKey
from evidence.vault import CaptureRecord, FolderVault


def png(width: int, height: int, noise: bytes = b"") -> bytes:
    """A grey PNG; `noise` goes into a text chunk, to make it as heavy as wanted."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\x80" * width) * height)
    text = chunk(b"tEXt", b"noise\0" + noise) if noise else b""
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + text + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


PAGES: dict[str, str] = {
    "/": "<!doctype html><html lang=vi><title>Lãi suất 30%</title><body><h1>Gửi tiền nhận lãi</h1>"
    "<link rel=stylesheet href=/style.css><img src=/grey.png><img src=/missing.png>"
    "<script>document.body.append('viết bằng mã')</script>",
    "/framed": "<title>ngoài</title><p>trang ngoài</p><iframe src='http://khung.test:{port}/frame'></iframe>"
    "<iframe src=/same></iframe>",
    "/frame": "<p>chữ trong khung</p><script>fetch('/from-frame')</script>",
    "/same": "<p>khung cùng nhà</p>",
    "/worker": "<p>thợ</p><script>new Worker('/worker.js')</script>",
    "/refused-part": "<p>có phần cấm</p><img src='http://noi-bo.test:{port}/secret.png'>",
    "/refused-jump": "<p>nhảy</p><script>location='http://noi-bo.test:{port}/secret'</script>",
    "/script-jump": "<p>đi</p><script>location='/landed'</script>",
    "/landed": "<title>tới nơi</title><p>đã tới</p>",
    "/alerts": "<p>hộp thoại</p><script>while(true) alert('bấm đi')</script>",
    "/hang": "<p>treo</p><script>setTimeout(()=>{while(true);},50)</script>",
    "/websocket": "<p>ổ cắm</p><script>new WebSocket('ws://127.0.0.1:{port}/socket');"
    "new Worker(URL.createObjectURL(new Blob([`new WebSocket('ws://localhost:{port}/socket')`])))</script>",
    "/popup": "<p>cửa sổ</p><a id=a target=_blank href=/landed>x</a><script>a.click();open('/landed')</script>",
    "/heavy": "<p>nặng</p><img src=/heavy.png>",
    "/many": "<p>nhiều</p><script>for(let i=0;i<60;i++)new Image().src='/grey.png?'+i</script>",
    "/tall": "<title>cao</title><div style='height:40000px;background:linear-gradient(red,blue)'></div>",
    "/slow-part": "<p>chờ</p><img src=/never.png>",
    "/post": "<p>gửi</p><script>fetch('/echo',{method:'POST',body:'số=1'})</script>",
    "/forge": "<title>thật</title><p>chữ thật</p><script>"
    "Object.defineProperty(HTMLElement.prototype,'innerText',{get:()=>'giả'})</script>",
    "/service-worker": "<p>sw</p><script>navigator.serviceWorker.register('/sw.js').catch(e=>0)</script>",
}


class HostileHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: HostileSite

    def log_message(self, format: str, *arguments: object) -> None:
        """Keep quiet."""

    def answer(self, body: bytes, kind: str = "text/html; charset=utf-8", status: int = 200, **extra: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in extra.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen[self.path] += 1
        self.answer(b"got " + body, "text/plain")

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.server.seen[path] += 1
        self.server.agents.add(self.headers.get("User-Agent", ""))
        if path in PAGES:
            self.answer(PAGES[path].replace("{port}", str(self.server.server_port)).encode())
            return
        special = getattr(self, "page_" + path.strip("/").replace("-", "_").replace(".", "_"), None)
        if special is None:
            self.answer(b"khong co", "text/plain", 404)
        else:
            special()

    def page_style_css(self) -> None:
        self.answer(gzip.compress(b"h1 { color: rgb(200, 0, 0) }" * 40), "text/css", Content_Encoding="gzip")

    def page_grey_png(self) -> None:
        self.answer(png(40, 40), "image/png")

    def page_heavy_png(self) -> None:
        self.answer(png(40, 40, b"x" * 20_000_000), "image/png")

    def page_worker_js(self) -> None:
        self.answer(b"fetch('/from-worker')", "text/javascript")

    def page_sw_js(self) -> None:
        self.answer(b"fetch('/from-service-worker')", "text/javascript")

    def page_from_frame(self) -> None:
        self.answer(b"1", "text/plain")

    page_from_worker = page_from_service_worker = page_from_frame

    def page_legacy(self) -> None:
        text = "<meta charset=windows-1258><p>việc nhẹ</p>".encode("cp1258", "ignore")
        self.answer(text, "text/html; charset=windows-1258")

    def page_first(self) -> None:
        self.answer(b"", status=302, Location="/second")

    def page_second(self) -> None:
        self.answer(b"", status=301, Location=f"http://khac.test:{self.server.server_port}/landed")

    def page_loop(self) -> None:
        self.answer(b"", status=302, Location="/loop")

    def page_to_inside(self) -> None:
        self.answer(b"", status=302, Location=f"http://noi-bo.test:{self.server.server_port}/secret")

    def page_download(self) -> None:
        self.answer(b"PK\3\4 not a page", "application/zip", Content_Disposition="attachment; filename=app.apk")

    def page_empty(self) -> None:
        self.send_response(204)
        self.end_headers()

    def page_bomb(self) -> None:
        self.answer(gzip.compress(b"<p>" + b"0" * 30_000_000), Content_Encoding="gzip")

    def page_endless(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        try:
            for number in range(600):
                self.wfile.write(f"<p>dòng {number}</p>".encode())
                self.wfile.flush()
                time.sleep(0.1)
        except OSError:
            pass
        self.close_connection = True

    def page_never_png(self) -> None:
        self.server.held.set()
        self.server.stopping.wait(60)
        self.close_connection = True

    page_silent = page_never_png

    def page_reset(self) -> None:
        self.close_connection = True
        self.connection.close()


class HostileSite(ThreadingHTTPServer):
    """Serves the pages above; counts what was asked for."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), HostileHandler)
        self.seen: Counter[str] = Counter()
        self.agents: set[str] = set()
        self.held = threading.Event()
        """A visitor waits for an answer that does not come."""
        self.stopping = threading.Event()

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that hangs up is none of our errors."""

    def url(self, path: str, host: str = "xau.test") -> str:
        return f"http://{host}:{self.server_port}{path}"


LOOPBACK = {"*.test": "127.0.0.1"}


def guard(url: str) -> str | None:
    """Refuses one host, as the crawler's guard refuses the inside of a network."""
    return "inside address" if "//noi-bo.test" in url else None


def ask(url: str, **more: str) -> CaptureRequest:
    return CaptureRequest(url, more.get("requested_by", "Lan"), more.get("reason", "hồ sơ 12"))


class Room:
    """A custodian over a vault of its own, filled by plain HTTP, which is quick."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.vault = FolderVault(root / "vault")
        self.key = SigningKey.load_or_create(root / "keys")
        self.custodian = self.reopen()

    def reopen(self) -> Custodian:
        """The custodian that the next process would have."""
        trusted = KeyRing.from_folder(self.root / "keys")
        self.custodian, self.recovery = Custodian.open(FolderVault(self.root / "vault"), self.key, trusted)
        return self.custodian

    async def capture(self, url: str) -> CaptureRecord:
        capturer = HttpCapturer(guard, workspace=self.vault.workspace, host_addresses=LOOPBACK)
        return self.custodian.keep(await capturer.capture(ask(url)))
