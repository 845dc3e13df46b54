"""The records: one database, by URL, opened with its migrations done.

SQLite runs in WAL with full synchronous commits: what `write()` returned from survives a kill and a power cut.
Readers never block the writer; a second writer waits up to `lock_wait_seconds`.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError, InternalError, NoSuchModuleError, OperationalError
from sqlalchemy.orm import Session

from search.tables import Base

if TYPE_CHECKING:
    from alembic.config import Config

LOCK_WAIT_SECONDS = 30
MIGRATIONS = Path(__file__).parent / "migrations"
HEAD_REVISION = "0005"
"""The newest migration; a test holds it to what the folder has."""
_SWITCH_PAUSE_SECONDS = 0.02
_NO_ROOM_BYTES = 1 << 20
"""A disk with less than this left explains an I/O error of SQLite, which cannot always say why."""


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
        # A snapshot: SQLite reads from one by itself.
        is_postgres = engine.dialect.name == "postgresql"
        self._reading = engine.execution_options(isolation_level="REPEATABLE READ") if is_postgres else engine

    @property
    def sqlite_path(self) -> Path | None:
        """The database file, or None where the records are not SQLite."""
        url = self.engine.url
        return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees one state of the records and changes nothing."""
        with _named_errors(self), Session(self._reading, expire_on_commit=False) as session:
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


def hold(session: Session, name: str) -> None:
    """Keep every other `write()` that holds `name` waiting until this one ends.

    SQLite's writers follow one another anyway; PostgreSQL's do where they ask for it.
    """
    connection = session.connection()  # takes SQLite's write lock
    if connection.dialect.name == "postgresql":
        key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


def add_missing(session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows whose keys are not there yet, whoever else inserts them at the same time.

    Give rows in one order everywhere: two that insert the same keys crosswise would wait for each other.
    """
    if rows:
        is_postgres = session.get_bind().dialect.name == "postgresql"
        insert = postgresql.insert(table) if is_postgres else sqlite.insert(table)
        session.execute(insert.on_conflict_do_nothing(), rows)


def open_records(url: str, lock_wait_seconds: float = LOCK_WAIT_SECONDS) -> Records:
    """The records at `url` (`sqlite:///file` or `postgresql+psycopg://…`), migrated to the newest revision.

    Raises RecordsError when they cannot be opened.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        # Not with the address itself, which may hold a password.
        raise RecordsError("records.url is no database address; write sqlite:///file or postgresql+psycopg://…") from (
            error
        )
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        try:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RecordsReadOnly(f"{parsed.database}: {error.strerror}; give a folder we may write") from error
    records = Records(_engine(parsed, lock_wait_seconds), lock_wait_seconds)
    try:
        with _named_errors(records):
            _migrate(records.engine)
    except BaseException:
        records.close()
        raise
    return records


def _engine(url: URL, lock_wait_seconds: float) -> Engine:
    backend = url.get_backend_name()
    if backend not in ("sqlite", "postgresql"):
        raise RecordsError(f"records.url: {backend} is not supported; use sqlite:///file or postgresql+psycopg://…")
    try:
        if backend == "postgresql":
            wait = f"-c lock_timeout={int(lock_wait_seconds * 1000)}"
            return create_engine(url, pool_pre_ping=True, connect_args={"options": wait})
        engine = create_engine(url)
    except (ImportError, NoSuchModuleError) as error:
        raise RecordsError(f"records.url: {error}; PostgreSQL needs `pip install luoitroi[postgres]`") from error

    def prepare(connection: sqlite3.Connection, _record: Any) -> None:
        _prepare_sqlite(connection, lock_wait_seconds)

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, lock_wait_seconds: float) -> None:
    # The driver's own BEGIN would come too late to take the write lock: we send ours.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={int(lock_wait_seconds * 1000)}")
    use_wal(connection, lock_wait_seconds)
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")


def use_wal(connection: sqlite3.Connection, wait_seconds: float) -> None:
    """Switch the file to WAL, unless it lets nobody write. Raises sqlite3.OperationalError after `wait_seconds`.

    SQLite's own busy timeout does not hold for the switch: of several that open a new file at once some would fail.
    """
    until = time.monotonic() + wait_seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if _code(error).startswith("SQLITE_READONLY"):
                return  # it can still be read without the switch
            if _code(error) not in _LOCKED or time.monotonic() > until:
                raise
            time.sleep(_SWITCH_PAUSE_SECONDS)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    is_write = connection.get_execution_options().get("luoitroi_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_write else "BEGIN")


def _migrate(engine: Engine) -> None:
    with engine.connect() as connection:
        if _revision(connection) == HEAD_REVISION:
            return
    # Imported where it is needed: a process that finds its records migrated starts half a second sooner without.
    from alembic import command
    from alembic.util import CommandError

    with engine.execution_options(luoitroi_write=True).connect() as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            # One migrator at a time; the number only has to be ours.
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7260210525)")
        found = _revision(connection)
        if found == HEAD_REVISION:
            return
        try:
            command.upgrade(migration_config(connection), "head")
        except CommandError as error:
            place = engine.url.render_as_string(hide_password=True)
            raise RecordsError(
                f"{place}: the records are at revision {found}, which this version ({HEAD_REVISION}) does not know; "
                "run the newer version that made them"
            ) from error


def migration_config(connection: Connection) -> Config:
    """Alembic's Config for the migrations of the records, to run over `connection`."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


@contextmanager
def _named_errors(records: Records) -> Iterator[None]:
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        # What happens while SQLite's connection is prepared comes without SQLAlchemy's wrapping.
        said = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
        named = _named(records, said)
        if named is None and isinstance(error, (OperationalError, InternalError)):
            place = records.engine.url.render_as_string(hide_password=True)
            named = RecordsError(f"{place}: {said}; see `luoitroi doctor`")
        if named is None:
            raise
        raise named from error


def _named(records: Records, error: BaseException) -> RecordsError | None:
    place = records.engine.url.render_as_string(hide_password=True)
    code = _code(error)
    if code in _LOCKED:
        return RecordsLocked(
            f"{place}: another process held the database for over {records.lock_wait_seconds:g} s; "
            "see who with `luoitroi doctor`"
        )
    if code in _FULL or (code.startswith(("SQLITE_IOERR", "SQLITE_CANTOPEN")) and _has_no_room(records.sqlite_path)):
        return DiskFull(f"{place}: no space left on the disk; free some, nothing recorded was lost")
    if code.startswith(_READ_ONLY):
        return RecordsReadOnly(f"{place}: {error}; give the file and its folder write access")
    if code.startswith(_DAMAGED):
        return RecordsError(f"{place}: {error}; keep the file, and put the newest backup in its place")
    if isinstance(error, sqlite3.OperationalError):
        return RecordsError(f"{place}: {error}; see `luoitroi doctor`")
    return None


_LOCKED = frozenset({"SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_BUSY_SNAPSHOT", "SQLITE_BUSY_RECOVERY", "55P03", "40P01"})
_FULL = frozenset({"SQLITE_FULL", "53100"})
_READ_ONLY = ("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "25006")
_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "XX001", "XX002")


def _code(error: BaseException) -> str:
    """SQLite's name of its result code, PostgreSQL's SQLSTATE, "" where there is neither."""
    return str(getattr(error, "sqlite_errorname", None) or getattr(error, "sqlstate", None) or "")


def _has_no_room(path: Path | None) -> bool:
    try:
        return path is not None and shutil.disk_usage(path.parent).free < _NO_ROOM_BYTES
    except OSError:
        return False
