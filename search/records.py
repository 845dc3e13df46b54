"""The records: one database, by URL, opened with its migrations done.

SQLite runs in WAL with full synchronous commits: what `write()` returned from survives a kill and a power cut.
Readers never block the writer; a second writer waits up to `lock_wait_seconds`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

LOCK_WAIT_SECONDS = 30
MIGRATIONS = Path(__file__).parent / "migrations"
HEAD_REVISION = "0001"
"""The newest migration; a test holds it to what the folder has."""


class RecordsError(Exception):
    """The records cannot be read or written. `kind` is its name in counts and on the console."""

    kind = "records_unavailable"


class RecordsLocked(RecordsError):
    """Another process held the database longer than the lock wait."""

    kind = "records_locked"


class RecordsReadOnly(RecordsError):
    """The database file or its folder does not let us write."""

    kind = "records_read_only"


class DiskFull(RecordsError):
    """No space is left where the database is."""

    kind = "disk_full"


class Records:
    """An open database. Use `read()` and `write()`; both give a Session that ends with the block."""

    def __init__(self, engine: Engine, lock_wait_seconds: float) -> None:
        self.engine = engine
        self.lock_wait_seconds = lock_wait_seconds
        self._writing = engine.execution_options(luoitroi_write=True)

    @property
    def sqlite_path(self) -> Path | None:
        """The database file, or None where the records are not SQLite."""
        url = self.engine.url
        return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees one state of the records and changes nothing."""
        with _named_errors(self), Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session whose changes are all kept when the block ends, or none.

        Raises RecordsLocked, RecordsReadOnly, DiskFull or RecordsError.
        """
        with _named_errors(self), Session(self._writing, expire_on_commit=False) as session, session.begin():
            yield session

    def close(self) -> None:
        self.engine.dispose()


def open_records(url: str, lock_wait_seconds: float = LOCK_WAIT_SECONDS) -> Records:
    """The records at `url` (`sqlite:///file` or `postgresql+psycopg://…`), migrated to the newest revision.

    Raises RecordsError when they cannot be opened.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        try:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RecordsReadOnly(f"{parsed.database}: {error.strerror}; give a folder we may write") from error
    records = Records(_engine(url, lock_wait_seconds), lock_wait_seconds)
    with _named_errors(records):
        _migrate(records.engine)
    return records


def _engine(url: str, lock_wait_seconds: float) -> Engine:
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":

        def prepare(connection: sqlite3.Connection, _record: Any) -> None:
            _prepare_sqlite(connection, lock_wait_seconds)

        event.listen(engine, "connect", prepare)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, lock_wait_seconds: float) -> None:
    # The driver's own BEGIN would come too late to take the write lock: we send ours.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout={int(lock_wait_seconds * 1000)}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
    ):
        try:
            connection.execute(f"PRAGMA {pragma}")
        except sqlite3.OperationalError as error:
            # A read-only file can still be read without switching it to WAL.
            if "readonly" not in str(error):
                raise


def _begin_sqlite(connection: Connection) -> None:
    is_write = connection.get_execution_options().get("luoitroi_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_write else "BEGIN")


def _migrate(engine: Engine) -> None:
    with engine.connect() as connection:
        if _revision(connection) == HEAD_REVISION:
            return
    # Imported where it is needed: a process that finds its records migrated starts half a second sooner without.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.execution_options(luoitroi_write=True).connect() as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            # One migrator at a time; the number only has to be ours.
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7260210525)")
        if _revision(connection) == HEAD_REVISION:
            return
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


@contextmanager
def _named_errors(records: Records) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        place = records.engine.url.render_as_string(hide_password=True)
        said = str(error.orig)
        if "locked" in said:
            raise RecordsLocked(
                f"{place}: another process held the database for over {records.lock_wait_seconds:g} s; "
                "see who with `luoitroi doctor`"
            ) from error
        if "readonly" in said or "unable to open" in said:
            raise RecordsReadOnly(f"{place}: {said}; give the file and its folder write access") from error
        if "disk is full" in said or "No space left" in said:
            raise DiskFull(f"{place}: no space left on the disk; free some, nothing recorded was lost") from error
        if error.connection_invalidated or type(error).__name__ == "OperationalError":
            raise RecordsError(f"{place}: {said}") from error
        raise
