"""The service that `luoitroi up` and `luoitroi schedule` run: crawls on time, captures, the index.

Each crawl and each capture worker is a process of its own; this one only starts and watches them. What it knows is
in the records, so a kill at any moment loses nothing: dead runs are named at the next start, captures that were
under way fall due again, the outbox delivers what the index has not heard, a rebuild of the index goes on.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from crawler.delivery import DELIVERY_SECONDS, Delivery
from crawler.rebuilding import CHECK_SECONDS, Rebuilding
from crawler.runner import open_log, run_crawl, stop_process
from crawler.schedule import next_run_at, trigger
from crawler.settings import Settings
from crawler.source import Source
from search.campaigns.retying import are_ties_current, rebuild_campaigns
from search.captures import captures_waiting
from search.indexes.index import Index
from search.records import Records, RecordsError
from search.runs import SourceSummary, close_dead_runs, keep_sources, source_summaries

CAPTURE_CHECK_SECONDS = 5
TIES_CHECK_SECONDS = 60
logger = logging.getLogger(__name__)


class AlreadyUp(Exception):
    """Another `luoitroi up` or `schedule` works on the same data folder."""

    kind = "already_up"


class Stopped(Exception):
    """The service ends while it works."""


@contextmanager
def only_one(data_dir: Path) -> Iterator[None]:
    """Hold the data folder's lock for the block. Raises AlreadyUp with the holder's process id."""
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "up.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            raise AlreadyUp(f"{data_dir} is already served by process {holder}; stop it first") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


class Service:
    """Crawls its sources on schedule until stopped."""

    def __init__(self, settings: Settings, sources: list[Source], records: Records, index: Index) -> None:
        self.settings = settings
        self.sources = {source.name: source for source in sources if source.enabled}
        self.all_sources = sources
        self.records = records
        self.index = index
        self.scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        self._slots = asyncio.Semaphore(settings.crawl.processes)
        self._crawls: set[asyncio.Task[None]] = set()
        self._capturing: asyncio.subprocess.Process | None = None
        self._delivery = Delivery(records, index)
        self._rebuilding = Rebuilding(records, index, settings.data_dir / "logs")

    def start(self) -> None:
        """Begin; needs a running event loop. Raises RecordsError."""
        self._close_dead_runs()
        now = datetime.now(UTC)
        last = last_started(self.records)
        for name, source in self.sources.items():
            first = next_run_at(source, last.get(name), now)
            self.scheduler.add_job(self._crawl, trigger(source, first), args=[name], id=name, next_run_time=first)
        self.scheduler.add_job(self._delivery.turn, "interval", seconds=DELIVERY_SECONDS, next_run_time=now)
        self.scheduler.add_job(self._rebuilding.turn, "interval", seconds=CHECK_SECONDS, next_run_time=now)
        self.scheduler.add_job(self._capture, "interval", seconds=CAPTURE_CHECK_SECONDS, next_run_time=now)
        self.scheduler.add_job(self._tie_anew, "interval", seconds=TIES_CHECK_SECONDS, next_run_time=now)
        self.scheduler.start()
        self._tell_plan()

    async def stop(self) -> None:
        """End: no new crawls, the running ones asked to stop and waited for."""
        if self.scheduler.running:
            self.scheduler.shutdown(wait=False)
        for task in self._crawls:
            task.cancel()
        await asyncio.gather(*self._crawls, return_exceptions=True)
        if self._capturing is not None:
            await stop_process(self._capturing)
        await self._rebuilding.stop()

    async def _crawl(self, name: str) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._crawls.add(task)
            task.add_done_callback(self._crawls.discard)
        async with self._slots:
            report = await run_crawl(name, log_folder=self.settings.data_dir / "logs")
        if not report.is_good:
            logger.error("crawl_failed", extra={"source": name, "detail": report.detail})
            self._close_dead_runs()
        self._tell_plan()

    def _close_dead_runs(self) -> None:
        try:
            for name in close_dead_runs(self.records):
                logger.warning("dead_run_closed", extra={"source": name})
        except RecordsError as error:
            logger.warning(error.kind, extra={"detail": str(error)})

    def _tie_anew(self) -> None:
        """Tie the hits of before an upgrade that changed what ties them; where that failed, again at the next turn."""
        try:
            if not are_ties_current(self.records):
                rebuild_campaigns(self.records, self._go_on)
        except RecordsError as error:
            logger.warning(error.kind, extra={"detail": str(error)})
        except Stopped:
            logger.warning("campaigns_unfinished", extra={"detail": "tying hits anew goes on at the next start"})

    def _go_on(self, done: int, of: int) -> None:
        if not self.scheduler.running:
            raise Stopped(f"{done} of {of} hits")

    async def _capture(self) -> None:
        if self._capturing is not None and self._capturing.returncode is None:
            return
        try:
            waiting = captures_waiting(self.records)
        except RecordsError as error:
            logger.warning(error.kind, extra={"detail": str(error)})
            return
        if waiting:
            self._capturing = await start_capturing(self.settings.data_dir / "logs")

    def _tell_plan(self) -> None:
        jobs = {job.id: job.next_run_time for job in self.scheduler.get_jobs()}
        try:
            keep_sources(
                self.records,
                [replace(summary(source), next_run_at=jobs.get(source.name)) for source in self.all_sources],
            )
        except RecordsError as error:
            logger.warning(error.kind, extra={"detail": str(error)})


def summary(source: Source) -> SourceSummary:
    """What the records keep of a source for the console."""
    return SourceSummary(source.name, source.title, source.kind, source.every, source.enabled, None)


def last_started(records: Records) -> dict[str, datetime]:
    """When each source's last run began."""
    return {
        source.name: source.last_run.started_at for source in source_summaries(records) if source.last_run is not None
    }


async def start_capturing(log_folder: Path, *, until_closed: bool = False) -> asyncio.subprocess.Process:
    """Start a capture worker; with `until_closed` it works on until its standard input is closed."""
    command = [sys.executable, "-m", "crawler.capturing", *(["--until-closed"] if until_closed else [])]
    with open_log(log_folder, "captures") as log:
        return await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE if until_closed else asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
