"""Captures without a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from evidence.failure import CaptureFailed, CaptureTimedOut, Refused, Unreachable
from evidence.plain import HttpCapturer
from evidence.settings import CaptureBounds
from evidence.workspace import Workspace
from tests.evidence.hostile import LOOPBACK, HostileSite, ask, guard


@pytest.fixture
def capturer(tmp_path: Path) -> HttpCapturer:
    bounds = CaptureBounds(seconds=2, response_seconds=1, total_bytes=1_000_000)
    return HttpCapturer(guard, bounds=bounds, workspace=Workspace(tmp_path / "work"), host_addresses=LOOPBACK)


def bodies(path: Path) -> dict[str, bytes]:
    with path.open("rb") as stream:
        return {
            record.rec_headers.get_header("WARC-Target-URI"): record.content_stream().read()
            for record in ArchiveIterator(stream)
            if record.rec_type == "response"
        }


async def test_it_says_that_no_browser_was_there(capturer: HttpCapturer, site: HostileSite) -> None:
    capture = await capturer.capture(ask(site.url("/first")))
    metadata = capture.metadata
    assert (metadata.method, metadata.browser, dict(capture.files)) == ("http", None, {})
    assert "for want of a browser" in metadata.remarks[0]
    assert metadata.redirect_chain == (site.url("/first"), site.url("/second"))
    assert (metadata.status, metadata.server_address) == (200, "127.0.0.1")
    assert "đã tới".encode() in bodies(capture.warc)[site.url("/landed", "khac.test")]


async def test_a_body_that_came_encoded_is_kept_so(capturer: HttpCapturer, site: HostileSite) -> None:
    capture = await capturer.capture(ask(site.url("/style.css")))
    assert bodies(capture.warc)[site.url("/style.css")].startswith(b"h1 {")  # warcio decodes by the header that stayed


async def test_vietnamese_addresses_are_asked_for_as_browsers_do(capturer: HttpCapturer, site: HostileSite) -> None:
    capture = await capturer.capture(ask(site.url("/lãi suất?tên=Lan Anh", "ngân-hàng.test")))
    host = f"http://xn--ngn-hng-dwao.test:{site.server_port}"
    assert capture.metadata.status == 404
    assert capture.metadata.final_url == f"{host}/l%C3%A3i%20su%E1%BA%A5t?t%C3%AAn=Lan%20Anh"


async def test_what_does_not_end_is_cut_off(capturer: HttpCapturer, site: HostileSite) -> None:
    capture = await capturer.capture(ask(site.url("/endless")))
    assert capture.metadata.omissions[0].what == "body"
    assert "dòng 5".encode() in bodies(capture.warc)[site.url("/endless")]
    capture = await capturer.capture(ask(site.url("/heavy.png")))
    assert "more than 1000000 bytes" in capture.metadata.omissions[0].detail


@pytest.mark.parametrize(
    ("path", "failure"),
    [("/to-inside", Refused), ("/loop", Unreachable), ("/reset", Unreachable), ("/silent", CaptureTimedOut)],
)
async def test_failures_are_named(
    capturer: HttpCapturer, site: HostileSite, tmp_path: Path, path: str, failure: type[CaptureFailed]
) -> None:
    with pytest.raises(failure):
        await capturer.capture(ask(site.url(path)))
    assert list((tmp_path / "work").iterdir()) == []
    assert site.seen["/secret"] == 0


async def test_the_address_that_a_name_leads_to_is_put_before_the_guard(site: HostileSite, tmp_path: Path) -> None:
    def no_loopback(url: str) -> str | None:
        return "loopback" if url == "http://127.0.0.1/" else None

    capturer = HttpCapturer(no_loopback, workspace=Workspace(tmp_path / "work"), host_addresses=LOOPBACK)
    with pytest.raises(Refused, match="loopback"):
        await capturer.capture(ask(site.url("/")))
    assert site.seen["/"] == 0
