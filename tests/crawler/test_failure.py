"""Names of failures: the outside's errors in words that are counted and shown."""

from __future__ import annotations

import ssl

import pytest
from playwright.async_api import Error as BrowserError
from playwright.async_api import TimeoutError as BrowserTimeout
from scrapy import exceptions
from scrapy.http import HtmlResponse
from scrapy.spidermiddlewares.httperror import HttpError

from crawler.failure import PageRefused, name_failure
from crawler.guard import HostRefused


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (PageRefused("redirect_loop", "a → b → a"), "redirect_loop"),
        (HostRefused("unresolved_host", "x"), "unresolved_host"),
        (HttpError(HtmlResponse("http://a.vn", status=404)), "http_404"),
        (HttpError(HtmlResponse("http://a.vn", status=503)), "http_503"),
        (exceptions.CannotResolveHostError("x"), "unresolved_host"),
        (exceptions.DownloadTimeoutError("x"), "timeout"),
        (TimeoutError(), "timeout"),
        (exceptions.DownloadConnectionRefusedError("x"), "connection_refused"),
        (exceptions.DownloadCancelledError("x"), "too_large"),
        (exceptions.ResponseDataLossError("x"), "cut_short"),
        (exceptions.UnsupportedURLSchemeError("x"), "address_refused"),
        (exceptions.DownloadFailedError("[ConnectionLost]"), "connection_lost"),
        (exceptions.DownloadFailedError("[('SSL routines', '', 'wrong version number')]"), "tls_error"),
        (ssl.SSLError("x"), "tls_error"),
        (exceptions.IgnoreRequest("Forbidden by robots.txt"), "robots_denied"),
        (exceptions.IgnoreRequest("exceeds DOWNLOAD_MAXSIZE (1 B) during decompression."), "too_large"),
        (exceptions.IgnoreRequest("something new"), "request_ignored"),
        (BrowserTimeout("Timeout 5000ms exceeded.\nCall log:"), "timeout"),
        (BrowserError("Page.goto: net::ERR_TOO_MANY_REDIRECTS at http://a.vn\nCall log:"), "redirect_loop"),
        (BrowserError("Page.goto: net::ERR_CERT_DATE_INVALID at https://a.vn"), "tls_error"),
        (BrowserError("Page.goto: net::ERR_EMPTY_RESPONSE at http://a.vn"), "connection_lost"),
        (BrowserError("Target crashed"), "browser_failed"),
        (RuntimeError("Failed to download http://a.vn/x.pdf: canceled"), "not_html"),
        (RuntimeError("else"), "fetch_failed"),
        (ValueError(), "fetch_failed"),
    ],
)
def test_every_error_has_a_name_and_a_detail_of_one_line(error: BaseException, kind: str) -> None:
    named, detail = name_failure(error)
    assert named == kind
    assert detail
    assert "\n" not in detail
