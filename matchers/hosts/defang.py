"""Defanging: addresses of watched sites as text that no program turns into a link."""

from __future__ import annotations

import re
from typing import TypeVar, cast

Text = TypeVar("Text", bound=str)
_SCHEME = re.compile(r"\A([a-z][a-z0-9+.-]*):(?=//)", re.IGNORECASE)
_OTHER_SCHEME = re.compile(r"\A([a-z][a-z0-9+.-]*):(?!\d)", re.IGNORECASE)
_HIDDEN = {
    **dict.fromkeys(range(0x202A, 0x202F), "\ufffd"),  # bidirectional embeddings and overrides
    **dict.fromkeys(range(0x2066, 0x206A), "\ufffd"),  # bidirectional isolates
    **dict.fromkeys((0x200E, 0x200F, 0x061C), "\ufffd"),  # bidirectional marks
    **dict.fromkeys((code for code in range(0x20) if code not in (0x09, 0x0A, 0x0D)), "\ufffd"),
    **dict.fromkeys(range(0x7F, 0xA0), "\ufffd"),
}


def defang(url: str) -> str:
    """The address with `hxxp` for `http` and `[.]` for the dots of its host; other schemes lose their colon.

    >>> defang("https://vcb-digibank.top/login?a=1.2")
    'hxxps://vcb-digibank[.]top/login?a=1.2'
    """
    shown = plain(url)
    if scheme := _SCHEME.match(shown):
        rest = shown[scheme.end() + 2 :]
        host, slash, tail = _host_and_tail(rest)
        return f"{scheme[1].lower().replace('tt', 'xx')}://{host.replace('.', '[.]')}{slash}{tail}"
    if other := _OTHER_SCHEME.match(shown):
        return f"{other[1]}[:]{shown[other.end() :]}"
    host, slash, tail = _host_and_tail(shown)
    return f"{host.replace('.', '[.]')}{slash}{tail}"


def plain(text: Text) -> Text:
    """Text of a watched site, each character that would reorder or hide its neighbours shown as U+FFFD.

    Character for character, so that spans into the text stay right; Markup stays Markup.
    """
    return cast(Text, text.translate(_HIDDEN))


def _host_and_tail(rest: str) -> tuple[str, str, str]:
    for position, character in enumerate(rest):
        if character in "/?#\\":
            return rest[:position], character, rest[position + 1 :]
    return rest, "", ""
