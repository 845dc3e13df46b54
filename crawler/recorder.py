"""The record of a run as it goes: counts, failures by name, hits; and index delivery on the way."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import time
from collections import Counter
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any, Self

from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from twisted.internet.task import LoopingCall
from twisted.python.failure import Failure as TwistedFailure

from crawler.delivery import Delivery
from crawler.failure import name_failure
from crawler.installed import installed_index
from crawler.limit import LIMIT_REACHED, is_asked_for
from crawler.settings import load_settings
from search.indexes.index import Index, IndexUnavailable
from search.records import Records, RecordsError, open_records
from search.runs import Counts, Failure, RunState, finish_run, start_run, update_run

FLUSH_SECONDS = 2.0
DELIVERY_END_SECONDS = 10.0
"""How long the end of a crawl waits for the index to take what the crawl recorded; the outbox keeps the rest."""
MAX_FAILURES_KEPT = 200
"""Failures of one kind kept one by one; what a run has of them beyond is kept as a number."""
logger = logging.getLogger(__name__)


class RunRecorder:
    """Scrapy extension: writes the run, its counts and failures to the records while it goes.

    Setting `LUOITROI_DRY_RUN` keeps nothing; `LUOITROI_PROGRESS` prints one JSON object a line to standard output.
    """

    records: Records
    index: Index

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.is_dry = crawler.settings.getbool("LUOITROI_DRY_RUN")
        self.shows_progress = crawler.settings.getbool("LUOITROI_PROGRESS")
        self.counts = Counts()
        self.failures: Counter[str] = Counter()
        self.detail = ""
        self.fatal: RecordsError | None = None
        self._pending: list[Failure] = []
        self._unlisted: Counter[str] = Counter()
        self._delivering: asyncio.Future[None] | None = None
        self._opened = time.perf_counter()
        self._ticks: LoopingCall | None = None
        self._closing: asyncio.Future[None] | None = None
        self.run_id = 0
        self.state = RunState.RUNNING
        if not self.is_dry:
            # Opened here and not on a signal, whose errors Scrapy would only log: without records, no crawl.
            settings = load_settings()
            self.records = open_records(settings.records.url, settings.records.lock_wait_seconds)
            self.index = installed_index(settings, self.records)
            self._delivery = Delivery(self.records, self.index, tell=self._tell_of_index)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        recorder = cls(crawler)
        crawler.signals.connect(recorder.spider_opened, signals.spider_opened)
        crawler.signals.connect(recorder.spider_error, signals.spider_error)
        crawler.signals.connect(recorder.item_error, signals.item_error)
        crawler.signals.connect(recorder.spider_closed, signals.spider_closed)
        return recorder

    @classmethod
    def of(cls, crawler: Crawler) -> RunRecorder:
        """The recorder of this crawl."""
        recorder = crawler.get_extension(cls)
        if recorder is None:
            raise NotConfigured("crawler.recorder.RunRecorder is missing from EXTENSIONS")
        return recorder

    def spider_opened(self, spider: Spider) -> None:
        if not self.is_dry:
            try:
                self.run_id = start_run(self.records, spider.name)
            except RecordsError as error:
                self.stop(error)
        self._opened = time.perf_counter()
        self._loop = asyncio.get_running_loop()
        self._ticks = LoopingCall(self.flush)
        self._ticks.start(FLUSH_SECONDS, now=False)

    def page(self, is_rendered: bool) -> None:
        """One more page was read."""
        self.counts = replace(
            self.counts, pages=self.counts.pages + 1, rendered=self.counts.rendered + int(is_rendered)
        )

    def hit(self, is_new: bool) -> None:
        """One more hit was recorded."""
        self.counts = replace(
            self.counts,
            hits_new=self.counts.hits_new + int(is_new),
            hits_seen=self.counts.hits_seen + int(not is_new),
        )

    def fail(self, kind: str, url: str, detail: str) -> None:
        """Something could not be done: count it by name and keep it for the console."""
        if kind == LIMIT_REACHED and is_asked_for(self.crawler):
            return
        self.failures[kind] += 1
        if self.failures[kind] <= MAX_FAILURES_KEPT:
            logger.warning("%s", kind, extra={"url": url, "detail": detail, "run_id": self.run_id})
            self._pending.append(Failure(datetime.now(UTC), kind, url[:2000], detail[:2000]))
        else:
            self._unlisted[kind] += 1

    @property
    def unwritten(self) -> tuple[Failure, ...]:
        """Failures that are not in the records yet; in a dry run, which writes none, all of them."""
        return tuple(self._pending)

    def stop(self, error: RecordsError) -> None:
        """The records failed: nothing more can be kept, so the crawl ends, saying why."""
        if self.fatal is None:
            self.fatal = error
            self.failures[error.kind] += 1
            logger.error("%s", error.kind, extra={"detail": str(error), "run_id": self.run_id})
            engine = self.crawler.engine
            if engine is not None:
                self._closing = asyncio.ensure_future(engine.close_spider_async(reason=error.kind))

    def spider_error(self, failure: TwistedFailure, response: Any, spider: Spider) -> None:
        self.fail("spider_error", getattr(response, "url", ""), failure.getErrorMessage())

    def item_error(self, item: Any, response: Any, spider: Spider, failure: TwistedFailure) -> None:
        kind, detail = name_failure(failure.value) if failure.value else ("item_error", "")
        self.fail("item_error" if kind == "fetch_failed" else kind, getattr(item, "url", ""), detail)

    def flush(self) -> None:
        """Write counts and new failures, have delivered what the index waits for, show progress."""
        self._keep()
        if not self.is_dry and self.fatal is None:
            self._deliver()
        self.tell("progress")

    def _keep(self) -> None:
        if self.is_dry or self.fatal is not None:
            return
        pending, self._pending = self._pending, []
        try:
            update_run(self.records, self.run_id, self.counts, [*pending, *self._take_unlisted()])
        except RecordsError as error:
            self._pending = pending + self._pending
            self.stop(error)

    def _deliver(self) -> asyncio.Future[None]:
        """Deliver beside the crawl, which an index that does not answer must not hold up; never twice at once."""
        if self._delivering is not None and self._delivering.done():
            self._delivering.result()
            self._delivering = None
        if self._delivering is None:
            self._delivering = asyncio.ensure_future(asyncio.to_thread(self._delivery.turn))
        return self._delivering

    async def _deliver_rest(self) -> None:
        """Deliver what was recorded until now, waiting for it `DELIVERY_END_SECONDS` at most."""
        try:
            async with asyncio.timeout(DELIVERY_END_SECONDS):
                # What is under way may have begun before the last hits were recorded.
                await asyncio.shield(self._deliver())
                await asyncio.shield(self._deliver())
        except TimeoutError:
            self._delivery.stop()
            self.fail(
                IndexUnavailable.kind,
                "",
                f"the index did not take everything within {DELIVERY_END_SECONDS:g} s of the crawl's end; "
                "the rest waits for the next delivery",
            )

    def _tell_of_index(self, error: RecordsError | IndexUnavailable) -> None:
        """Called in the thread that delivers. Of the records the run's own writing tells."""
        if isinstance(error, IndexUnavailable):
            self._loop.call_soon_threadsafe(self.fail, error.kind, "", str(error))

    def _take_unlisted(self) -> list[Failure]:
        unlisted, self._unlisted = self._unlisted, Counter()
        now = datetime.now(UTC)
        return [Failure(now, kind, "", f"{times} more of the kind", times) for kind, times in unlisted.items()]

    async def spider_closed(self, spider: Spider, reason: str) -> None:
        if self._ticks is not None and self._ticks.running:
            self._ticks.stop()
        if not self.is_dry and self.fatal is None:
            await self._deliver_rest()
        self._keep()
        self.tell("progress")
        state, detail = self._ending(reason)
        if not self.is_dry:
            try:
                finish_run(self.records, self.run_id, state, detail)
            except RecordsError as error:
                state, detail = RunState.FAILED, str(error)
                logger.error("%s", error.kind, extra={"detail": detail, "run_id": self.run_id})
            if self._delivering is None or self._delivering.done():  # else its thread still uses both
                self.index.close()
                self.records.close()
        self.state = state
        self.tell("finished", state=state, detail=detail, seconds=round(time.perf_counter() - self._opened, 3))

    def tell(self, event: str, **more: Any) -> None:
        """Print one line of progress for the process that watches this one."""
        if self.shows_progress:
            line = {"event": event, **asdict(self.counts), "failures": dict(self.failures), **more}
            try:
                sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
                sys.stdout.flush()
            except BrokenPipeError:
                # Who watched is gone; the crawl and its record go on without.
                self.shows_progress = False
                with open(os.devnull, "w") as nowhere:  # noqa: PTH123  a device, not a file of ours
                    os.dup2(nowhere.fileno(), sys.stdout.fileno())

    def _ending(self, reason: str) -> tuple[RunState, str]:
        if self.fatal is not None:
            return RunState.FAILED, str(self.fatal)
        if reason == "shutdown":
            return RunState.KILLED, "stopped by a person or the system"
        if reason != "finished":
            return RunState.FAILED, reason
        if self.counts.pages == 0 and self.failures:
            worst = ", ".join(f"{kind} × {count}" for kind, count in self.failures.most_common(3))
            return RunState.FAILED, f"nothing could be read: {worst}"
        return RunState.FINISHED, self.detail
