"""Host names to addresses for Scrapy: ours are pinned, private ones refused at connect time."""

from __future__ import annotations

import logging
from typing import Any

from scrapy.resolver import CachingThreadedResolver
from twisted.internet.base import ReactorBase
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import DNSLookupError

from crawler.guard import UrlGuard
from crawler.settings import load_settings

logger = logging.getLogger(__name__)


class AddressRefused(DNSLookupError):
    """The host resolves to an address that the guard does not let us reach."""


class GuardedResolver(CachingThreadedResolver):
    """Scrapy's caching resolver, with the guard between the answer and the connection.

    The address it gives is the one connected to, so a name that changes its answer gains nothing.
    """

    guard: UrlGuard

    @classmethod
    def from_crawler(cls, crawler: Any, reactor: ReactorBase) -> GuardedResolver:
        resolver = super().from_crawler(crawler, reactor)
        resolver.guard = load_settings().guard
        return resolver

    def getHostByName(self, name: str, timeout: Any = ()) -> Deferred[str]:  # noqa: N802
        fixed = self.guard.override(name)
        if fixed is not None:
            return succeed(fixed)
        answer: Deferred[str] = super().getHostByName(name, timeout)
        return answer.addCallback(self._check, name)

    def _check(self, address: str, name: str) -> Any:
        reason = self.guard.address_refusal(address)
        if reason is None:
            return address
        # The middleware refused what this name resolved to before: here it changed its answer. Twisted will only say
        # that it found none.
        logger.warning("address_refused", extra={"url": name, "detail": reason})
        return fail(AddressRefused(f"{name}: {reason}"))
