"""The guard every fetch passes, plain or rendered: only the public web, never the inside of a network."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import time
from collections.abc import Mapping
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

LOOKUP_KEPT_SECONDS = 60.0
MAX_URL_CHARACTERS = 2000
_INTERNAL = frozenset({"about", "data", "blob"})
"""What a page makes within itself: no address is reached by these."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class UrlGuard:
    """Says why an address must not be fetched.

    `host_overrides` map a host name, or `*.suffix`, to a fixed address instead of asking DNS.
    """

    def __init__(self, *, allow_private_addresses: bool, host_overrides: Mapping[str, str]) -> None:
        self.allow_private_addresses = allow_private_addresses
        self.host_overrides = dict(host_overrides)
        self._looked_up: dict[str, tuple[float, str | None]] = {}

    def refusal(self, url: str) -> str | None:
        """Why `url` is refused, its host looked up (blocking, cached for a minute); None when it may be fetched."""
        if urlsplit_safely(url)[0] in _INTERNAL:
            return None
        reason = self.refusal_unresolved(url)
        if reason is not None:
            return reason
        host = urlsplit_safely(url)[1]
        known = self._looked_up.get(host)
        if known is not None and known[0] > time.monotonic():
            return known[1]
        reason = self._lookup(host)
        self._looked_up[host] = (time.monotonic() + LOOKUP_KEPT_SECONDS, reason)
        return reason

    async def refusal_async(self, url: str) -> str | None:
        """As `refusal`, without holding up the event loop."""
        return await asyncio.to_thread(self.refusal, url)

    def refusal_unresolved(self, url: str) -> str | None:
        """Why `url` is refused by its spelling alone: scheme, length, or an address written out."""
        if len(url) > MAX_URL_CHARACTERS:
            return f"address longer than {MAX_URL_CHARACTERS} characters"
        scheme, host = urlsplit_safely(url)
        if scheme not in ("http", "https"):
            return f"scheme {scheme or '(none)'!s} is not http or https"
        if not host:
            return "address without a host"
        literal = _literal(host)
        return None if literal is None else self.address_refusal(literal)

    def address_refusal(self, address: Address | str) -> str | None:
        """Why this IP address is refused; None when it is public, or private ones are allowed."""
        parsed = ipaddress.ip_address(address) if isinstance(address, str) else address
        if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
            parsed = parsed.ipv4_mapped
        if self.allow_private_addresses or (parsed.is_global and not parsed.is_multicast):
            return None
        return f"{parsed} is not a public address"

    def override(self, host: str) -> str | None:
        """The fixed address of this host, or None."""
        for pattern, address in self.host_overrides.items():
            if fnmatchcase(host.lower(), pattern.lower()):
                return address
        return None

    def _lookup(self, host: str) -> str | None:
        if (fixed := self.override(host)) is not None:
            return self.address_refusal(fixed)
        if _literal(host) is not None:
            return None
        try:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            return f"host {host} cannot be resolved: {error}"
        for *_, address in found:
            reason = self.address_refusal(str(address[0]).partition("%")[0])
            if reason is not None:
                return reason
        return None


def urlsplit_safely(url: str) -> tuple[str, str]:
    """Scheme and host of `url`, both lower case, "" where it has none or is malformed."""
    try:
        parts = urlsplit(url)
        return parts.scheme.lower(), (parts.hostname or "").rstrip(".")
    except ValueError:
        return "", ""


def _literal(host: str) -> Address | None:
    """The IP address that `host` spells, in any of the forms browsers and libc take (0x7f.1, 2130706433)."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except (OSError, UnicodeError):
        return None
