"""Records on SQLite and on a real PostgreSQL: every test that takes `records` runs on both."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from elasticsearch import Elasticsearch

from search.indexes.elastic import ElasticsearchIndex
from search.records import Records, open_records
from tests.search.elasticsearch_server import ElasticsearchServer
from tests.search.postgresql import PostgresServer, binaries, running_postgres

BACKENDS = ("sqlite", pytest.param("postgresql", marks=pytest.mark.postgres))
LOCK_WAIT_SECONDS = 10


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One server for the session."""
    programs = binaries()
    if programs is None:
        pytest.skip("PostgreSQL is not installed, its tests did not run: apt-get install postgresql")
    with running_postgres(programs) as server:
        yield server


@pytest.fixture
def elasticsearch_client(elasticsearch_server: ElasticsearchServer) -> Iterator[Elasticsearch]:
    """A client of our own, to look behind the index and to do the server harm."""
    with Elasticsearch(elasticsearch_server.address.url) as opened:
        yield opened


@pytest.fixture
def elasticsearch_index(elasticsearch_server: ElasticsearchServer) -> Iterator[ElasticsearchIndex]:
    """The index on that server, empty."""
    opened = ElasticsearchIndex(elasticsearch_server.address)
    opened.clear()
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with every migration done, made once, to copy."""
    file = tmp_path_factory.mktemp("migrated") / "luoitroi.db"
    records = open_records(f"sqlite:///{file}")
    with records.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    records.close()
    return file


@pytest.fixture(params=BACKENDS)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database with nothing in it."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'luoitroi.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = f"empty_{uuid4().hex}"
    yield server.create(name)
    server.drop(name)


@pytest.fixture(params=BACKENDS)
def records_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of migrated, empty records."""
    if request.param == "sqlite":
        file = tmp_path / "luoitroi.db"
        shutil.copy(request.getfixturevalue("migrated_file"), file)
        yield f"sqlite:///{file}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    server.empty(server.migrated)
    yield server.url(server.migrated)


@pytest.fixture
def records(records_url: str) -> Iterator[Records]:
    """Open records, empty."""
    opened = open_records(records_url, LOCK_WAIT_SECONDS)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_url(migrated_file: Path, tmp_path: Path) -> str:
    """The address of migrated, empty records on SQLite alone."""
    file = tmp_path / "luoitroi.db"
    shutil.copy(migrated_file, file)
    return f"sqlite:///{file}"


@pytest.fixture
def sqlite_records(sqlite_url: str) -> Iterator[Records]:
    """Open records on SQLite alone, empty."""
    opened = open_records(sqlite_url, LOCK_WAIT_SECONDS)
    yield opened
    opened.close()
