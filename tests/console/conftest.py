"""A console to each test, with an account for every role."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from evidence.signing import SigningKey
from tests.console.world import World, fill, open_world


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database that every test starts from, made once: hashing passwords takes its time."""
    folder = tmp_path_factory.mktemp("filled")
    return fill(open_world(folder, folder / "none", SigningKey.generate()))


@pytest.fixture
def world(tmp_path: Path, filled: Path) -> Iterator[World]:
    """A console with five invented hits."""
    opened = open_world(tmp_path, filled, SigningKey.generate())
    yield opened
    opened.records.close()
