"""Journalism: the marks of an article, and what a page does that editors do not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from matchers.identifiers.sighting import Sighting
from matchers.text.normalise import fold_text

_CHATS: Final = frozenset(("zalo", "telegram", "whatsapp", "viber"))
_REACH: Final = 60
"""Characters before a number in which the words stand that ask to call it."""
_ASKS: Final = re.compile(
    r"\b(?:lien he|lh|zalo|tele|telegram|goi|inbox|ib|nhan tin|ket ban|dang ky|tham gia|vao nhom|alo|call|contact|"
    r"add|quet ma|bam vao|click|tu van|ho tro|dat coc|giu suat)\b"
)
_REPORTS: Final = re.compile(
    r"\b(?:cong an|canh sat|trinh bao|to giac|duong day nong|truc ban|phan anh|toa soan|bao ngay|dieu tra vien|can bo|"
    r"quang cao|ban bien tap|gvcn|giao vien)\b"
)
# Names that blogs give to whoever writes: no byline of anybody.
_NOBODY: Final = re.compile(r"(?:admin|administrator|editor|quan tri(?: vien)?|author|user|root|wp|seo|marketing)\d*")


def has_article_marks(facts: Mapping[str, str]) -> bool:
    """A person's byline or an article's markup, and beside it a date, a section or a publisher.

    Anybody can write these into a page: they say what it wants to be taken for.
    """
    byline = fold_text(facts.get("byline", "")).strip()
    is_signed = bool(byline) and _NOBODY.fullmatch(byline) is None
    is_marked = bool(facts.get("article_type")) or facts.get("og_type", "") == "article"
    is_placed = any(facts.get(name) for name in ("published_at", "section", "publisher"))
    return is_signed + is_marked + is_placed > 1


def solicits(text: str, sights: Iterable[Sighting]) -> bool:
    """Whether a text asks its readers to get in touch with a person by one of `sights`, private numbers and handles:
    words that ask stand before it, and none that say it is the police's, the editors' or the advertising desk's.

    A link to a chat that the page offers (`is_contact`) is asking enough.
    """
    for sight in sights:
        if sight.is_contact:
            if sight.identifier.kind in _CHATS:
                return True
            continue
        before = fold_text(text[max(sight.start - _REACH, 0) : sight.start])
        if _ASKS.search(before) and not _REPORTS.search(before):
            return True
    return False
