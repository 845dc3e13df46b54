"""Host names to addresses for Scrapy: ours are pinned, private ones refused at connect time."""

from __future__ import annotations

from typing import Any

from scrapy.exceptions import CannotResolveHostError
from scrapy.resolver import CachingThreadedResolver
from twisted.internet.base import ReactorBase
from twisted.internet.defer import Deferred, fail, succeed

from crawler.guard import UrlGuard
from crawler.settings import load_settings


class AddressRefused(CannotResolveHostError):
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
        return address if reason is None else fail(AddressRefused(f"{name}: {reason}"))
