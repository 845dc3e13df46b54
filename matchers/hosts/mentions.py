"""Hosts named in running text, with their places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from matchers.hosts.hostname import HostName, host_of, parse_host
from matchers.hosts.lexicon import lexicon

MOST_HOSTS: Final = 60
"""Hosts looked at in one text."""

# A host in running text: after a scheme, or bare with a suffix of letters. Spaces after "https://" occur in messages.
_URL: Final = re.compile(r"https?\s?[:;]\s?/\s?/\s{0,2}([^\s/?#\"'<>()\[\],;]{4,253})", re.IGNORECASE)
_INNER_DOT: Final = re.compile(r"\.(?=[^\W_])")
_HOST_END: Final = re.compile(r"[\w-]+$")
_HOST_START: Final = re.compile(r"(?:\.[\w-]{1,63}){0,5}\.[a-zA-Z]{2,12}(?![\w@])")
_LONGEST_LABEL: Final = 63


@dataclass(frozen=True, slots=True)
class TextHost:
    """A host in the text, with its place there."""

    host: HostName
    start: int
    end: int


def hosts_in(text: str) -> Iterator[TextHost]:
    """Hosts written in `text`, each once and `MOST_HOSTS` at most: after a scheme, or bare under a suffix of hosts."""
    seen: set[str] = set()
    for start, written, has_scheme in _written_hosts(text):
        host = host_of(written)
        if host in seen or "." not in host:
            continue
        parsed = parse_host(host)
        if not has_scheme and not is_known_suffix(parsed):
            continue
        seen.add(host)
        yield TextHost(parsed, start, start + len(written))
        if len(seen) >= MOST_HOSTS:
            return


def _written_hosts(text: str) -> Iterator[tuple[int, str, bool]]:
    """(offset, host as written, whether a scheme stands before it) of everything that looks like a host."""
    if "/" in text:
        for match in _URL.finditer(text):
            written = match.group(1).rstrip(".-")
            yield match.start(1), written, True
    last = 0
    for dot in _INNER_DOT.finditer(text):
        if dot.start() < last:
            continue
        before = _HOST_END.search(text, max(dot.start() - _LONGEST_LABEL, last), dot.start())
        after = _HOST_START.match(text, dot.start())
        if before is None or after is None:
            continue
        last = after.end()
        if before.start() and text[before.start() - 1] in "@/:":
            continue  # an e-mail address, or a host that a scheme already told
        yield before.start(), text[before.start() : after.end()].rstrip(".-"), False


def is_known_suffix(parsed: HostName) -> bool:
    """Whether the host ends in a suffix that hosts are written with, so that ``tuan.Anh`` is not taken for one."""
    suffix = parsed.suffix
    words = lexicon()
    return (
        "." in suffix
        or suffix in words.common_suffixes
        or suffix in words.throwaway_suffixes
        or parsed.host in words.shorteners
    )
