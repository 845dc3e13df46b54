"""One crawl, as a process of its own: a crash or leak stays in one run.

`python -m crawler.process SOURCE [--limit N] [--dry-run]` prints progress as JSON lines on standard output.
Exit status: 0 clean, 3 finished with failures named, 1 failed, 2 cannot start.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings as ScrapySettings

from crawler.ending import CANNOT_START, CLEAN, FAILED, WITH_FAILURES
from crawler.limit import LIMIT_SETTING
from crawler.loader import SourceSpiderLoader
from crawler.log import start_logging
from crawler.recorder import RunRecorder
from crawler.settings import SettingsError, load_settings
from crawler.source import SourceError
from matchers.errors import RulesError
from search.indexes.index import IndexUnavailable
from search.records import RecordsError, open_records
from search.runs import Counts, Failure, RunState, finish_run, start_run, update_run

CONFIGURATION_ERROR = "configuration_error"
"""Sources or rules that cannot be used: every mistake is in the detail."""
logger = logging.getLogger(__name__)


def run_crawl(source: str, *, limit: int | None = None, is_dry_run: bool = False) -> int:
    """Crawl one source in this process, to its end; returns the exit status."""
    scrapy_settings = ScrapySettings()
    scrapy_settings.setmodule(import_module("crawler.scrapy_settings"), priority="project")
    overrides: dict[str, Any] = {"LUOITROI_PROGRESS": True, "LUOITROI_DRY_RUN": is_dry_run}
    if limit is not None:
        overrides[LIMIT_SETTING] = limit
    scrapy_settings.update(overrides, priority="cmdline")
    loader = SourceSpiderLoader(load_settings())
    if source not in loader.list() and not loader.problems:
        raise SourceUnknown(f"there is no source {source!r}; `luoitroi sources list` shows them")
    spider = loader.load(source)
    process = AsyncCrawlerProcess(scrapy_settings)
    start_logging()
    crawler = process.create_crawler(spider)
    task = process.crawl(crawler)
    process.start()
    if task.done() and not task.cancelled():
        # Raises what the crawl ended in; Scrapy would only log it.
        task.result()
    recorder = RunRecorder.of(crawler)
    if recorder.state is not RunState.FINISHED:
        return FAILED
    return WITH_FAILURES if recorder.failures else CLEAN


class SourceUnknown(Exception):
    """No source file has that name."""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m crawler.process", description=__doc__)
    parser.add_argument("source")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--dry-run", action="store_true")
    options = parser.parse_args(arguments)
    start_logging()
    try:
        return run_crawl(options.source, limit=options.limit, is_dry_run=options.dry_run)
    except SourceUnknown as error:
        return _cannot_start("source_unknown", str(error))
    except (SourceError, RulesError) as error:
        if not options.dry_run:
            _record_start(options.source, str(error))
        return _cannot_start(CONFIGURATION_ERROR, str(error))
    except SettingsError as error:
        return _cannot_start(CONFIGURATION_ERROR, str(error))
    except (RecordsError, IndexUnavailable) as error:
        return _cannot_start(error.kind, str(error))


def _record_start(source: str, detail: str) -> None:
    """Leave a failed run behind, so that the console shows what the command line says."""
    try:
        records = open_records(load_settings().records.url)
        run_id = start_run(records, source)
        failure = Failure(datetime.now(UTC), CONFIGURATION_ERROR, "", detail)
        update_run(records, run_id, Counts(), [failure])
        finish_run(records, run_id, RunState.FAILED, detail)
        records.close()
    except RecordsError as error:
        logger.error("%s", error.kind, extra={"source": source, "detail": str(error)})


def _cannot_start(kind: str, detail: str) -> int:
    line = {"event": "finished", "state": "failed", "detail": detail, "failures": {kind: 1}}
    sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    return CANNOT_START


if __name__ == "__main__":
    sys.exit(main())
