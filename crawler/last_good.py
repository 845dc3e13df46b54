"""The last good rules: a copy of the operators' folders, kept in the data folder whenever they were loaded whole.

Each copy lies in a folder of its own, named by the hash of what it holds (`data/rules/HASH/00-name/…`); the file
`current` names the one that counts. Copies and `current` come into place by one rename each, so that whoever reads
sees a whole set, whatever is written or killed meanwhile.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from matchers.rules import RulesError, load_rules

MAX_FILE_BYTES: Final = 20_000_000
MAX_COPIED_BYTES: Final = 200_000_000
"""Packs, brand lists and pictures of brands are far smaller: beyond, a folder was named that holds something else."""
COPIES_KEPT: Final = 5
_CURRENT: Final = "current"
_DRAFT: Final = ".draft-"
logger = logging.getLogger(__name__)


class NotKept(Exception):
    """The rules in force could not be copied; they are in force all the same."""


class LastGood:
    """The copies of one data folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def folders(self) -> tuple[Path, ...] | None:
        """The folders of the last good rules, in the order in which they are read; None before there were any."""
        try:
            name = (self.folder / _CURRENT).read_text("ascii").strip()
            kept = self.folder / name
            return tuple(sorted(path for path in kept.iterdir() if path.is_dir())) if name else None
        except (OSError, UnicodeDecodeError):
            return None

    def keep(self, folders: Sequence[Path], version: str) -> None:
        """Keep a copy of `folders`, which were just loaded as rules of this `version`.

        Nothing is kept where the files changed since: the copy is loaded before it counts. Raises NotKept.
        """
        try:
            content = [list(_files(folder)) for folder in folders]
            name = _hash(content)
            if self._current() == name:
                return
            if not (self.folder / name).is_dir():
                self._copy(folders, content, name, version)
            self._point_to(name)
            self._clear(name)
        except OSError as error:
            raise NotKept(
                f"{self.folder}: {error.strerror or error}; give the data folder room and write access"
            ) from (error)

    def _current(self) -> str:
        folders = self.folders()
        return folders[0].parent.name if folders else ""

    def _copy(self, folders: Sequence[Path], content: list[list[tuple[str, bytes]]], name: str, version: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=_DRAFT, dir=self.folder))
        try:
            copies = [draft / f"{number:02}-{folder.name}" for number, folder in enumerate(folders)]
            for copy, files in zip(copies, content, strict=True):
                copy.mkdir()
                for place, data in files:
                    (copy / place).parent.mkdir(parents=True, exist_ok=True)
                    with (copy / place).open("wb") as written:
                        written.write(data)
                        os.fsync(written.fileno())
            if load_rules(copies).version != version:
                raise NotKept("the rules changed while they were copied; the next load keeps them")
            try:
                draft.rename(self.folder / name)
            except OSError:
                if not (self.folder / name).is_dir():  # else another process kept the same
                    raise
        except RulesError as error:
            raise NotKept(f"the rules changed while they were copied: {error.problems[0]}") from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def _point_to(self, name: str) -> None:
        descriptor, draft = tempfile.mkstemp(prefix=_DRAFT, dir=self.folder)
        with os.fdopen(descriptor, "w", encoding="ascii") as written:
            written.write(f"{name}\n")
            written.flush()
            os.fsync(written.fileno())
        Path(draft).replace(self.folder / _CURRENT)

    def _clear(self, current: str) -> None:
        """Keep the newest copies only."""
        copies = [path for path in self.folder.iterdir() if path.is_dir() and not path.name.startswith(_DRAFT)]
        copies.sort(key=lambda path: (path.name == current, path.stat().st_mtime), reverse=True)
        for old in copies[COPIES_KEPT:]:
            shutil.rmtree(old, ignore_errors=True)


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file of a folder with its place there, hidden ones left out. Raises NotKept beyond what rules can need."""
    total = 0
    for path in sorted(folder.rglob("*")):
        place = path.relative_to(folder)
        if not path.is_file() or any(part.startswith(".") for part in place.parts):
            continue
        size = path.stat().st_size
        total += size
        if size > MAX_FILE_BYTES or total > MAX_COPIED_BYTES:
            raise NotKept(f"{path}: more than rules can need; keep rules in a folder of their own")
        yield place.as_posix(), path.read_bytes()


def _hash(content: list[list[tuple[str, bytes]]]) -> str:
    digest = hashlib.sha256()
    for number, files in enumerate(content):
        for place, data in files:
            digest.update(f"{number}/{place}\0{len(data)}\0".encode("utf-8", "surrogateescape"))
            digest.update(data)
    return digest.hexdigest()[:16]
