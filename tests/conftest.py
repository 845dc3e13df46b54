"""What every test shares: Hypothesis works a little in the suite, and long in `make proof`."""

import os
from collections.abc import Generator, Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.search.elasticsearch_server import ElasticsearchServer, running_elasticsearch

NEVER_SKIPPED_BY_THE_GATE = ("browser", "postgres", "elasticsearch", "tesseract")
"""The gate installs what these need: there, a skipped one is a broken gate and not a missing server."""

settings.register_profile("suite", max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("proof", max_examples=20_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and os.environ.get("CI") and any(map(item.get_closest_marker, NEVER_SKIPPED_BY_THE_GATE)):
        report.outcome = "failed"
        report.longrepr = f"skipped, though the gate must run it: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def elasticsearch_server() -> Iterator[ElasticsearchServer]:
    """One server without security for the session; who uses it clears what it finds."""
    with running_elasticsearch() as server:
        yield server
