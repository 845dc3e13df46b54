"""Document: what the demo web answers at one address, and the ways in which real pages are awkward."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict

Device = Literal["any", "mobile", "desktop"]

NOTICE = (
    "<!-- Trang minh hoạ của Lưới Trời: thương hiệu, người, số liên lạc và tài khoản đều bịa ra. "
    "Demo page of Luoi Troi: every brand, person, number and account in it is invented. -->"
)

TONE_MARKS = "\u0300\u0301\u0303\u0309\u0323"
ZERO_WIDTH_MARKS = ("\u200b", "\u200c", "\u2060")


class Truth(BaseModel):
    """Why a page of the demo web is a planted scam. `category` is a category of the rule packs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    category: str
    why: str


@dataclass(frozen=True, slots=True)
class Address:
    """Where the demo web listens: every host of it answers on this one port."""

    port: int

    def url(self, host: str, path: str = "/") -> str:
        """The absolute address of `path` on `host`, port included."""
        return f"http://{host}:{self.port}{path}"


@dataclass(frozen=True, slots=True)
class Document:
    """What one address answers.

    `path` starts with a slash and may carry a query. `device` tells which user agents see it. `kind` is the
    `PageKind` value a spider should give it and `truth` is set where the document is a planted scam.
    """

    host: str
    path: str
    body: bytes = b""
    media_type: str = "text/html; charset=utf-8"
    status: int = 200
    location: str = ""
    delay_seconds: float = 0.0
    device: Device = "any"
    kind: str = ""
    truth: Truth | None = None


def html_bytes(html: str, encoding: str = "utf-8") -> bytes:
    """`html` with the demo notice, as bytes in `encoding` (utf-8 or windows-1258)."""
    marked = html.replace("<head>", f"<head>\n{NOTICE}", 1)
    return marked.encode("utf-8") if encoding == "utf-8" else windows_1258(marked)


def windows_1258(text: str) -> bytes:
    """`text` in windows-1258, which writes Vietnamese tone marks after their vowel.

    >>> windows_1258("tiền").hex(" ")
    '74 69 ea cc 6e'
    """
    composed = unicodedata.normalize("NFC", text)
    return "".join(_with_tone_apart(letter) for letter in composed).encode("cp1258", "xmlcharrefreplace")


def _with_tone_apart(letter: str) -> str:
    try:
        letter.encode("cp1258")
    except UnicodeEncodeError:
        parts = unicodedata.normalize("NFD", letter)
        tones = "".join(mark for mark in parts if mark in TONE_MARKS)
        rest = "".join(mark for mark in parts if mark not in TONE_MARKS)
        return unicodedata.normalize("NFC", rest) + tones
    return letter


def decomposed(html: str) -> str:
    """`html` in NFD, as pages written on some telephones and Macs arrive."""
    return unicodedata.normalize("NFD", html)


def split_letters(html: str) -> str:
    """`html` with invisible marks inside its words, as scammers write to get past word filters.

    Tags and digits stay whole.
    """
    pieces = re.split(r"(<[^>]*>)", html)
    return "".join(piece if piece.startswith("<") else _split_words(piece) for piece in pieces)


def _split_words(text: str) -> str:
    def split(word: re.Match[str]) -> str:
        letters = word[0]
        mark = ZERO_WIDTH_MARKS[len(letters) % len(ZERO_WIDTH_MARKS)]
        return letters[:2] + mark + letters[2:]

    return re.sub(r"[^\W\d_]{3,}", split, text)


def with_broken_markup(html: str) -> str:
    """`html` as a careless editor leaves it: paragraphs, list items and divisions never closed, a stray tag."""
    unclosed = re.sub(r"</(?:p|li|article|section|blockquote)>", "", html)
    return unclosed.replace("<p>", "<p><font color=navy><b></i>", 1).replace("</body>\n</html>", "")
