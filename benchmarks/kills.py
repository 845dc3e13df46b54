"""Proof: a crawl killed at any moment loses no hit that it had acknowledged, and stores none twice.

`python -m benchmarks.kills [--count 50] [--seed 1]` kills crawls of the demo web with SIGKILL at random moments, each
over records of its own. What a crawl's progress lines acknowledged must be in the records; crawled again undisturbed,
the records must hold just the hits that a crawl nobody killed finds, each once, and no run may stay open.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Thread

import yaml

from crawler.demo.trial import prepare
from crawler.demo.web import DemoWeb
from crawler.settings import SETTINGS_VARIABLE
from search.hits import iterate_hits
from search.records import open_records
from search.runs import RunState, close_dead_runs, latest_runs

SOURCES = ("demo-baoquemoi-rss", "demo-kenhtin")
DELAY_SECONDS = 0.05
"""Slows the crawls down so that random moments fall into them."""
EARLIEST_SECONDS, LATEST_SECONDS = 1.0, 4.0
"""After the process was started: from its first imports to near the end of a crawl."""


@dataclass(frozen=True, slots=True)
class KillFigures:
    """How many crawls were killed while they worked, and in how many something was lost, doubled or left open."""

    kills: int
    acknowledged: int
    lost: int
    doubled: int
    incomplete: int
    open_runs: int


def measure(count: int = 50, seed: int = 1) -> KillFigures:
    """Kill `count` crawls, then look at what each left."""
    rng = random.Random(seed)
    kills = acknowledged = lost = doubled = incomplete = open_runs = 0
    with DemoWeb.serve(port=0) as web, tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "demo"
        environment = {**os.environ, SETTINGS_VARIABLE: str(prepare(folder, web))}
        _slow_down(folder / "sources")
        whole = {}
        for source in SOURCES:
            url = f"sqlite:///{folder / f'{source}.db'}"
            _crawl(source, environment, url, None)
            whole[source] = set(_stored(url))
        for number in range(count):
            source, url = SOURCES[number % len(SOURCES)], f"sqlite:///{folder / f'kill-{number}.db'}"
            told, was_killed = _crawl(source, environment, url, rng.uniform(EARLIEST_SECONDS, LATEST_SECONDS))
            kills += was_killed
            acknowledged += told
            lost += max(0, told - sum(_stored(url).values()))
            _crawl(source, environment, url, None)
            stored = _stored(url)
            doubled += sum(times - 1 for times in stored.values())
            incomplete += set(stored) != whole[source]
            open_runs += _open_runs(url)
    return KillFigures(kills, acknowledged, lost, doubled, incomplete, open_runs)


def _slow_down(sources: Path) -> None:
    for path in sources.glob("*.yaml"):
        fields = yaml.safe_load(path.read_text("utf-8"))
        fields["limits"] = {**fields.get("limits", {}), "delay_seconds": DELAY_SECONDS, "concurrency": 2}
        path.write_text(yaml.safe_dump(fields, allow_unicode=True), "utf-8")


def _stored(url: str) -> Counter[tuple[str, str]]:
    records = open_records(url)
    try:
        return Counter((hit.url, hit.content_hash) for hit in iterate_hits(records))
    finally:
        records.close()


def _open_runs(url: str) -> int:
    records = open_records(url)
    try:
        close_dead_runs(records)
        return sum(run.state is RunState.RUNNING for run in latest_runs(records))
    finally:
        records.close()


def _crawl(source: str, environment: dict[str, str], url: str, kill_after: float | None) -> tuple[int, bool]:
    """Crawl into `url`, killed after `kill_after` seconds; returns the new hits told, and if it was killed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "crawler.process", source],
        env={**environment, "LUOITROI_RECORDS__URL": url},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    told = 0

    def read() -> None:
        nonlocal told
        for line in process.stdout or ():
            told = json.loads(line).get("hits_new", told)

    reader = Thread(target=read)
    reader.start()
    was_killed = False
    if kill_after is not None:
        time.sleep(kill_after)
        was_killed = process.poll() is None
        if was_killed:
            process.send_signal(signal.SIGKILL)
    process.wait()
    reader.join()
    return told, was_killed


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    figures = measure(options.count, options.seed)
    print(json.dumps(asdict(figures)))
    sys.exit(1 if figures.lost or figures.doubled or figures.incomplete or figures.open_runs else 0)
