"""Pages per second: our whole pipeline beside bare Scrapy, against one local server, in one run.

Both fetch the same 20 kB pages with the same concurrency from a server in a process of its own. Ours also reads text,
links, forms and contacts, judges, and keeps a run in the records; bare Scrapy only calls an empty callback.
Rounds alternate, and the ratio is the median of the rounds' ratios, so that a machine whose speed drifts is
fair to both.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import random
import statistics
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path

PAGE_BYTES = 20_000
CONCURRENCY = 16
_VOCABULARY = (
    "người dân xã nông thôn mới thu hoạch vụ mùa đường giao thông học sinh khai giảng bệnh viện bác sĩ "
    "thời tiết mưa lớn bóng đá trận đấu lễ hội văn hóa chợ phiên cây giống phân bón giá cả thị trường "
    "doanh nghiệp đầu tư nhà máy công nhân hợp tác xã du lịch di tích lịch sử hội thảo kế hoạch ngân sách"
)
_WORDS = _VOCABULARY.split()
_BARE = """
import json, sys, time
from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
first, count, concurrency = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
class Bare(Spider):
    name = "bare"
    read = 0
    async def start(self):
        self.started = time.perf_counter()
        for number in range(count):
            yield Request(f"{first}bai-{number}.html", self.parse)
    def parse(self, response):
        self.read += 1
    def closed(self, reason):
        print(json.dumps({"pages": self.read, "seconds": time.perf_counter() - self.started}))
process = AsyncCrawlerProcess({"LOG_LEVEL": "ERROR", "CONCURRENT_REQUESTS": concurrency,
    "CONCURRENT_REQUESTS_PER_DOMAIN": concurrency, "DOWNLOAD_DELAY": 0, "TELNETCONSOLE_ENABLED": False})
process.crawl(Bare)
process.start()
"""


@dataclass(frozen=True, slots=True)
class CrawlFigures:
    """Pages per second, medians over the rounds; `ratio` is the median of ours over bare, round by round."""

    pages_per_second: float
    bare_pages_per_second: float
    ratio: float
    pages: int
    rounds: int


def measure(pages: int = 1500, rounds: int = 3) -> CrawlFigures:
    """Crawl `pages` pages with both, `rounds` times in turn."""
    with _serving(pages) as port, tempfile.TemporaryDirectory() as folder:
        settings = _installation(Path(folder), port, pages)
        ours, bare = [], []
        for _ in range(rounds):
            first = f"http://127.0.0.1:{port}/"
            bare.append(_run([sys.executable, "-c", _BARE, first, str(pages), str(CONCURRENCY)], pages))
            environment = {"LUOITROI_SETTINGS": str(settings)}
            ours.append(_run([sys.executable, "-m", "crawler.process", "bench"], pages, environment))
    return CrawlFigures(
        pages_per_second=round(statistics.median(ours), 1),
        bare_pages_per_second=round(statistics.median(bare), 1),
        ratio=round(statistics.median(our / other for our, other in zip(ours, bare, strict=True)), 3),
        pages=pages,
        rounds=rounds,
    )


def _run(command: list[str], pages: int, environment: dict[str, str] | None = None) -> float:
    """Pages per second of one crawl, as it says itself."""
    told = subprocess.run(
        command, env={**os.environ, **(environment or {})}, capture_output=True, text=True, check=False, timeout=600
    )
    last = json.loads(told.stdout.splitlines()[-1])
    if last["pages"] != pages:
        raise RuntimeError(f"read {last['pages']} of {pages} pages: {told.stdout[-500:]} {told.stderr[-2000:]}")
    return float(last["pages"]) / float(last["seconds"])


def _installation(folder: Path, port: int, pages: int) -> Path:
    sources = folder / "sources"
    sources.mkdir()
    (sources / "bench.yaml").write_text(
        textwrap.dedent(f"""\
        name: bench
        title: Benchmark
        kind: news
        every: 1d
        start: ["http://127.0.0.1:{port}/sitemap.xml"]
        limits: {{pages: {pages}, delay_seconds: 0, concurrency: {CONCURRENCY}}}
        """),
        "utf-8",
    )
    settings = folder / "luoitroi.toml"
    settings.write_text(
        f'data_dir = "{folder}"\nallow_private_addresses = true\n[crawl]\nsources = ["{sources}"]\n', "utf-8"
    )
    return settings


def article(number: int) -> bytes:
    """An innocent news page of about `PAGE_BYTES` bytes, different for every number."""
    rng = random.Random(number)
    head = f"<!doctype html><html lang='vi'><head><meta charset='utf-8'><title>Bài {number}</title></head><body><nav>"
    menu = "".join(f"<a href='/muc-{i}/'>{rng.choice(_WORDS)} {rng.choice(_WORDS)}</a>" for i in range(60))
    parts = [head, menu, f"</nav><article><h1>Bài {number}</h1>"]
    size = sum(len(part.encode()) for part in parts)
    while size < PAGE_BYTES - 400:
        words = " ".join(rng.choices(_WORDS, k=60))
        part = f"<p>{words.capitalize()}, <a href='/bai-{rng.randrange(10_000)}.html'>{rng.choice(_WORDS)}</a>.</p>"
        parts.append(part)
        size += len(part.encode())
    return ("".join(parts) + "</article><footer>Tòa soạn</footer></body></html>").encode()


class _Server(asyncio.Protocol):
    """Just enough HTTP/1.1 with keep-alive to be faster than any client here."""

    answers: dict[bytes, bytes]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.received = b""

    def data_received(self, data: bytes) -> None:
        self.received += data
        while b"\r\n\r\n" in self.received:
            request, _, self.received = self.received.partition(b"\r\n\r\n")
            path = request.split(b" ", 2)[1]
            answer = self.answers.get(path, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            self.transport.write(answer)  # type: ignore[attr-defined]


def _answer(content_type: bytes, body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s" % (content_type, len(body), body)


def _serve(pages: int, told: Connection) -> None:
    async def run() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(_Server, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        links = "".join(f"<url><loc>http://127.0.0.1:{port}/bai-{i}.html</loc></url>" for i in range(pages))
        namespace = "http://www.sitemaps.org/schemas/sitemap/0.9"
        sitemap = f'<?xml version="1.0"?><urlset xmlns="{namespace}">{links}</urlset>'.encode()
        _Server.answers = {
            f"/bai-{number}.html".encode(): _answer(b"text/html; charset=utf-8", article(number))
            for number in range(pages)
        } | {b"/sitemap.xml": _answer(b"application/xml", sitemap)}
        told.send(port)
        await server.serve_forever()

    asyncio.run(run())


@contextmanager
def _serving(pages: int) -> Iterator[int]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=_serve, args=(pages, theirs), daemon=True)
    server.start()
    try:
        yield ours.recv()
    finally:
        server.terminate()
        server.join()


if __name__ == "__main__":
    print(json.dumps(asdict(measure())))
