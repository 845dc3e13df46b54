"""The search index, each engine beside its baseline, and how long its answers and the console's pages take.

`luoitroi bench search` measures both engines at a hundred thousand hits, a few minutes long; `--growth` measures them
from ten thousand to a million, for half an hour and longer, and writes what it finds into docs/performance.md.
What is measured, and how, is told by `search_engines` (filling), `search_installation` (answers) and `search_material`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from benchmarks.search_engines import Filling, ServerMissing, fill_elasticsearch, fill_embedded, running_elasticsearch
from benchmarks.search_growth import FILLING_HITS, ROUNDS, measure_growth
from benchmarks.search_installation import Answers, Installation
from benchmarks.search_report import goals, write_report
from search.indexes.elastic_server import ElasticsearchAddress

HITS = 100_000
Figures = dict[str, float | str]


def measure(hits: int = HITS, filling_hits: int = FILLING_HITS, rounds: int = ROUNDS) -> Figures:
    """Both engines; times in milliseconds, rates in hits a second. Without a server the figures say why."""
    with tempfile.TemporaryDirectory() as folder:
        filling = fill_embedded(Path(folder), filling_hits, rounds)
    found: Figures = {"hits": hits, **_figures("embedded", filling, _answers(None, hits))}
    try:
        with running_elasticsearch() as (address, _):
            filling = fill_elasticsearch(address, filling_hits, rounds)
            return found | _figures("elasticsearch", filling, _answers(address, hits))
    except ServerMissing as error:
        return found | {"elasticsearch": f"not measured: {error}"}


def grow(progress: Callable[[str], None]) -> Figures:
    """Both engines at every size, into docs/performance.md; the goals and what they were measured at."""
    growth = measure_growth(progress)
    write_report(growth)
    return {
        goal.what: f"{goal.measured}, {'met' if goal.is_met else 'falls short'}: {goal.wanted}"
        for goal in goals(growth)
    }


def _answers(address: ElasticsearchAddress | None, hits: int) -> Answers:
    with tempfile.TemporaryDirectory() as folder:
        installation = Installation(Path(folder), address)
        answers = installation.grow(hits)
        installation.close()
    return answers


def _figures(engine: str, filling: Filling, answers: Answers) -> Figures:
    figures: Figures = {
        **asdict(filling),
        "put_per_second": answers.put_per_second,
        "bytes_per_hit": answers.bytes_per_hit,
        "every_id_ms": answers.every_id_ms,
    }
    for kind, times in {**answers.questions, "console_page": answers.console_page}.items():
        figures |= {f"{kind}_{name}": value for name, value in asdict(times).items()}
    return {f"{engine}_{name}": value for name, value in figures.items()}
