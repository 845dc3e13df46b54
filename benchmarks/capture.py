"""A capture's price: ours beside a bare Playwright script that loads and pictures the same pages, in one run.

Both wait until the page has loaded and been quiet for the same time, and take a screenshot of the whole page and its
DOM. Ours also records every exchange with its body, seals, signs, stores and logs. Rounds alternate, and the ratio is
the median of the rounds' ratios.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.async_api import Browser, async_playwright

from evidence.browser import Chromium, find_chromium, launch_arguments
from evidence.capture import Capturer, memory_of
from evidence.custodian import Custodian
from evidence.request import CaptureRequest
from evidence.settings import CaptureBounds
from evidence.signing import SigningKey
from evidence.vault import FolderVault

ROUNDS = 7
IMAGES = 12
QUIET_SECONDS = CaptureBounds().quiet_seconds
_ART = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 200
_STYLE = gzip.compress(b"h1 { color: #a00 } p { margin: 1em } " * 200)


class _LandingPage(BaseHTTPRequestHandler):
    """A page of a usual make: text, a style sheet, pictures, a script that adds to it."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path.endswith(".css"):
            self._answer(_STYLE, "text/css", "gzip")
        elif self.path.endswith(".jpg"):
            self._answer(_ART, "image/jpeg")
        else:
            pictures = "".join(f"<img src=/{number}.jpg width=300 height=120>" for number in range(IMAGES))
            text = "<p>Gửi tiền hôm nay, nhận lãi 30% mỗi tháng, cam kết hoàn vốn.</p>" * 80
            script = "<script>document.body.append('thêm bằng mã')</script>"
            self._answer(
                f"<!doctype html><title>Lãi cao</title><link rel=stylesheet href=/a.css>"
                f"<h1>Lãi cao</h1>{text}{pictures}{script}".encode(),
                "text/html; charset=utf-8",
            )

    def _answer(self, body: bytes, kind: str, encoding: str = "") -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        if encoding:
            self.send_header("Content-Encoding", encoding)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@contextlib.contextmanager
def _site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _LandingPage)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


@dataclass(frozen=True, slots=True)
class CaptureFigures:
    """Seconds a capture takes, ours sealed and stored, and a bare script's; medians. Memory is the browser's."""

    ours_seconds: float
    bare_seconds: float
    ratio: float
    sealed_bytes: int
    memory_megabytes: int


def measure(rounds: int = ROUNDS) -> CaptureFigures:
    """Capture the page `rounds` times both ways, after one round to warm up."""
    chromium = find_chromium(None)
    if chromium is None:
        raise SystemExit("no Chromium on this machine; run: playwright install chromium")
    folder = Path(tempfile.mkdtemp())
    try:
        with _site() as url:
            return asyncio.run(_measure(chromium, folder, url, rounds))
    finally:
        shutil.rmtree(folder)


async def _measure(chromium: Chromium, folder: Path, url: str, rounds: int) -> CaptureFigures:
    vault = FolderVault(folder / "vault")
    custodian, _ = Custodian.open(vault, SigningKey.load_or_create(folder / "keys"))
    ours, bare, sealed = [], [], 0
    async with async_playwright() as playwright, Capturer(chromium, _allow, workspace=vault.workspace) as capturer:
        browser = await playwright.chromium.launch(
            executable_path=chromium.executable, args=list(launch_arguments()), chromium_sandbox=False
        )
        for _ in range(rounds + 1):
            bare.append(await _bare(browser, url))
            started = time.perf_counter()
            record = custodian.keep(await capturer.capture(CaptureRequest(url, "bench", "")))
            ours.append(time.perf_counter() - started)
            sealed = sum(stored.size for stored in record.files.values())
        await browser.close()
        memory = memory_of(capturer.browser_pid or 0)
    ratios = [one / other for one, other in zip(ours[1:], bare[1:], strict=True)]
    return CaptureFigures(
        ours_seconds=round(statistics.median(ours[1:]), 3),
        bare_seconds=round(statistics.median(bare[1:]), 3),
        ratio=round(statistics.median(ratios), 2),
        sealed_bytes=sealed,
        memory_megabytes=memory >> 20,
    )


async def _bare(browser: Browser, url: str) -> float:
    """What a script of twenty lines does: a context, a page, load, quiet, picture, DOM."""
    started = time.perf_counter()
    context = await browser.new_context(viewport={"width": 1366, "height": 768})
    page = await context.new_page()
    await page.goto(url, wait_until="load")
    await asyncio.sleep(QUIET_SECONDS)
    await page.screenshot(full_page=True)
    await page.content()
    await page.inner_text("body")
    await context.close()
    return time.perf_counter() - started


def _allow(url: str) -> None:
    """The guard of the benchmark: its one site is on loopback."""


if __name__ == "__main__":
    print(json.dumps(asdict(measure())))
