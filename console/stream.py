"""Streams: what an exporter writes, given out piece by piece while it is written."""

from __future__ import annotations

import contextlib
import io
import queue
import threading
from collections.abc import Iterable, Iterator
from typing import TextIO, cast

from search.exporters import Exporter
from search.hits import Hit
from search.records import RecordsError

_PIECE_CHARACTERS = 32_768
_PIECES_AHEAD = 8


class _Abandoned(Exception):
    """Nobody reads any more."""


class _Pieces(io.TextIOBase):
    """A text file whose pieces another thread takes; writing waits while too many lie there."""

    def __init__(self) -> None:
        self.pieces: queue.Queue[bytes | Exception | None] = queue.Queue(_PIECES_AHEAD)
        self.is_abandoned = threading.Event()
        self._gathered: list[str] = []
        self._characters = 0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self._gathered.append(text)
        self._characters += len(text)
        if self._characters >= _PIECE_CHARACTERS:
            self.hand_over()
        return len(text)

    def hand_over(self) -> None:
        if self._gathered:
            self.put("".join(self._gathered).encode("utf-8", "replace"))
            self._gathered, self._characters = [], 0

    def put(self, piece: bytes | Exception | None) -> None:
        while not self.is_abandoned.is_set():
            try:
                self.pieces.put(piece, timeout=0.5)
            except queue.Full:
                continue
            return
        raise _Abandoned


def written(exporter: Exporter, hits: Iterable[Hit]) -> Iterator[bytes]:
    """What `exporter` writes of `hits`, in pieces of UTF-8. What it raises is raised here."""
    out = _Pieces()

    def write() -> None:
        with contextlib.suppress(_Abandoned):
            try:
                exporter.write(hits, cast(TextIO, out))
                out.hand_over()
                out.put(None)
            except (RecordsError, ValueError, TypeError) as error:
                out.put(error)

    thread = threading.Thread(target=write, name="export", daemon=True)
    thread.start()
    try:
        while (piece := out.pieces.get()) is not None:
            if isinstance(piece, Exception):
                raise piece
            yield piece
    finally:
        out.is_abandoned.set()
        thread.join()
