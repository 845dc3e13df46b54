"""Screenshots of captures: what they show is read beside the next capture, and counts for the hit they are of."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Final, Self

from crawler.pictures.pool import PictureUnread
from crawler.pictures.reader import PictureReader
from crawler.rules import load_judge
from crawler.settings import Settings
from evidence.capture import Capture
from matchers.page import PictureRole
from search.added_pictures import add_pictures
from search.records import Records

SCREENSHOT: Final = "screenshot.png"
WAITING: Final = 4
"""Screenshots that wait to be read at once; then captures wait for them, so that they do not fill the memory."""
SMALLEST_WITH_WORDS: Final = 3_000
"""Bytes of a picture in the capture from which it may hold words: smaller ones are icons and lines."""
FEW_WORDS: Final = 40
"""Letters of a page, fewer than which it shows itself by other means than text."""
_PICTURES_WITHIN: Final = (b"data:image/png", b"data:image/jpeg", b"data:image/webp", b"data:image/gif", b"<canvas")
_DRAWN: Final = frozenset(("image/svg+xml", "image/x-icon", "image/vnd.microsoft.icon"))
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Screenshot:
    """The screenshot of a capture. `may_say_more`: the page loaded pictures, whose words stand in no text of it."""

    data: bytes
    may_say_more: bool

    @classmethod
    def of(cls, capture: Capture) -> Self | None:
        """The screenshot of a capture that was not kept yet; None where it has none."""
        file = capture.files.get(SCREENSHOT)
        return cls(file.read_bytes(), may_say_more(capture)) if file is not None else None


def may_say_more(capture: Capture) -> bool:
    """Whether the page may show words that its text lacks: it loaded pictures, holds some or draws, or has no text."""
    if any(
        one.media_type.startswith("image/") and one.media_type not in _DRAWN and one.length >= SMALLEST_WITH_WORDS
        for one in capture.responses
    ):
        return True
    html, text = capture.files.get("page.html"), capture.files.get("page.txt")
    if html is None or text is None or len(text.read_text("utf-8", "replace").strip()) < FEW_WORDS:
        return True
    written = html.read_bytes().lower()
    return any(sign in written for sign in _PICTURES_WITHIN)


class Screenshots:
    """Reads screenshots and lets what they show count for their hits. Belongs to one event loop."""

    def __init__(self, records: Records, settings: Settings) -> None:
        self._records = records
        self._settings = settings
        self._reader = PictureReader(settings)
        self._slots = asyncio.Semaphore(WAITING)
        self._under_way: set[asyncio.Task[None]] = set()

    async def look(self, screenshot: Screenshot, hit_id: int) -> None:
        """Read the screenshot of a hit's capture, beside what comes next; waits where too many are being read."""
        if self._settings.pictures.per_page == 0:
            return
        await self._slots.acquire()
        task = asyncio.create_task(self._read(screenshot, hit_id))
        self._under_way.add(task)
        task.add_done_callback(self._done)

    async def close(self) -> None:
        """Wait for what is being read, then end what reads. Raises RecordsError where what was read was not kept."""
        try:
            await asyncio.gather(*self._under_way)
        finally:
            await self._reader.close()

    def _done(self, task: asyncio.Task[None]) -> None:
        self._slots.release()
        if task.cancelled() or task.exception() is None:
            # One that failed is kept, so that closing tells.
            self._under_way.discard(task)

    async def _read(self, screenshot: Screenshot, hit_id: int) -> None:
        try:
            picture = await self._reader.read(
                screenshot.data, "", PictureRole.SCREENSHOT, with_words=screenshot.may_say_more
            )
        except PictureUnread as error:
            logger.warning(error.kind, extra={"hit_id": hit_id, "detail": str(error)})
            return
        if picture is None:
            return
        if add_pictures(self._records, hit_id, [picture], load_judge(self._settings).judge) is not None:
            self._reader.shelf.keep_for_hit([picture.sha256])
