"""The guard every fetch passes, plain or rendered: only the public web, never the inside of a network."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import time
import unicodedata
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Final
from urllib.parse import unquote, urlsplit

LOOKUP_KEPT_SECONDS: Final = 60.0
MAX_LOOKUPS_KEPT: Final = 10_000
MAX_URL_CHARACTERS: Final = 2000
_INTERNAL: Final = frozenset({"about", "data", "blob"})
"""What a page makes within itself: no address is reached by these."""
_GLOBAL_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
"""All that IANA has given out for the public IPv6 internet; the rest is private, reserved or a translation."""
_TRANSLATED: Final = ipaddress.IPv6Network("64:ff9b::/96")
"""IPv4 addresses as NAT64 gateways spell them (RFC 6052)."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class HostRefused(Exception):
    """A host that must not or cannot be connected to; `kind` is its name in the counts."""

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind


class UrlGuard:
    """Says why an address must not be fetched.

    `host_overrides` map a host name, or `*.suffix`, to a fixed address instead of asking DNS. They are the operator's
    own word, as an entry in /etc/hosts, and may lead to a private address; what a site says never may.
    """

    def __init__(self, *, allow_private_addresses: bool, host_overrides: Mapping[str, str]) -> None:
        self.allow_private_addresses = allow_private_addresses
        self.host_overrides = dict(host_overrides)
        self._looked_up: dict[str, tuple[float, HostRefused | None]] = {}

    def refusal(self, url: str) -> str | None:
        """Why `url` is refused, its host looked up (blocking, cached for a minute); None when it may be fetched."""
        if urlsplit_safely(url)[0] in _INTERNAL:
            return None
        try:
            self.require(url)
        except HostRefused as error:
            return str(error)
        return None

    def require(self, url: str) -> None:
        """Raise HostRefused unless `url` may be fetched; looks its host up, blocking."""
        reason = self.refusal_unresolved(url)
        if reason is not None:
            raise HostRefused("address_refused", reason)
        host = urlsplit_safely(url)[1]
        known, error = self._looked_up.get(host, (0.0, None))
        if known <= time.monotonic():
            error = self._look_up(host)
        if error is not None:
            raise error

    async def require_async(self, url: str) -> None:
        """As `require`, without holding up the event loop."""
        if self._looked_up.get(urlsplit_safely(url)[1], (0.0,))[0] > time.monotonic():
            self.require(url)
        else:
            await asyncio.to_thread(self.require, url)

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
        return None if self.allow_private_addresses or _is_public(parsed) else f"{parsed} is not a public address"

    def override(self, host: str) -> str | None:
        """The fixed address of this host, or None."""
        for pattern, address in self.host_overrides.items():
            if fnmatchcase(host.lower(), pattern.lower()):
                return address
        return None

    def _look_up(self, host: str) -> HostRefused | None:
        error = None
        try:
            self.addresses(host)
        except HostRefused as refused:
            if refused.kind != "address_refused":
                # A name server that does not answer now may answer the next time.
                return refused
            error = refused
        if len(self._looked_up) >= MAX_LOOKUPS_KEPT:
            self._looked_up.clear()
        self._looked_up[host] = (time.monotonic() + LOOKUP_KEPT_SECONDS, error)
        return error

    def addresses(self, host: str) -> list[str]:
        """The addresses to connect to for `host`, asked of DNS (blocking) unless it is overridden.

        Raises HostRefused when one of them is not public, or there is none.
        """
        if (fixed := self.override(host)) is not None:
            return [fixed]
        if (literal := _literal(host)) is not None:
            found = [str(literal)]
        else:
            try:
                answers = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            except (OSError, UnicodeError) as error:
                raise HostRefused("unresolved_host", f"host {host} cannot be resolved: {error}") from error
            found = [str(answer[4][0]).partition("%")[0] for answer in answers]
        for address in found:
            if (reason := self.address_refusal(address)) is not None:
                raise HostRefused("address_refused", f"{host}: {reason}")
        return found


def urlsplit_safely(url: str) -> tuple[str, str]:
    """Scheme and host of `url`, both lower case, "" where it has none or is malformed."""
    try:
        parts = urlsplit(url)
        return parts.scheme.lower(), (parts.hostname or "").rstrip(".")
    except ValueError:
        return "", ""


def _literal(host: str) -> Address | None:
    """The IP address that `host` spells, in any of the forms browsers and libc take (0x7f.1, 2130706433, １２７.1)."""
    spelled = unicodedata.normalize("NFKC", unquote(host)).replace("。", ".")
    try:
        return ipaddress.ip_address(spelled)
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(spelled))
    except (OSError, ValueError):
        return None


def _is_public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global and not address.is_multicast
    if address in _TRANSLATED:
        return _is_public(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
    inner = address.ipv4_mapped or address.sixtofour
    if inner is not None:
        return _is_public(inner)
    return address in _GLOBAL_UNICAST and address.is_global
