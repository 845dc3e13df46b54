"""Text in pictures, read with Tesseract (Debian: tesseract-ocr, tesseract-ocr-vie) after a preparation of our own.

Tesseract runs as a process of its own with one thread and a time limit, and sees only grey pixels that were decoded
and prepared here: no picture file from outside reaches its own decoders.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from PIL import Image

from matchers.page import PictureLine
from matchers.pictures.preparation import Look, Prepared
from matchers.pictures.words import lines_of, parse_tsv, told_once

VIETNAMESE: Final = "vie"
ENGLISH: Final = "eng"
_DOTS_AN_INCH: Final = "150"  # pictures say none, and Tesseract would guess from the letters
_TO_ASK_SECONDS: Final = 10.0  # for its version and languages
_SURE: Final = 0.85  # confidence from which a line needs no second look
_LITTLE: Final = 20  # letters below which a picture may hold more than was read
_DOUBT: Final = 0.15  # share of letters read unsurely from which the picture is looked at again
_LEFT: Final = 0.3  # share of what stands out that lay outside every line, from which it is looked at once more


@dataclass(frozen=True, slots=True)
class Tesseract:
    """An installed Tesseract: where it is, its version, and the languages that it can read."""

    path: str
    version: str
    languages: frozenset[str]
    time_limit_seconds: float = 20.0
    """Longest that one picture may take, all looks together."""

    @property
    def reads_vietnamese(self) -> bool:
        """Whether the Vietnamese letters are there (Debian: tesseract-ocr-vie)."""
        return VIETNAMESE in self.languages

    @property
    def language(self) -> str:
        """What is asked for. Vietnamese reads English words as well, and both together take half as long again."""
        return VIETNAMESE if self.reads_vietnamese else ENGLISH


def find_tesseract(name: str = "tesseract") -> Tesseract | None:
    """The Tesseract on the path, or at a path, with what it can read; None where there is none that answers."""
    path = shutil.which(name)
    if path is None:
        return None
    version, languages = _ask(path, "--version"), _ask(path, "--list-langs")
    if version is None or languages is None:
        return None
    said = re.search(r"tesseract\s+v?(\S+)", version)
    return Tesseract(path, said.group(1) if said else "", frozenset(languages.split("\n")[1:]) - {"", "osd"})


def _ask(path: str, question: str) -> str | None:
    try:
        answer = subprocess.run(
            [path, question], capture_output=True, text=True, timeout=_TO_ASK_SECONDS, check=True, env=_environment()
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return answer.stdout or answer.stderr


def _environment() -> Mapping[str, str]:
    # More threads make one picture hardly faster and the others slower.
    return {**os.environ, "OMP_THREAD_LIMIT": "1"}


def read_lines(picture: Image.Image, tesseract: Tesseract) -> tuple[PictureLine, ...]:
    """The lines of text in an RGB picture, from top to bottom, with boxes in its pixels.

    One look mostly; where it reads little, or much of it unsurely, up to four more, and the surest words of all.
    What Tesseract cannot finish in its time is left out: then the looks done count.
    """
    until = time.monotonic() + tesseract.time_limit_seconds
    prepared = Prepared(picture)
    seen: list[list[PictureLine]] = []
    for look in prepared.looks():
        tsv = _run(tesseract, look, until - time.monotonic())
        if tsv is None:
            break
        seen.append(lines_of(parse_tsv(tsv)))
        if _is_enough(told_once(seen), prepared, is_first=len(seen) == 1):
            break
    return tuple(replace(line, box=prepared.original(line.box)) for line in told_once(seen))


def _is_enough(lines: list[PictureLine], prepared: Prepared, *, is_first: bool) -> bool:
    letters = sum(len(line.text) for line in lines)
    unsure = sum(len(line.text) for line in lines if line.confidence < _SURE)
    if letters < _LITTLE or unsure > _DOUBT * letters:
        return False
    return not is_first or prepared.unread(line.box for line in lines) <= _LEFT


def _run(tesseract: Tesseract, look: Look, seconds: float) -> str | None:
    """Tesseract's table for one look, or None where it failed or was stopped for taking too long."""
    if seconds <= 0:
        return None
    command = [
        tesseract.path,
        "stdin",
        "stdout",
        "-l",
        tesseract.language,
        "--psm",
        look.segmentation,
        "--dpi",
        _DOTS_AN_INCH,
    ]
    try:
        done = subprocess.run(
            [*command, "--dpi", _DOTS_AN_INCH, "-c", "tessedit_create_tsv=1"],
            input=_portable_graymap(look.picture),
            capture_output=True,
            timeout=seconds,
            check=True,
            env=_environment(),
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace")


def _portable_graymap(grey: Image.Image) -> bytes:
    return b"P5 %d %d 255\n" % grey.size + grey.tobytes()
