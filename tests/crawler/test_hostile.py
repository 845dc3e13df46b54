"""One crawl over a web that means harm: every page ends within its bound, by its name, and the crawl goes on."""

from __future__ import annotations

import gzip
import socket
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crawler.installation import Crawl, Installation
from tests.crawler.site import HTML, LOAN_SCAM, Request, Site, article, scam

TIMEOUT_SECONDS = 4
MAX_BYTES = 1_000_000
HOST = "hostile.test"


def endless(request: Request) -> None:
    request.start()
    while True:
        request.wfile.write(b"<p>" + b"x" * 10_000)


def dripping(request: Request) -> None:
    request.start()
    for _ in range(600):
        request.wfile.write(b"x")
        time.sleep(0.1)


def silent(request: Request) -> None:
    time.sleep(3 * TIMEOUT_SECONDS)


def hung_up(request: Request) -> None:
    request.close_connection = True
    request.connection.shutdown(socket.SHUT_RDWR)


def short_of_its_length(request: Request) -> None:
    request.close_connection = True
    request.answer("<p>x", headers={"Content-Length": "100000"})


def headers_without_end(request: Request) -> None:
    request.close_connection = True
    request.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        request.wfile.write(b"X-Flood: aaaaaaaaaaaaaaaaaaaa\r\n" * 100)


def one_long_header(request: Request) -> None:
    request.close_connection = True
    request.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 5_000_000 + b"\r\n\r\n<p>x")


def no_http_at_all(request: Request) -> None:
    request.close_connection = True
    request.wfile.write(b"\x00\x01\x02 nonsense\r\n\r\n")


def ever_elsewhere(request: Request) -> None:
    number = int(request.path.partition("=")[2] or 0)
    request.answer("", status=302, headers={"Location": f"/elsewhere?n={number + 1}"})


def lay_out(web: Site) -> dict[str, str]:
    """Every hostile page; address → what it must end in."""

    def page(path: str, body: str | bytes, content_type: str = HTML, **more: object) -> str:
        return web.page(HOST, path, body, content_type, **more)

    def redirect(path: str, location: str) -> str:
        return web.redirect(HOST, path, location)

    def refresh(path: str, to: str) -> str:
        return page(path, f"<meta http-equiv=refresh content='0;url={to}'>")

    with socket.create_server(("127.0.0.1", 0)) as free:
        dead_port = free.getsockname()[1]
    for path in ("/loop-b", "/refresh-b"):
        (redirect if "loop" in path else refresh)(path, path[:-1] + "a")
    web.on("robots-endless.test", "/robots.txt", endless)
    secret = f"http://127.0.0.1:{web.port}/secret"
    return {
        web.url(HOST, "/gone"): "http_404",
        page("/broken", "x", status=500): "http_500",
        page("/busy", "x", status=503, headers={"Retry-After": "86400"}): "told_to_wait",
        f"http://{HOST}:{dead_port}/": "connection_refused",
        "http://khong-co.invalid/": "unresolved_host",
        redirect("/loop-a", "/loop-b"): "redirect_loop",
        redirect("/itself", "/itself"): "redirect_loop",
        refresh("/refresh-a", "refresh-b"): "redirect_loop",
        web.on(HOST, "/elsewhere", ever_elsewhere): "too_many_redirects",
        redirect("/to-loopback", secret): "address_refused",
        redirect("/to-decimal", f"http://2130706433:{web.port}/secret"): "address_refused",
        redirect("/to-name", f"http://localhost:{web.port}/secret"): "address_refused",
        redirect("/to-metadata", "http://169.254.169.254/latest/meta-data/"): "address_refused",
        redirect("/to-mapped", f"http://[::ffff:127.0.0.1]:{web.port}/secret"): "address_refused",
        redirect("/to-file", "file:///etc/passwd"): "address_refused",
        redirect("/to-data", "data:text/html,<p>x"): "address_refused",
        redirect("/to-malformed", "http://[sai/"): "bad_redirect",
        refresh("/refresh-loopback", secret): "address_refused",
        page("/large", "<p>" + "x" * 50_000_000): "too_large",
        web.on(HOST, "/endless", endless): "too_large",
        page("/gzip-bomb", gzip.compress(b"<p>" * 20_000_000), headers={"Content-Encoding": "gzip"}): "too_large",
        page("/deflate-bomb", zlib.compress(b"<p>" * 20_000_000), headers={"Content-Encoding": "deflate"}): "too_large",
        web.on(HOST, "/dripping", dripping): "timeout",
        web.on(HOST, "/silent", silent): "timeout",
        web.on(HOST, "/hung-up", hung_up): "connection_lost",
        web.on(HOST, "/short", short_of_its_length): "cut_short",
        web.on(HOST, "/headers", headers_without_end): "timeout",
        web.on(HOST, "/one-header", one_long_header): "connection_lost",
        web.on(HOST, "/nonsense", no_http_at_all): "connection_lost",
        f"https://{HOST}:{web.port}/": "tls_error",
        page("/paper.pdf", b"%PDF-1.7 x", "application/pdf"): "not_html",
        page("/paper", b"%PDF-1.7 x"): "not_html",
        page("/picture", b"\x89PNG\r\n\x1a\n" + bytes(1000)): "not_html",
        page("/program", b"MZ\x90" + bytes(1000), "application/octet-stream"): "not_html",
        page("/empty", "", "application/json"): "not_html",
    }


