"""A real PostgreSQL for tests: Debian's server, on a socket in a folder of its own, gone with the session."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Identifier

from search.records import open_records
from search.tables import Base

USER = "luoitroi"
START_SECONDS = 30
_UNPRIVILEGED = ("postgres", "nobody")
_CONFIGURATION = """
listen_addresses = ''
fsync = off
synchronous_commit = off
full_page_writes = off
shared_buffers = 32MB
max_connections = 60
"""


@dataclass(frozen=True)
class PostgresServer:
    """A running server. `migrated` is a database with every migration done, for one test after the other."""

    socket_dir: Path
    migrated: str = "luoitroi"

    def url(self, database: str) -> str:
        """The records' address of a database."""
        return f"postgresql+psycopg://{USER}@/{database}?host={self.socket_dir}"

    def create(self, database: str) -> str:
        """Make a database; returns its address."""
        with self._connect() as connection:
            connection.execute(SQL("CREATE DATABASE {}").format(Identifier(database)))
        return self.url(database)

    def empty(self, database: str) -> None:
        """Take every row out of the records in a database, and count ids from 1 again."""
        tables = [Identifier(table.name) for table in Base.metadata.sorted_tables]
        with psycopg.connect(host=str(self.socket_dir), user=USER, dbname=database) as connection:
            connection.execute(SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(SQL(", ").join(tables)))

    def cut(self, database: str) -> None:
        """End every connection to a database, as a restart of the server would."""
        with self._connect() as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", [database]
            )

    def drop(self, database: str) -> None:
        """Drop a database, whoever is connected."""
        with self._connect() as connection:
            connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(database)))

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(host=str(self.socket_dir), user=USER, dbname="postgres", autocommit=True)


def binaries() -> Path | None:
    """The folder of the newest server programs installed, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: float(path.parts[-3]))
    return found[-1].parent if found else None


@contextmanager
def running_postgres(programs: Path) -> Iterator[PostgresServer]:
    """Start a server and stop it after. It refuses root, so root starts it as another user."""
    # Not pytest's own folder: that one is closed to other users, and too long for a socket's path.
    folder = Path(tempfile.mkdtemp(prefix="luoitroi-pg-"))
    user = _user()
    as_user: dict[str, object] = {}
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)
        as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    data = folder / "data"
    initdb = [programs / "initdb", "-D", data, "-U", USER, "--auth=trust", "-E", "UTF8", "--locale=C", "--no-sync"]
    made = subprocess.run(initdb, capture_output=True, text=True, check=False, cwd=folder, **as_user)  # type: ignore[call-overload]
    if made.returncode:
        raise RuntimeError(f"initdb failed: {made.stdout}{made.stderr}")
    with (data / "postgresql.conf").open("a") as configuration:
        configuration.write(f"{_CONFIGURATION}unix_socket_directories = '{folder}'\n")
    log = (folder / "log").open("w")
    process = subprocess.Popen(  # type: ignore[call-overload]
        [programs / "postgres", "-D", data], stdout=log, stderr=subprocess.STDOUT, cwd=folder, **as_user
    )
    try:
        server = PostgresServer(folder)
        _wait(process, folder)
        open_records(server.create(server.migrated)).close()
        yield server
    finally:
        process.send_signal(signal.SIGINT)  # fast shutdown: open sessions are ended
        process.wait(START_SECONDS)
        log.close()
        shutil.rmtree(folder)


def _user() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    for name in _UNPRIVILEGED:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError(f"none of the users {', '.join(_UNPRIVILEGED)} exists to run PostgreSQL as")


def _wait(process: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(host=str(folder), user=USER, dbname="postgres").close()
            return
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start: {(folder / 'log').read_text()}") from None
            time.sleep(0.05)
