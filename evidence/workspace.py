"""Work folders that vanish: each belongs to a living process, and what a dead one left is swept away.

A folder `NAME` is guarded by a lock file `NAME.lock` beside it, which the kernel frees when its owner dies,
however it dies. The lock file is made before the folder and removed after it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import psutil

from evidence.failure import VaultUnwritable

DYING_SECONDS = 5.0
"""A browser whose owner was killed ends by itself, but may write to its profile for a moment more."""


def _outlast_users(folder: Path) -> None:
    """Wait for the processes that a dead owner left working in `folder` to end, and end those that do not."""
    users = [
        process
        for process in psutil.process_iter()
        if any(str(folder) in argument for argument in _command_line(process))
    ]
    _, alive = psutil.wait_procs(users, timeout=DYING_SECONDS)
    for process in alive:
        process.kill()
    psutil.wait_procs(alive, timeout=DYING_SECONDS)


def _command_line(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return []  # ended meanwhile, or somebody else's and so none of ours


def _remove(folder: Path) -> None:
    give_up = time.monotonic() + DYING_SECONDS
    while True:
        try:
            shutil.rmtree(folder)
        except FileNotFoundError:
            return
        except OSError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.05)
        else:
            return


class WorkFolder:
    """A private folder, removed by `discard` (or on leaving a `with`)."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self._lock: int | None = lock

    def discard(self) -> None:
        """Remove the folder with all it holds; harmless when done twice."""
        if self._lock is None:
            return
        _remove(self.path)
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
                _outlast_users(folder)
                if salvage is not None:
                    salvage(folder)
                _remove(folder)
                swept += 1
            entry.unlink()
            os.close(lock)
        for folder in self.root.iterdir():
            if folder.is_dir() and not lock_path(folder).exists():
                _remove(folder)
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
