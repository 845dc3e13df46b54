"""Rendering in a crawl: pages of a hostile script's making end by name, and nothing of the inside is reached."""

from __future__ import annotations

from collections.abc import Iterator

import psutil
import pytest

from crawler.renderer import render_seconds
from crawler.settings import load_settings
from crawler.source import Source
from tests.crawler.installation import Crawl, Installation
from tests.crawler.site import HTML, LOAN_SCAM, Request, Site, scam

TIMEOUT_SECONDS = 5
MAX_BYTES = 2_000_000
HOST = "rendered.test"


def endless(request: Request) -> None:
    request.start()
    while True:
        request.wfile.write(b"<p>" + b"x" * 100_000)


def hung_up(request: Request) -> None:
    request.close_connection = True
    request.wfile.write(b"")
    request.connection.close()


def lay_out(web: Site) -> dict[str, str]:
    """Every page that cannot be read; address → what it must end in."""
    inside = f"127.0.0.1:{web.port}/secret"
    web.redirect(HOST, "/loop-b", "/loop-a")
    script = "setInterval(() => {}, 1); addEventListener('load', () => setTimeout(() => { while (true) {} }, 0))"

    def page(path: str, body: str | bytes, content_type: str = HTML, **more: object) -> str:
        return web.page(HOST, path, body, content_type, **more)

    return {
        web.url(HOST, "/gone"): "http_404",
        web.redirect(HOST, "/loop-a", "/loop-b"): "redirect_loop",
        web.redirect(HOST, "/to-inside", f"http://{inside}"): "address_refused",
        web.redirect(HOST, "/to-tunnel", f"https://{inside}"): "address_refused",
        web.redirect(HOST, "/to-file", "file:///etc/passwd"): "address_refused",
        "http://khong-co.invalid/": "unresolved_host",
        page("/stuck", f"<p>x<script>{script}</script>"): "timeout",
        page("/at-once", "<p>x<script>while (true) {}</script>"): "timeout",
        web.on(HOST, "/endless", endless): "too_large",
        page("/grown", "<p id=p><script>p.textContent = 'x'.repeat(5_000_000)</script>"): "too_large",
        web.on(HOST, "/hung-up", hung_up): "connection_lost",
        page("/paper.pdf", b"%PDF-1.4\n%%EOF", "application/pdf"): "not_html",
        page("/file.zip", b"PK\x03\x04" + bytes(100), "application/zip"): "not_html",
    }


def lay_out_readable(web: Site) -> list[str]:
    """Pages that are read although their scripts try what they can; each becomes a scam by script."""
    inside = f"127.0.0.1:{web.port}/secret"
    tries = (
        f"fetch('http://{inside}?fetch'); new Image().src = 'http://{inside}?image';"
        f"navigator.sendBeacon('http://{inside}?beacon');"
        f"try {{ new WebSocket('ws://{inside}?socket') }} catch (e) {{}};"
        f"document.write(`<iframe src='http://{inside}?frame'></iframe>`);"
        "document.write(`<iframe src='file:///etc/passwd'></iframe>`);"
        f"window.open('http://{inside}?popup'); open('{web.url('popup.test')}');"
        "new RTCPeerConnection({iceServers: [{urls: 'stun:127.0.0.1:3478'}]}).createDataChannel('x');"
    )
    shown = f"document.body.insertAdjacentHTML('beforeend', {f'<p>{LOAN_SCAM}</p>'!r});"
    web.page("popup.test", "/", "<script>while (true) {}</script>")
    asks = (
        "alert(1); confirm(2); prompt(3); Notification.requestPermission();"
        "navigator.geolocation.getCurrentPosition(x => 1);"
    )
    pages = {
        "/leaves": f"<title>Vay</title><body><script>{shown} location.href = 'http://{inside}?left'</script>",
        "/refreshes": f"<meta http-equiv=refresh content='0;url=http://{inside}?refresh'><body><script>{shown}</script>",
        "/tries": f"<title>Vay</title><body><script>{tries}{shown}</script>",
        "/asks": f"<title>Vay</title><body><script>try {{ {asks} }} catch (e) {{}} {shown}</script>",
        "/error": f"<title>Vay</title><body><script>{shown} throw new Error('x')</script>",
        "/named": f"<title>Vay</title><body><script>navigator.userAgent.includes('LuoiTroi') && {shown}</script>",
    }
    return [web.page(HOST, path, body) for path, body in pages.items()]


@pytest.fixture(scope="module")
def expected(web: Site) -> dict[str, str]:
    return lay_out(web)


@pytest.fixture(scope="module")
def readable(web: Site) -> list[str]:
    return lay_out_readable(web)


