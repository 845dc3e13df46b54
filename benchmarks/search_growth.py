"""How the cost of searching grows from ten thousand to a million hits, on both engines."""

from __future__ import annotations

import os
import platform
import sqlite3
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from benchmarks.search_engines import Filling, fill_elasticsearch, fill_embedded, running_elasticsearch
from benchmarks.search_installation import Answers, Installation
from search.indexes.elastic_server import ElasticsearchAddress

SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000)
FILLING_HITS = 20_000
ROUNDS = 3
EMBEDDED, ELASTICSEARCH = "Embedded", "Elasticsearch"
_GIGABYTE = 1 << 30

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Growth:
    """What was measured where: of each engine, its filling beside the baseline, and its answers at every size."""

    machine: str
    versions: str
    day: str
    busy_before: float
    """Processes that wanted to run, on average over the minute before: others' work, which slows ours."""
    filling: Mapping[str, Filling]
    answers: Mapping[str, Sequence[Answers]]


def measure_growth(progress: Progress, sizes: Sequence[int] = SIZES, filling_hits: int = FILLING_HITS) -> Growth:
    """Measure both engines, one after the other. Raises ServerMissing."""
    busy = round(os.getloadavg()[0], 1)
    filling, answers = dict[str, Filling](), dict[str, list[Answers]]()
    with running_elasticsearch() as (address, version):
        progress(f"Elasticsearch {version} beside its helper")
        filling[ELASTICSEARCH] = fill_elasticsearch(address, filling_hits, ROUNDS)
        answers[ELASTICSEARCH] = _answers(ELASTICSEARCH, address, sizes, progress)
    progress("the embedded index beside plain SQLite")
    with tempfile.TemporaryDirectory() as folder:
        filling[EMBEDDED] = fill_embedded(Path(folder), filling_hits, ROUNDS)
    answers[EMBEDDED] = _answers(EMBEDDED, None, sizes, progress)
    versions = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, Elasticsearch {version}"
    return Growth(_machine(), versions, datetime.now(UTC).date().isoformat(), busy, filling, answers)


def _answers(
    engine: str, address: ElasticsearchAddress | None, sizes: Sequence[int], progress: Progress
) -> list[Answers]:
    found = []
    with tempfile.TemporaryDirectory() as folder:
        installation = Installation(Path(folder), address)
        for hits in sizes:
            found.append(installation.grow(hits))
            progress(f"{engine}: {found[-1]}")
        installation.close()
    return found


def _machine() -> str:
    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    memory = round(psutil.virtual_memory().total / _GIGABYTE)
    return f"{os.cpu_count()} × {names[0] if names else platform.machine()}, {memory} GB, {platform.system()}"
