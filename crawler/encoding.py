"""Bytes to letters: what a document declares is believed unless the bytes say otherwise."""

from __future__ import annotations

from scrapy.http import HtmlResponse

_UTF8 = frozenset({"utf-8", "utf8"})
_VIETNAMESE_LEGACY = "cp1258"
_LONGEST_LETTER = 4
"""Bytes of the longest UTF-8 sequence: a document cut off within its last letter is still UTF-8."""


def decode_html(response: HtmlResponse) -> tuple[str, str]:
    """The document's text, and "" or what its declared charset got wrong.

    Bytes that read as UTF-8 and are not plain ASCII are UTF-8, whatever is declared: no other charset makes them
    by chance. What is declared as UTF-8 and is not falls back to windows-1258, the legacy one of Vietnamese sites.
    """
    declared = response.encoding.lower()
    body = response.body
    if body.isascii():
        return response.text, ""
    try:
        as_utf8 = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        is_cut_off = error.start > len(body) - _LONGEST_LETTER
        if declared not in _UTF8 or is_cut_off:
            return response.text, ""
        return body.decode(_VIETNAMESE_LEGACY, "replace"), f"declared {declared}, but byte {error.start} is not"
    return as_utf8, "" if declared in _UTF8 else f"declared {declared}, but is UTF-8"
