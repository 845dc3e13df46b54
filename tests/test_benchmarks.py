"""The benchmarks that `luoitroi bench` names are there, and a small run of ours gives a figure beside its baseline."""

from importlib import import_module

import pytest

from benchmarks.crawl import measure
from crawler.cli.measuring import BENCHMARKS


@pytest.mark.parametrize("name", BENCHMARKS)
def test_every_benchmark_can_be_measured(name: str) -> None:
    assert callable(import_module(f"benchmarks.{name}").measure)


def test_a_small_crawl_is_measured_beside_bare_scrapy() -> None:
    figures = measure(pages=60, rounds=1)
    assert figures.pages_per_second > 0
    assert figures.bare_pages_per_second > 0
    assert figures.ratio == pytest.approx(figures.pages_per_second / figures.bare_pages_per_second, abs=0.01)
