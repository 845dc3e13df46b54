"""What happens to each Page a spider yields: judged, and recorded when it is a hit."""

from __future__ import annotations

import gc
import json
import sys
from typing import Any, Self

from scrapy.crawler import Crawler

from crawler.pictures.looking import CrawlPictures
from crawler.recorder import RunRecorder
from crawler.rules import installed_rules
from crawler.settings import load_settings
from matchers.judge import Judge
from matchers.match import Severity, Verdict
from matchers.page import Page
from search.hits import Outcome, record_hit
from search.records import RecordsError
from search.rejudging import rejudge_hit
from search.reports import ReportOutcome, answer_link

RECEIPT = "receipt"
"""Name of the fact that ties a page to the reported link it was visited for."""


class JudgePipeline:
    """Scrapy item pipeline: every Page goes through the judge; hits are written before this returns."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.settings = settings = load_settings()
        self.installed = installed_rules(settings)
        self.judge = Judge(self.installed.rules)
        # The rules live as long as the crawl's process: the collector need not walk them over and over.
        gc.collect()
        gc.freeze()
        self.capture_from = Severity(settings.evidence.min_severity)
        self.is_dry = crawler.settings.getbool("LUOITROI_DRY_RUN")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def open_spider(self) -> None:
        self.recorder = RunRecorder.of(self.crawler)
        if self.installed.refusal is not None:
            self.recorder.fail("rules_refused", "", str(self.installed.refusal))
        self.pictures = CrawlPictures(self.crawler, self.settings, self.judge.rules, self.recorder.fail)
        self.device = str(getattr(self.crawler.spider, "source").device)  # noqa: B009

    async def process_item(self, item: Any) -> Any:
        if not isinstance(item, Page):
            raise TypeError(f"spiders yield Page, not {type(item).__name__}")
        self.recorder.page(item.is_rendered)
        verdict = self.judge.judge(item)
        page = await self.pictures.look(item, verdict)
        if page.pictures:
            verdict = self.judge.judge(page)
        if self.is_dry:
            _show(page, verdict)
        elif self.recorder.fatal is None:
            self._keep(page, verdict)
        return page

    async def close_spider(self) -> None:
        await self.pictures.close()

    def _keep(self, page: Page, verdict: Verdict) -> None:
        records, hit_id = self.recorder.records, None
        try:
            if verdict.is_hit:
                recorded = record_hit(records, page, verdict, self.capture_from, self.device)
                hit_id = recorded.hit_id
                self.pictures.keep(page.pictures)
                if recorded.is_outdated:
                    rejudge_hit(records, hit_id, self.judge.judge)
                self.recorder.hit(recorded.outcome is Outcome.NEW)
            if receipt := page.facts.get(RECEIPT):
                outcome = ReportOutcome.NOTHING_FOUND if hit_id is None else ReportOutcome.FLAGGED
                answer_link(records, receipt, outcome, hit_id)
        except RecordsError as error:
            self.recorder.stop(error)


def _show(page: Page, verdict: Verdict) -> None:
    line = {
        "event": "page",
        "url": page.url,
        "kind": page.kind,
        "status": page.status,
        "title": page.title,
        "characters": len(page.text),
        "beginning": page.text[:200],
        "links": len(page.links),
        "contacts": list(page.contacts[:10]),
        "pictures": [{"url": picture.url, "text": picture.text[:200]} for picture in page.pictures],
        "is_rendered": page.is_rendered,
        "is_hit": verdict.is_hit,
        "category": verdict.category,
        "severity": int(verdict.severity),
        "score": round(verdict.score, 2),
        "reason_vi": verdict.reason_vi,
        "reason_en": verdict.reason_en,
    }
    sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    sys.stdout.flush()
