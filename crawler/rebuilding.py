"""An index that is of an older version, half made, gone or short of hits is rebuilt without anybody asking for it.

So is one that is ahead of its records, because they were restored from a backup; that is looked for once at the start.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path
from typing import Final

from crawler.runner import open_log, stop_process
from search.indexes.index import Index, IndexCondition, IndexUnavailable
from search.rebuild import IndexReport, is_ahead, report
from search.records import Records, RecordsError

CHECK_SECONDS: Final = 15
MAX_PAUSE_CHECKS: Final = 64
"""How many checks are let pass at most after rebuilds that mended nothing; each doubles the pause until then."""
logger = logging.getLogger(__name__)


class Rebuilding:
    """Has the index rebuilt, by a process of its own, whenever it needs to be; the old one answers meanwhile."""

    def __init__(self, records: Records, index: Index, log_folder: Path) -> None:
        self.records = records
        self.index = index
        self.log_folder = log_folder
        self._process: asyncio.subprocess.Process | None = None
        self._pause, self._pause_left = 0, 0
        self._told = ""
        self._is_compared = False
        """Whether the index was seen not to be ahead of the records: it cannot get ahead while we run."""

    async def keep(self) -> None:
        """Check again and again, until cancelled."""
        while True:
            await self.turn()
            await asyncio.sleep(CHECK_SECONDS)

    async def turn(self) -> None:
        """Start a rebuild where one is needed; to be called every `CHECK_SECONDS`."""
        if self._process is not None and self._process.returncode is None:
            return
        if self._process is not None:
            if status := self._process.returncode:
                detail = f"exit status {status}; see {self.log_folder}/rebuild.log"
                logger.error("index_rebuild_failed", extra={"detail": detail})
            self._process, self._pause_left = None, self._pause
        if self._pause_left > 0:
            self._pause_left -= 1
            return
        try:
            found = await asyncio.to_thread(report, self.records, self.index)
            is_restored = await self._is_restored(found)
        except (RecordsError, IndexUnavailable):
            return  # whoever delivers to it says so
        self._tell(found, is_restored)
        if found.needs_rebuild or is_restored:
            self._pause = min(max(1, self._pause * 2), MAX_PAUSE_CHECKS)
            self._process = await _start(self.log_folder)
        elif not found.is_rebuilding:
            self._pause = 0

    async def stop(self) -> None:
        """End a rebuild that is under way; the next one goes on with it."""
        if self._process is not None:
            await stop_process(self._process)

    async def _is_restored(self, found: IndexReport) -> bool:
        """Whether the records are of before the index, which is compared with them until it is not ahead."""
        if self._is_compared or found.is_rebuilding or found.state.condition is not IndexCondition.READY:
            return False
        self._is_compared = not await asyncio.to_thread(is_ahead, self.records, self.index)
        return not self._is_compared

    def _tell(self, found: IndexReport, is_restored: bool) -> None:
        """Log what is wrong with the index in force, once."""
        problem = "" if found.state.condition is IndexCondition.READY else found.state.problem
        if found.lost and not found.is_rebuilding:
            problem = f"{found.state.place}: {found.lost} hits are lost from the index"
        if is_restored:
            problem = f"{found.state.place}: the index holds what the records do not; they are of before it"
        if problem and problem != self._told:
            logger.warning(
                "index_needs_rebuild" if found.needs_rebuild or is_restored else "index_unusable",
                extra={"detail": problem},
            )
        self._told = problem


async def _start(log_folder: Path) -> asyncio.subprocess.Process:
    with open_log(log_folder, "rebuild") as log:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "crawler.cli", "index", "rebuild"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
