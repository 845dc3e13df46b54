"""Bytes to letters: what a document declares is believed unless the bytes say otherwise."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from scrapy.http import HtmlResponse
from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, read_bom

from crawler.legacy_letters import recognise

_UTF8: Final = "utf-8"
_VIETNAMESE: Final = "cp1258"
_WESTERN: Final = "cp1252"
"""What browsers, and w3lib, take for latin-1 and ASCII too."""
_NAMES: Final = {_VIETNAMESE: "windows-1258", _WESTERN: "windows-1252"}
_LONGEST_LETTER: Final = 4
"""Bytes of the longest UTF-8 sequence: a document cut off within its last letter is still UTF-8."""
_TONE_ON_VOWEL: Final = re.compile(
    rb"[aeiouyAEIOUY\xc2\xc3\xca\xd4\xd5\xdd\xe2\xe3\xea\xf4\xf5\xfd]([\xcc\xd2\xde\xec\xf2])"
)
"""A vowel and one of windows-1258's five combining tone marks, as every Vietnamese text in it is full of; in
windows-1252 the same bytes spell Ì Ò Þ ì ò right behind a vowel, which no language does more than now and then."""
_TAG: Final = re.compile(r"<[^<>]*>")
MIN_TONES: Final = 3
MIN_KINDS_OF_TONE: Final = 2


class Decoded(NamedTuple):
    """A document's text, "" or what its declared charset got wrong, and the encoding its bytes are in."""

    text: str
    lie: str
    encoding: str


def decode_html(response: HtmlResponse) -> Decoded:
    """The document's text from its bytes.

    Bytes that read as UTF-8 and are not plain ASCII are UTF-8, whatever is declared: no other charset makes them
    by chance. What is not, and is declared as UTF-8, a Western charset or nothing, is windows-1258 (the legacy charset
    of Vietnamese sites) where its tone marks show; a UTF-8 document with a few stray bytes stays UTF-8. Letters of
    the encodings of old fonts come out as the Western ones in whose places they stand; `crawler.legacy_letters` reads
    them once the text is out of its tags.
    """
    body = response.body
    by_mark, mark = read_bom(body)
    if by_mark is not None and mark is not None:
        return Decoded(body[len(mark) :].decode(by_mark, "replace"), "", by_mark)
    declared = _declared(response)
    if body.isascii():
        # Charsets such as UTF-16 and ISO-2022 spell other letters with ASCII's bytes.
        return _decoded(body, declared or _UTF8)
    try:
        as_utf8 = body.decode(_UTF8)
    except UnicodeDecodeError as error:
        return _legacy(body, declared, error)
    return Decoded(as_utf8, "" if declared in ("", _UTF8) else f"declared {declared}, but is UTF-8", _UTF8)


def _declared(response: HtmlResponse) -> str:
    """Python's name of the charset that the header, else the document declares; "" for none or an unknown one."""
    header = (response.headers.get("Content-Type") or b"").decode("latin-1")
    return http_content_type_encoding(header) or html_body_declared_encoding(response.body) or ""


def _legacy(body: bytes, declared: str, error: UnicodeDecodeError) -> Decoded:
    claim = f"declared {declared}" if declared else "declares no charset"
    if declared not in ("", _UTF8, _WESTERN):
        return _decoded(body, declared)
    if declared in ("", _UTF8):
        text = body.decode(_UTF8, "replace")
        strays = text.count("\ufffd")
        if sum(letter > "\x7f" for letter in text) > 2 * strays:
            is_cut_off = strays == 1 and error.start > len(body) - _LONGEST_LETTER
            lie = "" if is_cut_off else f"{claim}, is UTF-8 with {strays} stray bytes from byte {error.start}"
            return Decoded(text, lie, _UTF8)
    western = _decoded(body, _WESTERN)
    if _reads_as_vietnamese(body) and recognise(_TAG.sub(" ", western.text)) is None:
        return _decoded(body, _VIETNAMESE, f"{claim}, but is windows-1258" if declared else "")
    return western._replace(lie=f"{claim}, but byte {error.start} is not" if declared == _UTF8 else "")


def _reads_as_vietnamese(body: bytes) -> bool:
    tones = _TONE_ON_VOWEL.findall(body)
    return len(tones) >= MIN_TONES and len(set(tones)) >= MIN_KINDS_OF_TONE


def _decoded(body: bytes, encoding: str, lie: str = "") -> Decoded:
    try:
        return Decoded(body.decode(encoding, "replace"), lie, _NAMES.get(encoding, encoding))
    except (LookupError, ValueError):
        # Python has codecs, such as base64 and idna, that a page may name and that make no text of any bytes.
        return Decoded(body.decode(_WESTERN, "replace"), lie, _NAMES[_WESTERN])
