"""The benchmarks that `luoitroi bench` names are there, and a small run of ours gives a figure beside its baseline."""

import sys
from importlib import import_module
from pathlib import Path

import pytest

from benchmarks.crawl import measure
from benchmarks.fuzz import TARGETS, fuzz
from benchmarks.search_engines import Filling, fill_elasticsearch, fill_embedded
from benchmarks.search_growth import ELASTICSEARCH, EMBEDDED, Growth
from benchmarks.search_installation import Answers, Installation, Percentiles
from benchmarks.search_material import MEANINGS, QUESTIONS
from benchmarks.search_report import BEGIN, END, REPORT, goals, write_report
from crawler.cli.measuring import BENCHMARKS
from search.indexes.elastic import ElasticsearchIndex
from tests.search.elasticsearch_server import ElasticsearchServer

PLOTS = {"elasticsearch.svg", "embedded.svg", "filling.svg"}


@pytest.mark.parametrize("name", BENCHMARKS)
def test_every_benchmark_can_be_measured(name: str) -> None:
    assert callable(import_module(f"benchmarks.{name}").measure)


def test_a_small_crawl_is_measured_beside_bare_scrapy() -> None:
    figures = measure(pages=60, rounds=1)
    assert figures.pages_per_second > 0
    assert figures.bare_pages_per_second > 0
    assert figures.ratio == pytest.approx(figures.pages_per_second / figures.bare_pages_per_second, abs=0.01)


def _growth(ratio: float, milliseconds: float) -> Growth:
    filling = Filling(1000 * ratio, 1000, ratio)
    times = Percentiles(milliseconds / 2, milliseconds)
    sizes = [Answers(hits, 500, 4000, dict.fromkeys(MEANINGS, times), times, 7.5) for hits in (100_000, 1_000_000)]
    engines = (ELASTICSEARCH, EMBEDDED)
    return Growth("1 × Z80", "1.0", "2026-11-20", 0.1, dict.fromkeys(engines, filling), dict.fromkeys(engines, sizes))


def _told(report: Path, growth: Growth) -> str:
    report.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", "utf-8")
    write_report(growth, report)
    return report.read_text("utf-8")


def test_an_installation_is_measured_as_it_grows(tmp_path: Path) -> None:
    installation = Installation(tmp_path, None)
    small, large = installation.grow(200), installation.grow(400)
    installation.close()
    assert (small.hits, large.hits) == (200, 400)
    assert large.questions.keys() == QUESTIONS.keys() == MEANINGS.keys()
    for times in (*large.questions.values(), large.console_page):
        assert 0 < times.p50_ms <= times.p95_ms
    assert 1_000 < large.bytes_per_hit < 20_000


def test_the_embedded_index_is_filled_beside_plain_sqlite(tmp_path: Path) -> None:
    filling = fill_embedded(tmp_path, hits=1_000, rounds=1)
    assert filling.ratio == pytest.approx(filling.ours_per_second / filling.baseline_per_second, abs=0.01)
    assert not list(tmp_path.iterdir())


@pytest.mark.elasticsearch
def test_elasticsearch_is_filled_beside_its_own_helper_and_left_empty(
    tmp_path: Path, elasticsearch_server: ElasticsearchServer
) -> None:
    ElasticsearchIndex(elasticsearch_server.address).clear()
    filling = fill_elasticsearch(elasticsearch_server.address, hits=600, rounds=1)
    assert filling.ratio == pytest.approx(filling.ours_per_second / filling.baseline_per_second, abs=0.01)
    installation = Installation(tmp_path, elasticsearch_server.address)
    assert installation.grow(100).hits == installation.index.count() == 100
    installation.close()


def test_the_report_is_the_same_for_the_same_figures(tmp_path: Path) -> None:
    report = tmp_path / "performance.md"
    told = _told(report, _growth(ratio=0.9, milliseconds=9))
    plots = {plot.name: plot.read_bytes() for plot in (tmp_path / "performance").iterdir()}
    assert told.startswith(f"before\n{BEGIN}\n") and told.endswith(f"{END}\nafter\n") and "\nold\n" not in told
    assert plots.keys() == PLOTS and all(f"(performance/{name})" in told for name in PLOTS)
    assert _told(report, _growth(ratio=0.9, milliseconds=9)) == told
    assert {plot.name: plot.read_bytes() for plot in (tmp_path / "performance").iterdir()} == plots


def test_the_report_says_which_goals_are_met(tmp_path: Path) -> None:
    reached, missed = _growth(ratio=0.9, milliseconds=9), _growth(ratio=0.6, milliseconds=900)
    assert len(goals(reached)) == 8 and all(goal.is_met for goal in goals(reached))
    assert not any(goal.is_met for goal in goals(missed))
    assert "falls short" not in _told(tmp_path / "met.md", reached)
    assert _told(tmp_path / "missed.md", missed).count("falls short") == 8


def test_the_document_has_a_place_for_the_figures() -> None:
    text = REPORT.read_text("utf-8")
    assert text.index(BEGIN) < text.index(END)
    assert all((REPORT.parent / "performance" / name).exists() for name in PLOTS if f"performance/{name}" in text)


@pytest.mark.skipif(sys.platform != "linux", reason="atheris is installed on Linux alone")
@pytest.mark.parametrize("target", TARGETS)
def test_a_short_fuzzing_runs_and_finds_nothing(tmp_path: Path, target: str) -> None:
    figures = fuzz(target, 2, tmp_path)
    assert figures["said"] == ""
    assert int(str(figures["executions"])) > 100
