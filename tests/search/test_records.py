"""The records: migrations, times, text, snapshots, and writers that wait for one another."""

from __future__ import annotations

import sqlite3
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    JSON,
    Boolean,
    DateTime,
    Float,
    Integer,
    String,
    TypeDecorator,
    func,
    insert,
    inspect,
    select,
)
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session

from search.hits import load_hit
from search.records import (
    HEAD_REVISION,
    MIGRATIONS,
    Records,
    RecordsError,
    add_missing,
    hold,
    migration_config,
    open_records,
)
from search.tables import AuditRow, Base, HitRow, IdentifierRow
from tests.search.material import page, record
from tests.search.processes import at_once


def test_the_head_that_the_code_knows_is_the_newest_migration() -> None:
    assert ScriptDirectory(str(MIGRATIONS)).get_heads() == [HEAD_REVISION]


def test_migrations_make_the_tables_that_the_models_say(empty_url: str) -> None:
    records = open_records(empty_url)
    with records.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    records.close()


def test_migrations_go_down_to_nothing_and_up_again(empty_url: str) -> None:
    records = open_records(empty_url)
    with records.write() as session:
        fill(session)
    for move, revision in ((command.downgrade, "0001"), (command.upgrade, "head")):
        with records.write() as session:
            move(migration_config(session.connection()), revision)
    with records.read() as session:
        assert session.scalars(select(HitRow.title)).all() == ["1"]
    with records.write() as session:
        fill(session)
        command.downgrade(migration_config(session.connection()), "base")
    assert set(inspect(records.engine).get_table_names()) == {"alembic_version"}
    records.close()
    again = open_records(empty_url)
    with again.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    again.close()


def fill(session: Session) -> None:
    """Put a row into every table that has none, each of whose columns holds something; a key to itself is of itself."""
    at = datetime(2026, 11, 20, tzinfo=UTC)
    given: tuple[tuple[Any, object], ...] = (
        (DateTime, at),
        (JSON, []),
        (String, "1"),
        (Boolean, True),
        ((Integer, Float), 1),
    )
    for table in Base.metadata.sorted_tables:
        if session.execute(select(table)).first() is None:
            kinds = {one: one.type.impl if isinstance(one.type, TypeDecorator) else one.type for one in table.columns}
            row = {one: next(value for of, value in given if isinstance(kind, of)) for one, kind in kinds.items()}
            session.execute(insert(table).values(row))


def test_hits_have_their_bands_from_the_second_revision_to_the_third_alone(empty_url: str) -> None:
    records = open_records(empty_url)
    hit_id = record(records).hit_id
    with records.write() as session:
        fingerprint = session.get_one(HitRow, hit_id).text_fingerprint
        command.downgrade(migration_config(session.connection()), "0001")
    bands = "SELECT text_band_0, text_band_1, text_band_2, text_band_3 FROM hits"
    for move, revision in ((command.upgrade, "0003"), (command.upgrade, "0004"), (command.downgrade, "0003")):
        with records.write() as session:
            move(migration_config(session.connection()), revision)
            assert _has_bands(session) == (revision == "0003")
            if revision == "0003":
                found = session.connection().exec_driver_sql(bands).one()
                assert sum(band << 16 * number for number, band in enumerate(found)) == fingerprint
    records.close()
    again = open_records(empty_url)
    with again.read() as session:
        assert session.get_one(HitRow, hit_id).text_fingerprint == fingerprint
    again.close()


def _has_bands(session: Session) -> bool:
    return "text_band_0" in {column["name"] for column in inspect(session.connection()).get_columns("hits")}


def test_records_of_a_newer_version_are_refused_by_name(empty_url: str) -> None:
    records = open_records(empty_url)
    with records.write() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    records.close()
    with pytest.raises(RecordsError, match=r"revision 9999, which this version .* newer version"):
        open_records(empty_url)


def test_eight_processes_may_open_new_records_at_once(empty_url: str) -> None:
    def work(number: int) -> int:
        records = open_records(empty_url)
        hit_id = record(records, page(f"https://vay-{number}.top/")).hit_id
        records.close()
        return hit_id

    assert len(set(at_once(8, work))) == 8


