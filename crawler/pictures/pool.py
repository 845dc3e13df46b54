"""The reader pool: so many worker processes at most, each replaced when it crashes or takes too long."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final

from pydantic import ValidationError

from crawler.pictures.worker import (
    ANSWER,
    FRAME_START_BYTES,
    QUESTION,
    TESSERACT,
    Question,
    frame,
    frame_lengths,
)
from matchers.page import Picture, PictureRole
from matchers.pictures.ocr import Tesseract

OTHER_WORK_SECONDS: Final = 10.0
"""What decoding, looking for codes and the small copy get beside Tesseract's own time limit."""
START_SECONDS: Final = 10.0
"""What the first picture of a new worker gets besides, to start in."""


class PictureUnread(Exception):
    """A picture could not be read to its end; `kind` is the failure's name in the counts."""

    kind = "picture_unread"


@dataclass(frozen=True, slots=True)
class ReadPicture:
    """What was read in a picture, and a small copy of it, a PNG of our own encoding."""

    picture: Picture
    copy: bytes


class ReaderPool:
    """At most `size` workers, started when there is a picture for them. Belongs to the event loop that uses it."""

    def __init__(self, size: int, tesseract: Tesseract | None, seconds: float) -> None:
        """`seconds` is the longest that Tesseract may take for one picture."""
        self._tesseract = replace(tesseract, time_limit_seconds=seconds) if tesseract is not None else None
        self._limit_seconds = (seconds if tesseract is not None else 0.0) + OTHER_WORK_SECONDS
        self._slots = asyncio.Semaphore(size)
        self._idle: list[asyncio.subprocess.Process] = []
        self._busy: set[asyncio.subprocess.Process] = set()
        self._is_closed = False

    @property
    def processes(self) -> tuple[int, ...]:
        """The ids of the workers that run."""
        return tuple(sorted(worker.pid for worker in (*self._idle, *self._busy) if worker.returncode is None))

    async def read(self, data: bytes, url: str, role: PictureRole, *, with_words: bool = True) -> ReadPicture | None:
        """What a picture file shows, with its words or without; None where the bytes are no picture that can be read.

        Raises PictureUnread when the worker crashed or took too long; the next picture gets a new one.
        """
        async with self._worker() as (worker, start_seconds):
            try:
                async with asyncio.timeout(self._limit_seconds + start_seconds):
                    return await _ask(worker, Question(url, role, with_words), data)
            except TimeoutError:
                raise PictureUnread(f"took longer than {self._limit_seconds:g} s, its reader was stopped") from None
            except (asyncio.IncompleteReadError, ConnectionError, ValidationError) as error:
                await _end(worker)
                status = worker.returncode
                raise PictureUnread(f"its reader ended with status {status}: {type(error).__name__}") from None

    async def close(self) -> None:
        """End every worker, also those that are reading."""
        self._is_closed = True
        for worker in (*self._idle, *self._busy):
            await _end(worker)
        self._idle.clear()

    @asynccontextmanager
    async def _worker(self) -> AsyncIterator[tuple[asyncio.subprocess.Process, float]]:
        async with self._slots:
            if self._is_closed:
                raise PictureUnread("the crawl ends")
            worker = self._idle.pop() if self._idle else None
            start_seconds = 0.0
            if worker is None or worker.returncode is not None:
                worker, start_seconds = await self._start(), START_SECONDS
            self._busy.add(worker)
            try:
                yield worker, start_seconds
            except BaseException:
                # Whatever went wrong, cancelled included: what it would answer next is of no picture that is asked.
                await asyncio.shield(_end(worker))
                raise
            else:
                self._idle.append(worker)
            finally:
                self._busy.discard(worker)

    async def _start(self) -> asyncio.subprocess.Process:
        try:
            return await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "crawler.pictures.worker",
                TESSERACT.dump_json(self._tesseract).decode(),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                # A group of its own, so that it is ended with the Tesseract it started, and no Ctrl-C reaches it.
                start_new_session=True,
            )
        except OSError as error:
            raise PictureUnread(f"no reader could be started: {error}") from error


async def _ask(worker: asyncio.subprocess.Process, question: Question, data: bytes) -> ReadPicture | None:
    if worker.stdin is None or worker.stdout is None:
        raise ConnectionError("the worker has no standard streams")
    worker.stdin.write(frame(QUESTION.dump_json(question), data))
    await worker.stdin.drain()
    head_bytes, copy_bytes = frame_lengths(await worker.stdout.readexactly(FRAME_START_BYTES))
    answer = ANSWER.validate_json(await worker.stdout.readexactly(head_bytes))
    copy = await worker.stdout.readexactly(copy_bytes)
    return ReadPicture(answer.picture, copy) if answer.picture is not None else None


async def _end(worker: asyncio.subprocess.Process) -> None:
    if worker.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(worker.pid, signal.SIGKILL)
    await worker.wait()