@pytest.fixture(scope="module")
def crawled(
    expected: dict[str, str], readable: list[str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Crawl, Installation]]:
    settings = {
        "crawl": {"timeout_seconds": TIMEOUT_SECONDS, "max_page_bytes": MAX_BYTES},
        "browser": {"pages": 4},
    }
    installation = Installation(tmp_path_factory.mktemp("rendered"), settings)
    (installation.sources / "all.txt").write_text("\n".join([*expected, *readable]), "utf-8")
    name = installation.source("rendered", "links", "all.txt", render=True)
    yield installation.crawl(name, timeout=120), installation


@pytest.mark.browser
def test_every_page_ends_by_its_name(
    crawled: tuple[Crawl, Installation], expected: dict[str, str], readable: list[str]
) -> None:
    crawl, _ = crawled
    kinds = {failure.url: failure.kind for failure in crawl.failures}
    # Whether a page that sends itself elsewhere is read before it does is the page's luck; while it does, it cannot be.
    left = {url: kinds.pop(url, "address_refused") for url in readable if url.endswith(("/leaves", "/refreshes"))}
    assert kinds == expected
    assert set(left.values()) <= {"address_refused", "browser_failed"}
    assert crawl.exit_status == 3
    assert crawl.ending["seconds"] < 90


@pytest.mark.browser
def test_the_crawl_went_on(crawled: tuple[Crawl, Installation], readable: list[str]) -> None:
    crawl, installation = crawled
    unread = set(readable) - {hit.url for hit in installation.hits()}
    assert unread == {failure.url for failure in crawl.failures} & set(readable)
    assert all(hit.is_rendered for hit in installation.hits())
    assert crawl.run is not None
    assert crawl.run.state == "finished"


@pytest.mark.browser
@pytest.mark.usefixtures("crawled")
def test_nothing_of_the_inside_was_reached(web: Site) -> None:
    assert [seen.path for seen in web.seen if seen.path.startswith("/secret")] == []


@pytest.mark.browser
@pytest.mark.usefixtures("crawled")
def test_no_browser_is_left_behind() -> None:
    assert browsers_of_crawls() == []


def browsers_of_crawls() -> list[int]:
    """Chromium processes whose crawl is gone."""
    left = []
    for process in psutil.process_iter(["name", "ppid", "cmdline"]):
        arguments = process.info["cmdline"] or []
        if "--headless" in arguments and "--proxy-bypass-list=<-loopback>" in arguments and process.info["ppid"] == 1:
            left.append(process.pid)
    return left


def test_a_missing_browser_is_named_and_the_crawl_goes_on_without(web: Site, installation: Installation) -> None:
    installation = Installation(installation.folder, {"browser": {"executable": "/khong/co/chromium"}})
    page = web.page("khong-ve.test", "/", f"<div class=p id=1>{LOAN_SCAM}</div><script>document.body.remove()</script>")
    name = installation.source("missing", "social", page, render=True, selectors={"post": ".p"})
    crawl = installation.crawl(name)
    assert crawl.exit_status == 3
    assert [(failure.kind, failure.url) for failure in crawl.failures] == [("browser_missing", page)]
    assert "luoitroi doctor" in crawl.failures[0].detail
    assert [hit.is_rendered for hit in installation.hits()] == [False]
    assert crawl.run is not None
    assert (crawl.run.counts.pages, crawl.run.counts.rendered) == (1, 0)


@pytest.mark.browser
def test_a_landing_page_is_rendered_for_mobile_where_the_source_says_so(web: Site, installation: Installation) -> None:
    def cloaked(request: Request) -> None:
        is_mobile = "Android" in request.headers["User-Agent"]
        request.answer(scam() if is_mobile else "<title>Hoa</title><p>Tiệm hoa")

    (installation.sources / "a.txt").write_text(web.on("che.vn", "/", cloaked), "utf-8")
    names = [
        installation.source(device, "links", "a.txt", device=device, render=device == "mobile")
        for device in ("mobile", "desktop")
    ]
    for name in names:
        assert installation.crawl(name).exit_status == 0
    (hit,) = installation.hits()
    assert hit.source == "mobile"


def test_the_longest_a_page_may_take_grows_with_what_is_asked_of_it() -> None:
    fields = {"name": "a", "title": "A", "kind": "news", "every": "1h", "start": ["https://a.vn"]}
    settings = load_settings()
    short, long = (Source.model_validate(fields | {"scrolls": scrolls}) for scrolls in (0, 100))
    assert settings.crawl.timeout_seconds < render_seconds(settings, short) < render_seconds(settings, long)
