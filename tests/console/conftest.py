"""A console to each test, with an account for every role."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from evidence.signing import SigningKey
from tests.console.world import World, build_world, make_accounts


@pytest.fixture(scope="session")
def accounts_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with accounts, made once: hashing passwords takes its time."""
    file = tmp_path_factory.mktemp("accounts") / "luoitroi.db"
    make_accounts(file)
    return file


@pytest.fixture
def world(tmp_path: Path, accounts_file: Path) -> Iterator[World]:
    """A console with five invented hits."""
    built = build_world(tmp_path, accounts_file, SigningKey.generate())
    yield built
    built.records.close()