def lay_out_readable(web: Site) -> list[str]:
    """Pages that only look forbidding, each of them a scam; their addresses."""
    text = f"<p>{LOAN_SCAM}</p>"
    legacy = f"<html><head><meta charset=utf-8><title>Vay</title></head><body>{text}</body></html>"
    pages = {
        "/wrong-charset": (legacy.encode("utf-8"), "text/html; charset=iso-8859-1"),
        "/no-text-codec": (legacy.encode("utf-8"), "text/html; charset=base64"),
        "/deep": ("<div>" * 100_000 + text, HTML),
        "/links": (text + "".join(f"<a href='/{i}'>l</a>" for i in range(30_000)), HTML),
        "/broken-markup": (f"<table><p><b><i>{text}</table></b></p><div", HTML),
        "/cookies": (text, HTML),
        "/odd-links": (text + "<a href='http://[sai'>x</a><a href='//'>y</a><a href='http://a b'>z</a>", HTML),
        "/late-refresh": (f"<meta http-equiv=refresh content='900;url=/gone'>{text}", HTML),
        "/bad-refresh": (f"<meta http-equiv=refresh content='0;url=http://[sai'>{text}", HTML),
    }
    more = {"/cookies": {"headers": {"Set-Cookie": "a=" + "x" * 10_000}}}
    for host in ("read.vn", "robots-endless.test"):
        web.page(host, "/", scam())
    made = [web.page("read.vn", path, body, kind, **more.get(path, {})) for path, (body, kind) in pages.items()]
    return [*made, web.url("robots-endless.test")]


@pytest.fixture(scope="module")
def expected(web: Site) -> dict[str, str]:
    return lay_out(web)


@pytest.fixture(scope="module")
def readable(web: Site) -> list[str]:
    return lay_out_readable(web)


@pytest.fixture(scope="module")
def crawled(
    web: Site, expected: dict[str, str], readable: list[str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Crawl, Installation]]:
    settings = {"crawl": {"timeout_seconds": TIMEOUT_SECONDS, "max_page_bytes": MAX_BYTES, "max_redirects": 5}}
    installation = Installation(tmp_path_factory.mktemp("hostile"), settings)
    listed = installation.sources / "all.txt"
    listed.write_text("\n".join([*expected, *readable]), "utf-8")
    name = installation.source("hostile", "links", "all.txt", limits={"concurrency": 16})
    yield installation.crawl(name, timeout=120), installation


def test_every_page_ends_by_its_name(crawled: tuple[Crawl, Installation], expected: dict[str, str]) -> None:
    crawl, _ = crawled
    assert {failure.url: failure.kind for failure in crawl.failures if failure.url in expected} == expected


def test_the_crawl_went_on_and_says_so(crawled: tuple[Crawl, Installation], readable: list[str]) -> None:
    crawl, installation = crawled
    assert {hit.url for hit in installation.hits()} == set(readable)
    assert crawl.exit_status == 3
    assert crawl.run is not None
    assert crawl.run.state == "finished"
    assert sum(crawl.run.failures.values()) == len(crawl.failures)
    assert crawl.ending["failures"] == dict(crawl.run.failures)
    assert all(failure.detail for failure in crawl.failures)
    assert crawl.ending["seconds"] < 60


def test_what_was_wrong_with_a_page_that_was_read_is_told(crawled: tuple[Crawl, Installation]) -> None:
    crawl, _ = crawled
    told = {url.rpartition("/")[2] for url in crawl.urls("wrong_charset")}
    assert told == {"wrong-charset", "no-text-codec"}


def test_nothing_reached_the_inside(crawled: tuple[Crawl, Installation], web: Site) -> None:
    assert not [seen for seen in web.seen if seen.path == "/secret"]
    assert not [seen for seen in web.seen if seen.host in ("127.0.0.1", "localhost", "2130706433")]


def test_everything_is_in_the_log_one_event_a_line(crawled: tuple[Crawl, Installation]) -> None:
    crawl, _ = crawled
    told = [line for line in crawl.log if line["logger"] == "crawler.recorder"]
    assert len(told) == len(crawl.failures)
    assert {line["run_id"] for line in told} == {crawl.run.id if crawl.run else 0}


def test_a_busy_site_is_asked_less_often(web: Site, tmp_path: Path) -> None:
    answers = iter([429, 200, 200, 200])

    def busy(request: Request) -> None:
        status = next(answers, 200)
        headers = {"Retry-After": "1"} if status == 429 else {}
        request.answer(article("Tin", "Mùa màng. " * 30), status=status, headers=headers)

    for number in range(3):
        web.on("busy.test", f"/{number}", busy)
    installation = Installation(tmp_path, {"crawl": {"retries": 1}})
    addresses = "\n".join(web.url("busy.test", f"/{number}") for number in range(3))
    (installation.sources / "a.txt").write_text(addresses, "utf-8")
    name = installation.source("busy", "links", "a.txt", limits={"concurrency": 1}, robots_lifted_by="QĐ 1")
    crawl = installation.crawl(name)
    assert (crawl.exit_status, crawl.failures) == (0, [])
    times = [seen.at for seen in web.seen if seen.host == "busy.test"]
    assert len(times) == 4
    # One request may have been under way already when the answer came.
    assert times[2] - times[1] > 0.4
    assert not [seen for seen in web.seen if seen.host == "busy.test" and seen.path == "/robots.txt"]
