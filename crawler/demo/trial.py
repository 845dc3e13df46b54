"""The demo as a trial: an installation of its own over the demo web, crawled, and held against the ground truth."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil
from sqlalchemy import func, select

from crawler.demo.planted import is_same, planted
from crawler.demo.web import PACK, DemoWeb
from search.captures import CaptureState, captures_in
from search.hits import iterate_hits
from search.records import Records
from search.runs import latest_runs
from search.tables import RunRow

MARKER = ".luoitroi-demo"
SAMPLE_SECONDS = 0.25


class NotADemoFolder(Exception):
    """The folder asked for holds something that is not an earlier demo's, and is left alone."""


@dataclass(frozen=True, slots=True)
class TrialResult:
    """What a crawl of the demo web found. `missed` and `false_alarms` are addresses with the category concerned."""

    pages: int
    rendered: int
    hits: dict[str, int]
    captures: int
    seconds: float
    peak_memory_mb: int
    missed: list[str] = field(default_factory=list)
    false_alarms: list[str] = field(default_factory=list)
    failures: dict[str, int] = field(default_factory=dict)

    @property
    def is_good(self) -> bool:
        """Whether every planted scam was found and no innocent page flagged."""
        return not self.missed and not self.false_alarms

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def prepare(folder: Path, web: DemoWeb) -> Path:
    """Make `folder` a fresh installation that watches the demo web; returns its settings file.

    Raises NotADemoFolder where the folder holds something else.
    """
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARKER).exists():
            raise NotADemoFolder(f"{folder} is not an earlier demo's folder; name another with --folder")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARKER).touch()
    sources = folder / "sources"
    web.write_sources(sources)
    settings = folder / "luoitroi.toml"
    settings.write_text(
        f'data_dir = "{folder / "data"}"\n'
        "allow_private_addresses = true\n"
        '[host_overrides]\n"*.test" = "127.0.0.1"\n'
        f'[crawl]\nsources = ["{sources}"]\ntimeout_seconds = 5\ncontact = "http://127.0.0.1/"\n'
        f'[rules]\nfolders = ["{PACK}"]\n'
        '[console]\nunit_name = "Sở Thông tin và Truyền thông (bản dùng thử)"\n',
        "utf-8",
    )
    return settings


def measure(records: Records, day: int, seconds: float, peak_memory_mb: int) -> TrialResult:
    """Hold the hits in `records` against what is planted on `day`; what was planted before is no false alarm."""
    scams = planted(day)
    ever_planted = {scam for earlier in range(1, day + 1) for scam in planted(earlier)}
    found: set[str] = set()
    categories: Counter[str] = Counter()
    false_alarms = []
    for hit in iterate_hits(records):
        categories[hit.category] += 1
        same = [scam for scam in ever_planted if is_same(scam, hit.url)]
        found.update(f"{scam.url_path} ({scam.category})" for scam in same if scam.category == hit.category)
        if not same:
            false_alarms.append(f"{hit.url} ({hit.category})")
    with records.read() as session:
        pages, rendered = session.execute(select(func.sum(RunRow.pages), func.sum(RunRow.rendered))).one()
    failures: Counter[str] = Counter()
    for run in latest_runs(records, limit=1000):
        failures.update(run.failures)
    return TrialResult(
        pages=pages or 0,
        rendered=rendered or 0,
        hits=dict(sorted(categories.items())),
        captures=captures_in(records, CaptureState.DONE),
        seconds=round(seconds, 1),
        peak_memory_mb=peak_memory_mb,
        missed=[name for scam in scams if (name := f"{scam.url_path} ({scam.category})") not in found],
        false_alarms=sorted(false_alarms),
        failures=dict(sorted(failures.items())),
    )


class MemoryWatch:
    """The most memory this process and all it started held together, in MiB, shared pages counted once (PSS)."""

    def __init__(self) -> None:
        self.peak_mb = 0
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> MemoryWatch:
        self._task = asyncio.create_task(self._sample())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _sample(self) -> None:
        me = psutil.Process()
        while True:
            started = time.monotonic()
            held = await asyncio.to_thread(_held_bytes, [me, *me.children(recursive=True)])
            self.peak_mb = max(self.peak_mb, held // 2**20)
            # Reading every process's pages costs time itself; never more than a tenth of the crawl's.
            await asyncio.sleep(max(SAMPLE_SECONDS, 9 * (time.monotonic() - started)))


def _held_bytes(processes: Sequence[psutil.Process]) -> int:
    held = 0
    for process in processes:
        try:
            held += process.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return held
