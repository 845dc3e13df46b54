"""Chromium on this machine: where it is, and the arguments under which it is safe to start."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

HowFound = Literal["settings", "system", "playwright"]

SYSTEM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""The commands under which distributions and Google install the browser."""

BASE_ARGUMENTS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""Nothing of the browser's own reaches the network, and all traffic is plain TCP that can be recorded."""


@dataclass(frozen=True, slots=True)
class Chromium:
    """A browser that answers: `version` is what it says of itself, as in `Chromium 126.0.6478.126`."""

    executable: Path
    version: str
    how_found: HowFound


def find_chromium(configured: str | None) -> Chromium | None:
    """The Chromium to use, or None.

    `configured` (a path or a command) is the only one tried when given, so that a wrong setting shows;
    else the system's browser, else the one that `playwright install chromium` downloaded.
    """
    if configured:
        found = shutil.which(str(Path(configured).expanduser()))
        return _answering(Path(found), "settings") if found else None
    for name in SYSTEM_NAMES:
        found = shutil.which(name)
        if found and (chromium := _answering(Path(found), "system")):
            return chromium
    for path in _playwright_downloads():
        if chromium := _answering(path, "playwright"):
            return chromium
    return None


def _playwright_downloads() -> list[Path]:
    """Chromium executables in Playwright's download folder, newest revision first."""
    chosen = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    folder = Path(chosen) if chosen and chosen != "0" else Path.home() / ".cache" / "ms-playwright"
    revisions = sorted(
        (path for path in folder.glob("chromium-*") if path.name.removeprefix("chromium-").isdigit()),
        key=lambda path: int(path.name.removeprefix("chromium-")),
        reverse=True,
    )
    return [path for revision in revisions for path in sorted(revision.glob("chrome-linux*/chrome"))]


@lru_cache(maxsize=16)
def _answering(executable: Path, how_found: HowFound) -> Chromium | None:
    """The browser at `executable` if it tells its version within ten seconds."""
    try:
        told = subprocess.run([executable, "--version"], capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError, UnicodeError):
        return None
    first_line = told.stdout.strip().splitlines()[:1]
    version = first_line[0].partition(" built on ")[0].strip() if first_line else ""
    return Chromium(executable, version, how_found) if version else None


def sandbox_obstacle() -> str | None:
    """Why Chromium's sandbox cannot be used by this process, or None when it can."""
    if os.geteuid() == 0:
        return "running as root; start it as an ordinary user to keep the browser's sandbox"
    helper = Path("/usr/lib/chromium/chrome-sandbox")
    if helper.is_file() and helper.stat().st_mode & stat.S_ISUID:
        return None
    for switch, forbidding in (
        ("/proc/sys/kernel/unprivileged_userns_clone", "0"),
        ("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1"),
        ("/proc/sys/user/max_user_namespaces", "0"),
    ):
        path = Path(switch)
        if path.is_file() and path.read_text().strip() == forbidding:
            return f"the kernel refuses user namespaces ({switch} is {forbidding}); see docs/evidence.md"
    return None


def launch_arguments(*, host_addresses: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """The arguments every Chromium of ours starts with, headless or not.

    `host_addresses` sends host patterns to addresses of our choice, as in `{"*.test": "127.0.0.1"}`; a value may
    carry a port. The sandbox stays on wherever it can work.
    """
    arguments = list(BASE_ARGUMENTS)
    if sandbox_obstacle() is not None:
        arguments.append("--no-sandbox")
    if host_addresses:
        rules = ", ".join(f"MAP {pattern} {address}" for pattern, address in host_addresses.items())
        arguments.append(f"--host-resolver-rules={rules}")
    return tuple(arguments)
