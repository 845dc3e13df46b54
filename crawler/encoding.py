"""Bytes to letters: what a document declares is believed unless the bytes say otherwise."""

from __future__ import annotations

import re
from typing import Final

from scrapy.http import HtmlResponse
from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, read_bom

_UTF8: Final = "utf-8"
_VIETNAMESE: Final = "cp1258"
_WESTERN: Final = "cp1252"
"""What browsers, and w3lib, take for latin-1 and ASCII too."""
_LONGEST_LETTER: Final = 4
"""Bytes of the longest UTF-8 sequence: a document cut off within its last letter is still UTF-8."""
_TONE_ON_VOWEL: Final = re.compile(
    rb"[aeiouyAEIOUY\xc2\xc3\xca\xd4\xd5\xdd\xe2\xe3\xea\xf4\xf5\xfd]([\xcc\xd2\xde\xec\xf2])"
)
"""A vowel and one of windows-1258's five combining tone marks, as every Vietnamese text in it is full of; in
windows-1252 the same bytes spell Ì Ò Þ ì ò right behind a vowel, which no language does more than now and then."""
MIN_TONES: Final = 3
MIN_KINDS_OF_TONE: Final = 2


def decode_html(response: HtmlResponse) -> tuple[str, str]:
    """The document's text, and "" or what its declared charset got wrong.

    Bytes that read as UTF-8 and are not plain ASCII are UTF-8, whatever is declared: no other charset makes them
    by chance. What is not, and is declared as UTF-8, a Western charset or nothing, is windows-1258 (the legacy charset
    of Vietnamese sites) where its tone marks show; a UTF-8 document with a few stray bytes stays UTF-8.
    """
    body = response.body
    by_mark, mark = read_bom(body)
    if by_mark is not None and mark is not None:
        return body[len(mark) :].decode(by_mark, "replace"), ""
    declared = _declared(response)
    if body.isascii():
        # Charsets such as UTF-16 and ISO-2022 spell other letters with ASCII's bytes.
        return _decoded(body, declared or _UTF8), ""
    try:
        as_utf8 = body.decode(_UTF8)
    except UnicodeDecodeError as error:
        return _legacy(body, declared, error)
    return as_utf8, "" if declared in ("", _UTF8) else f"declared {declared}, but is UTF-8"


def _declared(response: HtmlResponse) -> str:
    """Python's name of the charset that the header, else the document declares; "" for none or an unknown one."""
    header = (response.headers.get("Content-Type") or b"").decode("latin-1")
    return http_content_type_encoding(header) or html_body_declared_encoding(response.body) or ""


def _legacy(body: bytes, declared: str, error: UnicodeDecodeError) -> tuple[str, str]:
    claim = f"declared {declared}" if declared else "declares no charset"
    if declared not in ("", _UTF8, _WESTERN):
        return _decoded(body, declared), ""
    if declared in ("", _UTF8):
        text = body.decode(_UTF8, "replace")
        strays = text.count("\ufffd")
        if sum(letter > "\x7f" for letter in text) > 2 * strays:
            is_cut_off = strays == 1 and error.start > len(body) - _LONGEST_LETTER
            return text, "" if is_cut_off else f"{claim}, is UTF-8 with {strays} stray bytes from byte {error.start}"
    if _reads_as_vietnamese(body):
        return _decoded(body, _VIETNAMESE), f"{claim}, but is windows-1258" if declared else ""
    if declared == _UTF8:
        return _decoded(body, _WESTERN), f"{claim}, but byte {error.start} is not"
    return _decoded(body, _WESTERN), ""


def _reads_as_vietnamese(body: bytes) -> bool:
    tones = _TONE_ON_VOWEL.findall(body)
    return len(tones) >= MIN_TONES and len(set(tones)) >= MIN_KINDS_OF_TONE


def _decoded(body: bytes, encoding: str) -> str:
    try:
        return body.decode(encoding, "replace")
    except (LookupError, ValueError):
        # Python has codecs, such as base64 and idna, that a page may name and that make no text of any bytes.
        return body.decode(_WESTERN, "replace")
