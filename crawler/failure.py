"""Failures by name: what a fetch or a page ended in, in words that are counted and shown."""

from __future__ import annotations

import ssl

from scrapy import exceptions
from scrapy.spidermiddlewares.httperror import HttpError

from crawler.guard import HostRefused


class PageRefused(exceptions.IgnoreRequest):
    """A request or answer that is not followed up; `kind` is its name in the counts."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind


def name_failure(error: BaseException) -> tuple[str, str]:
    """Kind and detail of what a request ended in.

    Kinds: `http_404` and its like, `timeout`, `unresolved_host`, `connection_refused`, `connection_lost`,
    `address_refused`, `too_large`, `redirect_loop`, `too_many_redirects`, `bad_redirect`, `told_to_wait`,
    `robots_denied`, `tls_error`, `cut_short`, `not_html` (a download, in the browser), `http_error` and `bad_answer`
    (where the browser does not say more), `browser_failed`, `fetch_failed`.
    """
    detail = str(error) or type(error).__name__
    match error:
        case PageRefused():
            return error.kind, detail
        case HttpError():
            return f"http_{error.response.status}", f"the site answered {error.response.status}"
        case HostRefused():
            return error.kind, detail
        case exceptions.UnsupportedURLSchemeError():
            return "address_refused", detail
        case exceptions.CannotResolveHostError():
            return "unresolved_host", detail
        case exceptions.DownloadTimeoutError() | TimeoutError():
            return "timeout", detail
        case exceptions.DownloadConnectionRefusedError():
            return "connection_refused", detail
        case exceptions.DownloadCancelledError():
            return "too_large", detail
        case exceptions.ResponseDataLossError():
            return "cut_short", detail
        case ssl.SSLError():
            return "tls_error", detail
        case exceptions.IgnoreRequest():
            return _named_by_words(detail), detail
    if type(error).__module__.startswith("playwright"):
        named = "timeout" if "Timeout" in type(error).__name__ else _named_by_browser(detail)
        return named, detail.splitlines()[0]
    if isinstance(error, RuntimeError) and detail.startswith("Failed to download"):
        return "not_html", detail
    if "SSL" in detail or "certificate" in detail:
        return "tls_error", detail
    return ("connection_lost" if isinstance(error, exceptions.DownloadFailedError) else "fetch_failed"), detail


def _named_by_words(detail: str) -> str:
    # Scrapy's own middlewares raise plain IgnoreRequest; only its words tell which.
    for words, kind in (
        ("robots.txt", "robots_denied"),
        ("DOWNLOAD_MAXSIZE", "too_large"),
    ):
        if words in detail:
            return kind
    return "request_ignored"


def _named_by_browser(detail: str) -> str:
    for code, kind in (
        ("ERR_TOO_MANY_REDIRECTS", "redirect_loop"),
        ("ERR_TIMED_OUT", "timeout"),
        ("ERR_HTTP_RESPONSE_CODE_FAILURE", "http_error"),
        ("ERR_CERT_", "tls_error"),
        ("ERR_SSL_", "tls_error"),
        ("ERR_BLOCKED_", "address_refused"),
        ("ERR_UNSAFE_REDIRECT", "address_refused"),
        ("ERR_UNKNOWN_URL_SCHEME", "address_refused"),
        ("ERR_CONTENT_LENGTH_MISMATCH", "cut_short"),
        ("ERR_INCOMPLETE_CHUNKED_ENCODING", "cut_short"),
        ("ERR_EMPTY_RESPONSE", "connection_lost"),
        ("ERR_CONNECTION_", "connection_lost"),
        ("ERR_INVALID_", "bad_answer"),
    ):
        if code in detail:
            return kind
    return "browser_failed"
