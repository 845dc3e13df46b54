"""Captures of hostile pages in a real Chromium."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
from warcio.archiveiterator import ArchiveIterator

from evidence.browser import Chromium
from evidence.capture import Capture, Capturer, memory_of
from evidence.failure import BrowserCrashed, BrowserMissing, CaptureFailed, CaptureTimedOut, Refused, Unreachable
from evidence.request import CaptureRequest
from evidence.settings import CaptureBounds
from evidence.warc import digest_faults
from evidence.workspace import Workspace
from tests.evidence.hostile import LOOPBACK, HostileSite, ask, guard

pytestmark = pytest.mark.browser

BOUNDS = CaptureBounds(seconds=60, response_seconds=20, requests=50)
"""So wide that a busy machine stays within them; what a page does to them is tested with HASTY."""

HASTY = CaptureBounds(seconds=6, response_seconds=1)


@pytest.fixture
async def capturer(chromium: Chromium, tmp_path: Path) -> AsyncIterator[Capturer]:
    async with within(BOUNDS, chromium, tmp_path) as made:
        yield made


@pytest.fixture
async def hasty(chromium: Chromium, tmp_path: Path) -> AsyncIterator[Capturer]:
    async with within(HASTY, chromium, tmp_path) as made:
        yield made


def within(bounds: CaptureBounds, chromium: Chromium, tmp_path: Path) -> Capturer:
    workspace = Workspace(tmp_path / "work")
    return Capturer(chromium, guard, bounds=bounds, workspace=workspace, host_addresses=LOOPBACK)


def records(capture: Capture) -> dict[tuple[str, str], list[tuple[str, bytes, dict[str, str]]]]:
    """(record type, url) to (status line, payload, HTTP headers), as another reader of WARC sees them."""
    found: dict[tuple[str, str], list[tuple[str, bytes, dict[str, str]]]] = {}
    with capture.warc.open("rb") as stream:
        for record in ArchiveIterator(stream):
            url = record.rec_headers.get_header("WARC-Target-URI") or ""
            headers = dict(record.http_headers.headers) if record.http_headers else {}
            status = record.http_headers.statusline if record.http_headers else ""
            found.setdefault((record.rec_type, url), []).append((status, record.content_stream().read(), headers))
    return found


def text_of(capture: Capture) -> str:
    return capture.files["page.txt"].read_text()


async def test_a_page_is_captured_with_all_that_made_it(capturer: Capturer, site: HostileSite) -> None:
    capture = await capturer.capture(ask(site.url("/")))
    metadata = capture.metadata
    assert (metadata.status, metadata.title, metadata.method) == (200, "Lãi suất 30%", "chromium")
    assert (metadata.requested_by, metadata.reason, metadata.server_address) == ("Lan", "hồ sơ 12", "127.0.0.1")
    assert metadata.started_at.tzinfo is not None and metadata.started_at < metadata.finished_at
    assert "viết bằng mã" in text_of(capture)
    assert "viết bằng mã" in capture.files["page.html"].read_text()
    found = records(capture)
    for path in ("/", "/style.css", "/grey.png", "/missing.png"):
        assert ("response", site.url(path)) in found, path
        assert ("request", site.url(path)) in found, path
    assert found["response", site.url("/missing.png")][0][0].startswith("404")
    assert found["request", site.url("/")][0][2]["Accept-Language"].startswith("vi")
    picture = capture.files["screenshot.png"].read_bytes()
    assert struct.unpack(">II", picture[16:24]) == (1366, 768)
    with capture.warc.open("rb") as stream:
        assert list(digest_faults(stream)) == []


async def test_the_body_is_kept_decoded_and_its_encoding_under_another_name(
    capturer: Capturer, site: HostileSite
) -> None:
    _, body, headers = records(await capturer.capture(ask(site.url("/"))))["response", site.url("/style.css")][0]
    assert body.startswith(b"h1 {")
    assert headers["X-Orig-Content-Encoding"] == "gzip"
    assert int(headers["X-Orig-Content-Length"]) < int(headers["Content-Length"]) == len(body)
    assert "Content-Encoding" not in headers


async def test_bytes_are_kept_in_the_sites_own_charset(capturer: Capturer, site: HostileSite) -> None:
    found = records(await capturer.capture(ask(site.url("/legacy"))))
    assert found["response", site.url("/legacy")][0][1] == "<meta charset=windows-1258><p>việc nhẹ</p>".encode(
        "cp1258", "ignore"
    )


async def test_redirects_are_recorded_hop_by_hop(capturer: Capturer, site: HostileSite) -> None:
    capture = await capturer.capture(ask(site.url("/first")))
    assert capture.metadata.redirect_chain == (site.url("/first"), site.url("/second"))
    assert capture.metadata.final_url == site.url("/landed", "khac.test")
    found = records(capture)
    status, _, headers = found["response", site.url("/first")][0]
    assert (status, headers["Location"]) == ("302 Found", "/second")


async def test_a_redirect_by_script_is_followed(capturer: Capturer, site: HostileSite) -> None:
    capture = await capturer.capture(ask(site.url("/script-jump")))
    assert capture.metadata.redirect_chain == (site.url("/script-jump"),)
    assert capture.metadata.final_url == site.url("/landed")
    assert "đã tới" in text_of(capture)


async def test_frames_of_other_sites_are_part_of_the_capture(capturer: Capturer, site: HostileSite) -> None:
    capture = await capturer.capture(ask(site.url("/framed")))
    assert "chữ trong khung" in text_of(capture) and "khung cùng nhà" in text_of(capture)
    assert {url for kind, url in records(capture) if kind == "response"} >= {
        site.url("/frame", "khung.test"),
        site.url("/from-frame", "khung.test"),
        site.url("/same"),
    }


async def test_what_workers_fetch_is_recorded(capturer: Capturer, site: HostileSite) -> None:
    found = records(await capturer.capture(ask(site.url("/worker"))))
    assert ("response", site.url("/from-worker")) in found


async def test_what_a_page_posts_is_recorded(capturer: Capturer, site: HostileSite) -> None:
    found = records(await capturer.capture(ask(site.url("/post"))))
    status, body, _ = found["request", site.url("/echo")][0]
    assert status.endswith("HTTP/1.1") and body == "số=1".encode()
    assert found["response", site.url("/echo")][0][1] == "got số=1".encode()


async def test_the_guard_is_asked_about_every_part(capturer: Capturer, site: HostileSite) -> None:
    capture = await capturer.capture(ask(site.url("/refused-part")))
    secret = site.url("/secret.png", "noi-bo.test")
    assert [(item.url, item.error) for item in capture.metadata.failures] == [(secret, "refused: inside address")]
    assert records(capture)["metadata", secret][0][1] == b"refused: inside address\r\n"
    assert site.seen["/secret.png"] == 0


async def test_the_guard_is_asked_about_redirects(capturer: Capturer, site: HostileSite) -> None:
    with pytest.raises(Refused, match=r"noi-bo\.test.*inside address"):
        await capturer.capture(ask(site.url("/to-inside")))
    capture = await capturer.capture(ask(site.url("/refused-jump")))
    assert "nhảy" in text_of(capture)
    assert capture.metadata.final_url == site.url("/refused-jump")
    assert site.seen["/secret"] == 0


async def test_websockets_cannot_pass_the_guard_by(capturer: Capturer, site: HostileSite) -> None:
    capture = await capturer.capture(ask(site.url("/websocket")))
    assert [item.what for item in capture.metadata.omissions] == ["websocket", "websocket"]
    assert site.seen["/socket"] == 0


async def test_an_address_that_the_name_was_not_supposed_to_have_is_refused(
    chromium: Chromium, site: HostileSite, tmp_path: Path
) -> None:
    def no_loopback(url: str) -> str | None:
        return "loopback" if url == "http://127.0.0.1/" else None

    async with Capturer(chromium, no_loopback, bounds=BOUNDS, workspace=Workspace(tmp_path / "w")) as capturer:
        with pytest.raises(Refused, match=r"came from 127\.0\.0\.1: loopback"):
            await capturer.capture(ask(f"http://localhost:{site.server_port}/landed"))


@pytest.mark.parametrize("url", ["chrome://crash", "file:///etc/passwd", "javascript:alert(1)", "xau.test", "http://["])
async def test_only_web_addresses_are_captured(capturer: Capturer, url: str) -> None:
    with pytest.raises(Refused):
        await capturer.capture(ask(url))


async def test_a_page_that_never_ends_is_captured_as_far_as_it_came(hasty: Capturer, site: HostileSite) -> None:
    capture = await hasty.capture(ask(site.url("/endless")))
    assert "dòng 5" in text_of(capture)
    assert "time" in {item.what for item in capture.metadata.omissions}
    bodies = [body for _, body, _ in records(capture)["response", site.url("/endless")]]
    assert any("dòng 5".encode() in body for body in bodies)


async def test_a_part_that_never_comes_does_not_hold_up_the_rest(hasty: Capturer, site: HostileSite) -> None:
    capture = await hasty.capture(ask(site.url("/slow-part")))
    assert "chờ" in text_of(capture)
    assert [item.url for item in capture.metadata.failures] == [site.url("/never.png")]
    assert "time" in {item.what for item in capture.metadata.omissions}


async def test_an_alert_loop_is_muted(capturer: Capturer, site: HostileSite) -> None:
    capture = await capturer.capture(ask(site.url("/alerts")))
    assert "hộp thoại" in text_of(capture)
    dialogs = [item.detail for item in capture.metadata.omissions if item.what == "dialog"]
    assert dialogs[0] == "alert: bấm đi" and "muted" in dialogs[-1] and len(dialogs) < 15


async def test_a_script_that_never_yields_is_stopped(hasty: Capturer, site: HostileSite) -> None:
    capture = await hasty.capture(ask(site.url("/hang")))
    assert "treo" in text_of(capture)
    assert "script" in {item.what for item in capture.metadata.omissions}


async def test_a_download_is_refused_but_its_answer_kept(capturer: Capturer, site: HostileSite) -> None:
    capture = await capturer.capture(ask(site.url("/download")))
    assert capture.metadata.status == 200 and "screenshot.png" not in capture.files
    assert "download" in capture.metadata.remarks[0]
    assert records(capture)["response", site.url("/download")][0][1].startswith(b"PK")


async def test_an_empty_answer_is_an_answer(capturer: Capturer, site: HostileSite) -> None:
    capture = await capturer.capture(ask(site.url("/empty")))
    assert capture.metadata.status == 204 and not capture.files


async def test_an_error_page_is_captured_with_its_status(capturer: Capturer, site: HostileSite) -> None:
    capture = await capturer.capture(ask(site.url("/no-such-page")))
    assert capture.metadata.status == 404 and "khong co" in text_of(capture)


async def test_popups_service_workers_and_forged_getters_do_not_fool_it(capturer: Capturer, site: HostileSite) -> None:
    await capturer.capture(ask(site.url("/popup")))
    assert site.seen["/landed"] == 0
    capture = await capturer.capture(ask(f"http://localhost:{site.server_port}/service-worker"))
    assert site.seen["/from-service-worker"] == 0
    assert "service worker" in {item.what for item in capture.metadata.omissions}
    assert text_of(await capturer.capture(ask(site.url("/forge")))) == "chữ thật"


async def test_a_heavy_picture_is_kept_whole_within_the_bounds(
    capturer: Capturer, site: HostileSite, chromium: Chromium, tmp_path: Path
) -> None:
    capture = await capturer.capture(ask(site.url("/heavy")))
    assert len(records(capture)["response", site.url("/heavy.png")][0][1]) > 20_000_000
    assert capturer.browser_pid is not None and memory_of(capturer.browser_pid) < 2**30
    small = BOUNDS.model_copy(update={"total_bytes": 1_000_000})
    async with within(small, chromium, tmp_path) as bounded:
        capture = await bounded.capture(ask(site.url("/heavy")))
    assert [(item.what, item.url) for item in capture.metadata.omissions] == [("body", site.url("/heavy.png"))]
    assert records(capture)["response", site.url("/heavy.png")][0][1] == b""


async def test_requests_and_height_are_bounded(capturer: Capturer, site: HostileSite) -> None:
    capture = await capturer.capture(ask(site.url("/many")))
    assert capture.metadata.exchanges == 50 and site.seen["/grey.png"] <= 50
    assert "more than 50 requests" in {item.detail for item in capture.metadata.omissions}
    capture = await capturer.capture(ask(site.url("/tall")))
    picture = capture.files["screenshot.png"].read_bytes()
    assert struct.unpack(">II", picture[16:24]) == (1366, 15_000)
    assert "screenshot" in {item.what for item in capture.metadata.omissions}


async def test_a_phone_is_told_to_the_page(capturer: Capturer, site: HostileSite) -> None:
    request = CaptureRequest(site.url("/"), "Lan", "", device="mobile")
    capture = await capturer.capture(request)
    assert capture.metadata.browser is not None and capture.metadata.browser.viewport == "412x915"
    assert any("Mobile" in agent for agent in site.agents)
    await capturer.capture(ask(site.url("/")))
    assert not any("Headless" in agent for agent in site.agents)


@pytest.mark.parametrize(
    ("path", "failure", "word"),
    [
        ("/loop", Unreachable, "TOO_MANY_REDIRECTS"),
        ("/reset", Unreachable, "EMPTY_RESPONSE"),
        ("/silent", CaptureTimedOut, "no answer"),
    ],
)
async def test_no_answer_is_a_named_failure(
    hasty: Capturer, site: HostileSite, path: str, failure: type[CaptureFailed], word: str
) -> None:
    with pytest.raises(failure, match=word):
        await hasty.capture(ask(site.url(path)))


async def test_a_host_without_address_is_unreachable(capturer: Capturer) -> None:
    with pytest.raises(Unreachable, match="NAME_NOT_RESOLVED"):
        await capturer.capture(ask("http://khong-co.invalid/"))


async def test_a_dead_tab_is_named_and_the_next_capture_works(capturer: Capturer, site: HostileSite) -> None:
    await capturer.capture(ask(site.url("/")))
    doomed = asyncio.ensure_future(capturer.capture(ask(site.url("/slow-part"))))
    assert await asyncio.to_thread(site.held.wait, 10)
    assert capturer.browser_pid is not None
    for process in psutil.Process(capturer.browser_pid).children(recursive=True):
        if "--type=renderer" in process.cmdline():
            process.kill()
    with pytest.raises(BrowserCrashed):
        await doomed
    assert (await capturer.capture(ask(site.url("/")))).metadata.status == 200


async def test_a_dead_browser_is_named_and_started_again(capturer: Capturer, site: HostileSite) -> None:
    doomed = asyncio.ensure_future(capturer.capture(ask(site.url("/slow-part"))))
    assert await asyncio.to_thread(site.held.wait, 10)
    assert capturer.browser_pid is not None
    psutil.Process(capturer.browser_pid).kill()
    with pytest.raises(BrowserCrashed):
        await doomed
    assert (await capturer.capture(ask(site.url("/")))).metadata.status == 200


async def test_a_page_that_eats_memory_is_ended(chromium: Chromium, site: HostileSite, tmp_path: Path) -> None:
    async with within(BOUNDS.model_copy(update={"memory_bytes": 2**20}), chromium, tmp_path) as greedy:
        with pytest.raises(BrowserCrashed, match="memory"):
            await greedy.capture(ask(site.url("/slow-part")))


async def test_a_browser_that_does_not_start_is_missing(tmp_path: Path) -> None:
    broken = Chromium(Path("/bin/false"), "Chromium 0", "settings")
    async with Capturer(broken, guard, workspace=Workspace(tmp_path / "work")) as capturer:
        with pytest.raises(BrowserMissing):
            await capturer.capture(ask("http://xau.test/"))


async def test_nothing_stays_behind(chromium: Chromium, site: HostileSite, tmp_path: Path) -> None:
    async with within(BOUNDS, chromium, tmp_path) as capturer:
        (await capturer.capture(ask(site.url("/")))).discard()
        with pytest.raises(Unreachable):
            await capturer.capture(ask(site.url("/loop")))
        pid = capturer.browser_pid
    assert list((tmp_path / "work").iterdir()) == []
    assert pid is not None and not psutil.pid_exists(pid)


async def test_captures_of_one_browser_share_nothing(capturer: Capturer, site: HostileSite) -> None:
    first, second = await asyncio.gather(
        capturer.capture(ask(site.url("/"))), capturer.capture(ask(site.url("/framed")))
    )
    assert "Gửi tiền" in text_of(first) and "trang ngoài" in text_of(second)
    assert not any("/framed" in url for _, url in records(first))
    assert json.loads(first.metadata.model_dump_json())["format"] == "luoitroi-capture-1"