def test_a_new_file_that_another_writes_to_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("CREATE TABLE something (x)")
    other.execute("BEGIN IMMEDIATE")
    releasing = threading.Timer(0.3, lambda: other.execute("COMMIT"))
    releasing.start()
    open_records(f"sqlite:///{path}").close()
    releasing.join()
    other.close()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("no address", "records.url is no database address"),
        ("mysql://x@localhost/y", "mysql is not supported"),
        ("postgresql+nosuchdriver://x@localhost/y", "PostgreSQL needs `pip install"),
    ],
)
def test_an_address_that_is_none_says_what_to_write(url: str, said: str) -> None:
    with pytest.raises(RecordsError, match=said):
        open_records(url)


def test_sqlite_runs_in_wal_with_full_commits_and_foreign_keys(sqlite_url: str) -> None:
    records = open_records(sqlite_url)
    with records.read() as session:
        connection = session.connection()
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    records.close()


def _note(at: datetime, detail: str = "", actor: str = "an") -> AuditRow:
    return AuditRow(at=at, actor=actor, action="looked", subject="hit 1", detail=detail)


def test_times_come_back_as_aware_utc(records: Records) -> None:
    in_hanoi = datetime(2026, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=7)))
    with records.write() as session:
        session.add(_note(in_hanoi))
    with records.read() as session:
        at = session.scalars(select(AuditRow.at)).one()
    assert at == in_hanoi
    assert at.tzinfo is UTC


def test_a_time_without_zone_is_refused(records: Records) -> None:
    with pytest.raises(StatementError, match="no time zone"), records.write() as session:
        session.add(_note(datetime(2026, 1, 1)))


def test_text_that_no_database_takes_is_kept_with_marks_in_its_place(records: Records) -> None:
    with records.write() as session:
        session.add(_note(datetime.now(UTC), "a\x00b\ud800c", "n" * 200))
    with records.read() as session:
        row = session.scalars(select(AuditRow)).one()
    assert row.detail == "a\ufffdb\ufffdc"
    assert row.actor == "n" * 128


def test_what_a_block_wrote_is_kept_whole_or_not_at_all(records: Records) -> None:
    with pytest.raises(ZeroDivisionError), records.write() as session:
        session.add(_note(datetime.now(UTC)))
        session.flush()
        raise ZeroDivisionError
    with records.read() as session:
        assert session.scalar(select(func.count()).select_from(AuditRow)) == 0


def test_a_reader_sees_one_state_while_others_write(records: Records) -> None:
    with records.read() as session:
        count = select(func.count()).select_from(HitRow)
        assert session.scalar(count) == 0
        record(records)
        assert session.scalar(count) == 0
    with records.read() as session:
        assert session.scalar(count) == 1


def test_writers_that_count_lose_nothing(records_url: str) -> None:
    def work(number: int) -> None:
        records = open_records(records_url)
        for _ in range(10):
            with records.write() as session:
                hold(session, "counter")
                row = session.scalar(select(AuditRow))
                if row is None:
                    session.add(_note(datetime.now(UTC), "1"))
                else:
                    row.detail = str(int(row.detail) + 1)
        records.close()

    at_once(2, work)
    records = open_records(records_url)
    with records.read() as session:
        assert session.scalars(select(AuditRow.detail)).one() == "20"
    records.close()


def test_rows_are_added_once_whoever_adds_them(records_url: str) -> None:
    rows = [{"kind": "phone", "value": f"+8491200{number:04}"} for number in range(50)]

    def work(number: int) -> None:
        records = open_records(records_url)
        with records.write() as session:
            add_missing(session, IdentifierRow, rows)
        records.close()

    at_once(4, work)
    records = open_records(records_url)
    with records.read() as session:
        assert session.scalar(select(func.count()).select_from(IdentifierRow)) == 50
    records.close()


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    file = tmp_path / "luoitroi.db"
    file.write_bytes(b"this is a text, not a database, whatever its name says" * 100)
    with pytest.raises(RecordsError, match=r"not a database; keep the file, and put the newest backup"):
        open_records(f"sqlite:///{file}")


def test_a_damaged_file_is_named(sqlite_url: str) -> None:
    records = open_records(sqlite_url)
    for number in range(50):
        record(records, page(f"https://vay-{number}.top/"))
    path = records.sqlite_path
    assert path is not None
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        root = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'hits'").fetchone()[0]
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    connection.close()
    records.close()
    with path.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xff" * size)
    records = open_records(sqlite_url)
    with pytest.raises(RecordsError, match="backup"):
        load_hit(records, 1)
    records.close()
