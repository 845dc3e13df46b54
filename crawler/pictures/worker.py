"""A picture worker: reads pictures from its standard input, one after the other, until that ends.

`python -m crawler.pictures.worker` speaks in frames on its standard streams: a JSON head, its length before it, and
bytes. A picture file from outside is decoded here alone, in a process that may crash, hang or grow without harm to who
asked. When its input ends, because its work is done or its parent was killed, it ends at once, with all it started.
"""

from __future__ import annotations

import io
import os
import queue
import resource
import signal
import struct
import sys
import threading
from dataclasses import dataclass
from math import sqrt
from typing import BinaryIO, Final

from PIL import Image
from pydantic import TypeAdapter

from matchers.page import Picture, PictureRole
from matchers.pictures.image_file import flat_picture, open_picture
from matchers.pictures.ocr import Tesseract
from matchers.pictures.picture_reading import read_picture

MAX_MEMORY_BYTES: Final = 2 * 1024**3
"""Address space of a worker: several times what the largest picture takes."""
COPY_WIDTH: Final = 640
COPY_PIXELS: Final = 1_500_000
"""Bounds of the small copy: wide enough to read an advertisement, and a long page whole."""
_COPY_COLOURS: Final = 128
_NICENESS: Final = 5
"""Crawls go before reading pictures where the processor is short."""
_LENGTHS: Final = struct.Struct(">II")


@dataclass(frozen=True, slots=True)
class Question:
    """A picture to read, with its words where they are worth the time; its bytes follow."""

    url: str
    role: PictureRole
    with_words: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """What was read, None where the bytes are no picture that can be read; the small copy follows, a PNG or nothing."""

    picture: Picture | None


QUESTION: Final = TypeAdapter(Question)
ANSWER: Final = TypeAdapter(Answer)
TESSERACT: Final = TypeAdapter(Tesseract | None)


def frame(head: bytes, body: bytes) -> bytes:
    """One frame: the lengths of head and body, then both."""
    return _LENGTHS.pack(len(head), len(body)) + head + body


FRAME_START_BYTES: Final = _LENGTHS.size


def frame_lengths(start: bytes) -> tuple[int, int]:
    """The lengths of head and body that a frame begins with."""
    head, body = _LENGTHS.unpack(start)
    return head, body


def small_copy(data: bytes) -> bytes:
    """A picture file as a small PNG of our own encoding, b"" for what cannot be read. Nothing of the file is in it."""
    picture = open_picture(data)
    if picture is None:
        return b""
    flat = flat_picture(picture)
    scale = min(1.0, COPY_WIDTH / flat.width, sqrt(COPY_PIXELS / (flat.width * flat.height)))
    size = (max(1, round(flat.width * scale)), max(1, round(flat.height * scale)))
    # A new picture made of pixels alone: no profile, text or comment of the file comes along.
    small = Image.frombytes("RGB", size, flat.resize(size, Image.Resampling.LANCZOS).tobytes())
    written = io.BytesIO()
    small.quantize(_COPY_COLOURS, dither=Image.Dither.NONE).save(written, "PNG", optimize=True)
    return written.getvalue()


def serve(incoming: BinaryIO, outgoing: BinaryIO, tesseract: Tesseract | None) -> None:
    """Answer every question that comes in, and end this process and all it started when no more can come."""
    waiting: queue.SimpleQueue[tuple[Question, bytes]] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(incoming, waiting), daemon=True).start()
    while True:
        question, data = waiting.get()
        reads = tesseract if question.with_words else None
        picture = read_picture(data, question.url, question.role, tesseract=reads)
        copy = small_copy(data) if picture is not None else b""
        outgoing.write(frame(ANSWER.dump_json(Answer(picture)), copy))
        outgoing.flush()


def _listen(incoming: BinaryIO, waiting: queue.SimpleQueue[tuple[Question, bytes]]) -> None:
    while True:
        start = incoming.read(FRAME_START_BYTES)
        if len(start) < FRAME_START_BYTES:
            _end()
        head, body = frame_lengths(start)
        waiting.put((QUESTION.validate_json(incoming.read(head)), incoming.read(body)))


def _end() -> None:
    """End at once; a Tesseract that was started and has not ended goes with us where the process group is ours."""
    if os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(0)


def main(arguments: list[str]) -> None:
    os.nice(_NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    serve(sys.stdin.buffer, sys.stdout.buffer, TESSERACT.validate_json(arguments[0]))


if __name__ == "__main__":
    main(sys.argv[1:])
