"""Fixtures that every test of evidence may ask for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from evidence.browser import Chromium, find_chromium
from tests.evidence.hostile import HostileSite, Room


@pytest.fixture
def site() -> Iterator[HostileSite]:
    server = HostileSite()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield server
    server.stopping.set()
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def chromium() -> Chromium:
    found = find_chromium(None)
    assert found is not None, "no Chromium on this machine; run: playwright install chromium"
    return found


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path / "room")
