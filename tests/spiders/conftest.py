"""What the spiders' tests share: one web, and installations to crawl it with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crawler.installation import Installation
from tests.crawler.site import Site, serving


@pytest.fixture(scope="session")
def web() -> Iterator[Site]:
    """The server of this session. Tests take host names of their own on it."""
    with serving() as site:
        yield site


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation(tmp_path / "installation")
