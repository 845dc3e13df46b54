"""Failures by name: what a fetch or a page ended in, in words that are counted and shown."""

from __future__ import annotations

import ssl

from scrapy import exceptions
from scrapy.spidermiddlewares.httperror import HttpError

from crawler.resolver import AddressRefused


class PageRefused(exceptions.IgnoreRequest):
    """A request or answer that is not followed up; `kind` is its name in the counts."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind


def name_failure(error: BaseException) -> tuple[str, str]:
    """Kind and detail of what a request ended in.

    Kinds: `http_404` and its like, `timeout`, `unresolved_host`, `connection_refused`, `address_refused`,
    `too_large`, `redirect_loop`, `robots_denied`, `tls_error`, `cut_short`, `browser_failed`, `fetch_failed`.
    """
    detail = str(error) or type(error).__name__
    match error:
        case PageRefused():
            return error.kind, detail
        case HttpError():
            return f"http_{error.response.status}", detail
        case AddressRefused():
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
        return ("timeout" if "Timeout" in type(error).__name__ else "browser_failed"), detail.splitlines()[0]
    return ("tls_error" if "SSL" in detail or "certificate" in detail else "fetch_failed"), detail


def _named_by_words(detail: str) -> str:
    # Scrapy's own middlewares raise plain IgnoreRequest; only its words tell which.
    for words, kind in (
        ("max redirections", "redirect_loop"),
        ("robots.txt", "robots_denied"),
        ("exceeding DOWNLOAD_MAXSIZE", "too_large"),
        ("download maxsize", "too_large"),
    ):
        if words in detail:
            return kind
    return "request_ignored"
