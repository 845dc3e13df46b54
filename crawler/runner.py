"""Crawls run side by side, each in its own process, watched by the one that started them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

from crawler.ending import CLEAN, WITH_FAILURES

STOP_SECONDS: Final = 20.0
"""How long a crawl may take to end itself when asked, before it is killed."""
_LINE_LIMIT: Final = 16 * 1024 * 1024


@dataclass(slots=True)
class CrawlReport:
    """How one crawl went. `state` is a `search.runs.RunState` value, `exit_status` its process's."""

    source: str
    state: str = "running"
    exit_status: int = 0
    pages: int = 0
    rendered: int = 0
    hits_new: int = 0
    hits_seen: int = 0
    failures: dict[str, int] = field(default_factory=dict)
    detail: str = ""

    @property
    def is_good(self) -> bool:
        """Whether the crawl came to its end, failures of single pages or not."""
        return self.exit_status in (CLEAN, WITH_FAILURES)

    def take(self, line: Mapping[str, Any]) -> None:
        """Take over what a progress line says."""
        for name in ("state", "pages", "rendered", "hits_new", "hits_seen", "failures", "detail"):
            if name in line:
                setattr(self, name, line[name])


logger = logging.getLogger(__name__)
Watcher = Callable[[CrawlReport], None]


async def run_crawls(
    sources: Sequence[str],
    *,
    processes: int,
    log_folder: Path,
    limit: int | None = None,
    watch: Watcher | None = None,
) -> list[CrawlReport]:
    """Crawl these sources, at most `processes` at once; `watch` is called whenever one tells of progress.

    Cancelling asks the running ones to stop and waits for them.
    """
    slots = asyncio.Semaphore(processes)

    async def crawl(name: str) -> CrawlReport:
        async with slots:
            return await run_crawl(name, log_folder=log_folder, limit=limit, watch=watch)

    return await asyncio.gather(*(crawl(name) for name in sources))


async def run_crawl(
    source: str, *, log_folder: Path, limit: int | None = None, watch: Watcher | None = None
) -> CrawlReport:
    """Crawl one source in a process of its own, its log appended to `log_folder/SOURCE.log`."""
    report = CrawlReport(source)
    command = [sys.executable, "-m", "crawler.process", source]
    if limit is not None:
        command += ["--limit", str(limit)]
    with open_log(log_folder, source) as log:
        process = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.PIPE, stderr=log, limit=_LINE_LIMIT, start_new_session=True
        )
    try:
        await _follow(process, report, watch)
        report.exit_status = await process.wait()
    except asyncio.CancelledError:
        await stop_process(process)
        raise
    if report.state == "running":
        report.state, report.detail = "killed", f"its process ended with status {report.exit_status}"
    if watch is not None:
        watch(report)
    return report


def open_log(folder: Path, name: str) -> BinaryIO:
    """The log of one source or worker, opened for adding to."""
    folder.mkdir(parents=True, exist_ok=True)
    return (folder / f"{name}.log").open("ab")


async def stop_process(process: asyncio.subprocess.Process) -> None:
    """Ask a process to end; kill it when it has not after `STOP_SECONDS`."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    except TimeoutError:
        # The crawl leads a process group of its own, which holds its browser too.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def _follow(process: asyncio.subprocess.Process, report: CrawlReport, watch: Watcher | None) -> None:
    if process.stdout is None:
        raise RuntimeError("the crawl's standard output is not piped")
    async for raw in process.stdout:
        try:
            line = json.loads(raw)
        except ValueError:
            # Something printed by a library: worth a look, not worth losing sight of the crawl.
            logger.warning("stray_output", extra={"source": report.source, "detail": raw[:500]})
            continue
        report.take(line)
        if watch is not None:
            watch(report)
