"""One page fetched as a crawl fetches it: through the guard, by robots.txt, read alike; kept nowhere."""

from __future__ import annotations

import csv
import tempfile
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Final

from scrapy import signals
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings as ScrapySettings

from crawler.loader import spider_class
from crawler.recorder import RunRecorder
from crawler.settings import Settings
from crawler.source import Limits, Source, SourceKind
from matchers.page import Page
from search.runs import Failure

NAME: Final = "thu-mot-trang"


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of the address: the page, None where there is none, and what failed on the way."""

    page: Page | None
    failures: tuple[Failure, ...]


def fetch_page(url: str, settings: Settings, *, renders: bool = False) -> Fetched:
    """Fetch one address; `renders` shows it in a browser first. Once a process: a crawl's reactor ends with it."""
    with tempfile.TemporaryDirectory(prefix="luoitroi-") as folder:
        listed = Path(folder) / "address.csv"
        with listed.open("w", encoding="utf-8", newline="") as lines:
            csv.writer(lines, quoting=csv.QUOTE_ALL).writerow([url])
        source = Source(
            name=NAME,
            title=url,
            kind=SourceKind.LINKS,
            every="1d",
            start=(str(listed),),
            render=renders,
            limits=Limits(pages=1, delay_seconds=0),
        )
        return _crawl(source, settings)


def _crawl(source: Source, settings: Settings) -> Fetched:
    scrapy_settings = ScrapySettings()
    scrapy_settings.setmodule(import_module("crawler.scrapy_settings"), priority="project")
    # Judged by whoever asked, not by the pipeline of crawls.
    scrapy_settings.update({"LUOITROI_DRY_RUN": True, "ITEM_PIPELINES": {}}, priority="cmdline")
    process = AsyncCrawlerProcess(scrapy_settings)
    crawler = process.create_crawler(spider_class(source, settings))
    pages: list[Page] = []

    def keep(item: Page) -> None:
        pages.append(item)

    crawler.signals.connect(keep, signals.item_scraped)
    task = process.crawl(crawler)
    process.start()
    if task.done() and not task.cancelled():
        # Raises what the crawl ended in; Scrapy would only log it.
        task.result()
    return Fetched(pages[0] if pages else None, RunRecorder.of(crawler).unwritten)
