"""Work folders that vanish: each belongs to a living process, and what a dead one left is swept away.

A folder `NAME` is guarded by a lock file `NAME.lock` beside it, which the kernel frees when its owner dies,
however it dies. The lock file is made before the folder and removed after it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from evidence.failure import VaultUnwritable


class WorkFolder:
    """A private folder, removed by `discard` (or on leaving a `with`)."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self._lock: int | None = lock

    def discard(self) -> None:
        """Remove the folder with all it holds; harmless when done twice."""
        if self._lock is None:
            return
        shutil.rmtree(self.path, ignore_errors=True)
        lock_path(self.path).unlink(missing_ok=True)
        os.close(self._lock)
        self._lock = None

    def __enter__(self) -> WorkFolder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.discard()


def lock_path(folder: Path) -> Path:
    """Where the lock of a work folder lies."""
    return folder.with_name(folder.name + ".lock")


class Workspace:
    """A place for work folders. `root` is made when the first one is."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def temporary(cls) -> Workspace:
        """The place for processes without a vault: a folder of this user under the system's temporary one."""
        root = Path(tempfile.gettempdir()) / f"luoitroi-{os.getuid()}"
        root.mkdir(exist_ok=True, mode=0o700)
        if root.is_symlink() or root.stat().st_uid != os.getuid():
            raise VaultUnwritable(f"{root} belongs to somebody else; set TMPDIR to a folder of your own")
        workspace = cls(root)
        workspace.sweep()
        return workspace

    def folder(self) -> WorkFolder:
        """A new, empty folder that is this process's own."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self.root / uuid.uuid4().hex
        lock = self._locked(lock_path(path), wait=True)
        if lock is None:  # a sweep took the file between its making and its locking: it is gone, take another name
            return self.folder()
        path.mkdir(mode=0o700)
        return WorkFolder(path, lock)

    def sweep(self, salvage: Callable[[Path], None] | None = None) -> int:
        """Remove the folders of dead processes and return how many there were.

        `salvage` is called with each before it goes. What lies here without a lock file is debris of an
        earlier sweep that was itself ended, and goes too.
        """
        if not self.root.is_dir():
            return 0
        swept = 0
        for entry in sorted(self.root.glob("*.lock")):
            lock = self._locked(entry, wait=False)
            if lock is None:
                continue
            folder = entry.with_suffix("")
            if folder.is_dir():
                if salvage is not None:
                    salvage(folder)
                shutil.rmtree(folder)
                swept += 1
            entry.unlink()
            os.close(lock)
        return swept

    @staticmethod
    def _locked(path: Path, *, wait: bool) -> int | None:
        """An open, locked descriptor of the file at `path`; None when a living process holds it or it is gone."""
        try:
            lock = os.open(path, os.O_RDWR | (os.O_CREAT if wait else 0), 0o600)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            is_same_file = path.exists() and os.path.samestat(path.stat(), os.fstat(lock))
        except (BlockingIOError, FileNotFoundError):
            is_same_file = False
        if not is_same_file:
            os.close(lock)
            return None
        return lock
