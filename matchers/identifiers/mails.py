"""E-mail addresses, plain and disguised: "a (at) gmail . com", "a [at] gmail [dot] com", "a a còng gmail chấm com"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from matchers.identifiers.sighting import Sighting
from matchers.match import Identifier

_PLAIN: Final = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[a-z0-9-]{1,63}\.){1,4}[a-z]{2,24}(?![\w-])", re.I | re.A)
_AT: Final = re.compile(r"\s{0,2}[(\[{<]\s?(?:at|@|a còng)\s?[)\]}>]\s{0,2}|\s(?:at|a còng|@)\s|\s@|@\s", re.I)
_BARE_AT: Final = re.compile(r"[a-z\s]+|\s?@\s?", re.I)
_NAME: Final = re.compile(r"(?<![\w.+-])[A-Za-z0-9][\w.+-]{1,63}$", re.A)
_DOT: Final = r"(?:\s{0,2}[(\[{<]\s?(?:dot|chấm|\.)\s?[)\]}>]\s{0,2}|\s(?:dot|chấm)\s|\s?\.\s?)"
_DOMAIN: Final = re.compile(
    rf"[a-z0-9-]{{2,63}}(?:{_DOT}[a-z0-9-]{{2,63}}){{0,2}}{_DOT}(?:com|net|org|vn|info|me|edu|biz|io|ru)\b", re.I | re.A
)
_PROVIDERS: Final = ("gmail", "yahoo", "outlook", "hotmail", "icloud", "proton", "protonmail", "ymail", "mail")
_DOTS: Final = re.compile(_DOT, re.I)
_SIGNS: Final = ("at)", "at]", "at}", "at>", " at ", "a còng", "at )")
_CUE: Final = re.compile(r"mail|thư|\blh\b|liên hệ|địa chỉ", re.I)
_LONGEST_NAME, _LONGEST_DOMAIN = 64, 120


def find_mails(text: str, lowered: str) -> Iterator[Sighting]:
    """Addresses in `text`; `lowered` is `text` in lower case."""
    if "@" in text:
        for match in _PLAIN.finditer(text):
            yield Sighting(Identifier("email", match.group().lower()), match.start(), match.end(), match.group())
    elif not any(sign in lowered for sign in _SIGNS):
        return
    yield from _disguised(text)


def _disguised(text: str) -> Iterator[Sighting]:
    for at in _AT.finditer(text):
        before = text[max(at.start() - _LONGEST_NAME, 0) : at.start()]
        name = _NAME.search(before)
        domain = _DOMAIN.match(text, at.end(), at.end() + _LONGEST_DOMAIN)
        if name is None or domain is None:
            continue
        host = _DOTS.sub(".", domain.group()).lower()
        if _BARE_AT.fullmatch(at.group()) and not _is_meant(at.group(), domain.group(), host, before):
            continue
        start = at.start() - len(before) + name.start()
        value = f"{name.group().lower()}@{host}"
        yield Sighting(Identifier("email", value), start, domain.end(), text[start : domain.end()])


def _is_meant(at: str, domain: str, host: str, before: str) -> bool:
    """Whether a bare "at" is the sign: before a mail provider whose dot is disguised too, or after "mail"."""
    if host.split(".")[0] not in _PROVIDERS:
        return False
    return "@" in at or "." not in domain or " " in domain or _CUE.search(before) is not None
