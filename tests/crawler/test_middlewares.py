"""Middlewares in themselves; what they do in a crawl is in test_hostile."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from scrapy import Request
from scrapy.http import HtmlResponse, Response
from scrapy.utils.test import get_crawler

from crawler.failure import PageRefused
from crawler.guard import UrlGuard
from crawler.middlewares import (
    BoundedMetaRefreshMiddleware,
    BoundedRedirectMiddleware,
    GuardMiddleware,
    retry_after_seconds,
)

URL = "http://a.vn/x"


@pytest.fixture
def redirects() -> BoundedRedirectMiddleware:
    return BoundedRedirectMiddleware.from_crawler(get_crawler(settings_dict={"REDIRECT_MAX_TIMES": 2}))


@pytest.fixture
def refreshes() -> BoundedMetaRefreshMiddleware:
    return BoundedMetaRefreshMiddleware.from_crawler(get_crawler(settings_dict={"REDIRECT_MAX_TIMES": 2}))


def moved(location: str, status: int = 302) -> Response:
    return Response(URL, status=status, headers={"Location": location})


def refreshing(to: str, seconds: int = 0, encoding: str = "utf-8") -> HtmlResponse:
    html = f"<meta charset={encoding}><meta http-equiv='Refresh' content='{seconds}; URL={to}'><p>tiền"
    return HtmlResponse(URL, body=html.encode(encoding), headers={"Content-Type": "text/html"})


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("http://127.1/", "address_refused"),
        ("file:///etc/passwd", "address_refused"),
        ("http://localhost/", "address_refused"),
        ("http://khong-co.invalid/", "unresolved_host"),
    ],
)
async def test_the_guard_names_what_it_refuses(url: str, kind: str) -> None:
    guard = GuardMiddleware(UrlGuard(allow_private_addresses=False, host_overrides={}))
    for _ in range(2):
        with pytest.raises(PageRefused) as refused:
            await guard.process_request(Request(url))
        assert refused.value.kind == kind


async def test_the_guard_lets_the_public_web_pass() -> None:
    guard = GuardMiddleware(UrlGuard(allow_private_addresses=False, host_overrides={"a.vn": "127.0.0.1"}))
    await guard.process_request(Request("http://a.vn/"))
    await guard.process_request(Request("http://1.1.1.1/"))


def test_a_redirect_is_followed_with_its_chain(redirects: BoundedRedirectMiddleware) -> None:
    followed = redirects.process_response(Request(URL), moved("/y"))
    assert isinstance(followed, Request)
    assert followed.url == "http://a.vn/y"
    assert followed.meta["redirect_urls"] == [URL]


@pytest.mark.parametrize(
    ("location", "passed", "kind"),
    [
        ("/x", [], "redirect_loop"),
        ("/w", ["http://a.vn/w"], "redirect_loop"),
        ("/z", ["http://a.vn/v", "http://a.vn/w"], "too_many_redirects"),
        ("file:///etc/passwd", [], "address_refused"),
        ("data:text/html,x", [], "address_refused"),
        ("http://[sai/", [], "bad_redirect"),
    ],
)
def test_redirects_that_end_by_name(
    redirects: BoundedRedirectMiddleware, location: str, passed: list[str], kind: str
) -> None:
    request = Request(URL, meta={"redirect_urls": passed, "redirect_times": len(passed)})
    with pytest.raises(PageRefused) as refused:
        redirects.process_response(request, moved(location))
    assert refused.value.kind == kind


def test_an_answer_that_is_no_redirect_passes(redirects: BoundedRedirectMiddleware) -> None:
    for answer in (Response(URL), Response(URL, status=304), Response(URL, status=302)):
        assert redirects.process_response(Request(URL), answer) is answer


@pytest.mark.parametrize("encoding", ["utf-8", "base64", "idna"])
def test_a_meta_refresh_is_followed_in_whatever_charset(refreshes: BoundedMetaRefreshMiddleware, encoding: str) -> None:
    plain = refreshing("y")
    answer = plain.replace(body=plain.body.replace(b"charset=utf-8", f"charset={encoding}".encode()))
    followed = refreshes.process_response(Request(URL), answer)
    assert isinstance(followed, Request)
    assert followed.url == "http://a.vn/y"


def test_a_meta_refresh_that_loops_ends_by_name(refreshes: BoundedMetaRefreshMiddleware) -> None:
    request = Request(URL, meta={"redirect_urls": ["http://a.vn/y"], "redirect_times": 1})
    with pytest.raises(PageRefused) as refused:
        refreshes.process_response(request, refreshing("/y"))
    assert refused.value.kind == "redirect_loop"


@pytest.mark.parametrize(
    "answer",
    [
        refreshing("/y", seconds=300),
        refreshing("javascript:x"),
        refreshing("http://[sai"),
        HtmlResponse(URL, body=b"<p>refresh"),
        HtmlResponse(URL, body=b"<script>'<meta http-equiv=refresh content=0;url=/y>'</script>"),
        Response(URL, body=b"<meta http-equiv=refresh content=0;url=/y>"),
    ],
)
def test_a_page_is_read_where_its_refresh_is_none(refreshes: BoundedMetaRefreshMiddleware, answer: Response) -> None:
    assert refreshes.process_response(Request(URL), answer) is answer


def test_what_the_browser_followed_is_not_followed_again(refreshes: BoundedMetaRefreshMiddleware) -> None:
    answer = refreshing("/y")
    assert refreshes.process_response(Request(URL, meta={"playwright": True}), answer) is answer


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("0", 0), ("120", 120), (" 7 ", 7), ("", None), ("soon", None), ("-5", None), ("1e9", None), ("٣", None)],
)
def test_retry_after_in_seconds(said: str, seconds: float | None) -> None:
    assert retry_after_seconds(Response(URL, headers={"Retry-After": said.encode()})) == seconds


def test_retry_after_as_a_date() -> None:
    at = datetime.fromtimestamp(time.time(), UTC) + timedelta(seconds=60)
    seconds = retry_after_seconds(Response(URL, headers={"Retry-After": format_datetime(at, usegmt=True)}))
    assert seconds is not None
    assert 50 < seconds <= 61
    past = Response(URL, headers={"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"})
    assert retry_after_seconds(past) == 0
