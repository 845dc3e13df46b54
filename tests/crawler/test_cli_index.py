"""`luoitroi index` as people and programs run it."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from search.documents import load_documents
from search.indexes.embedded import EmbeddedIndex
from search.outbox import deliver
from search.rebuild import is_under_way, only_one
from search.records import Records, open_records
from tests.search.material import page, record

HITS = 40


class Installation:
    """A folder with hits in its records and index."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "data" / "luoitroi.db"
        self.records: Records = open_records(f"sqlite:///{self.path}")
        for number in range(HITS):
            record(self.records, page(f"https://vay-{number}.top/"))
        self.index = EmbeddedIndex(self.path)
        deliver(self.records, self.index)

    def start(self, *arguments: str, **settings: str) -> subprocess.Popen[str]:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("LUOITROI_")}
        return subprocess.Popen(
            [sys.executable, "-m", "crawler.cli", "index", *arguments],
            cwd=self.folder,
            env={**environment, "LUOITROI_DATA_DIR": str(self.folder / "data"), "COLUMNS": "200", **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            # Where the tests run in the background, they and their children start with Ctrl-C ignored.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )

    def run(self, *arguments: str, **settings: str) -> tuple[int, str, str]:
        process = self.start(*arguments, **settings)
        out, err = process.communicate(timeout=120)
        return process.returncode, out, err

    def status(self, *arguments: str, **settings: str) -> tuple[int, dict[str, object]]:
        code, out, err = self.run("status", "--json", *arguments, **settings)
        assert err == ""
        return code, json.loads(out)

    def sql(self, statement: str) -> None:
        with sqlite3.connect(self.path) as connection:
            connection.execute(statement)
        connection.close()


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path)
    yield made
    made.records.close()


def test_status_of_an_index_that_holds_everything(installation: Installation) -> None:
    code, told = installation.status("--check")
    assert code == 0
    assert (told["engine"], told["name"], told["condition"]) == ("embedded", "index1", "ready")
    assert (told["hits"], told["recorded"], told["waiting"], told["refused"]) == (HITS, HITS, 0, 0)
    assert told["differences"] == {"missing": [], "stale": [], "unknown": []}
    code, out, _ = installation.run("status", "--check")
    assert code == 0
    assert "dùng được / ready" in out
    assert f"{HITS} trong chỉ mục, {HITS} trong hồ sơ / {HITS} indexed, {HITS} recorded" in out
    assert "khớp / the same" in out
    assert "Lập lại / Rebuild" not in out


def test_status_tells_what_waits_what_was_refused_and_what_differs(installation: Installation) -> None:
    record(installation.records, page("https://moi.top/"))
    refused = record(installation.records, page("https://bi-tu-choi.top/")).hit_id
    installation.sql(f"UPDATE outbox SET refusal = 'mapper_parsing_exception: [x]' WHERE hit_id = {refused}")  # noqa: S608
    installation.sql("UPDATE hits SET version = 9 WHERE id = 3")
    code, told = installation.status("--check")
    assert code == 1
    assert (told["recorded"], told["hits"], told["waiting"], told["refused"]) == (HITS + 2, HITS, 1, 1)
    assert told["waiting_since"]
    assert told["refusals"] == {str(refused): "mapper_parsing_exception: [x]"}
    assert told["differences"] == {"missing": [refused], "stale": [3], "unknown": []}
    assert told["is_usable"] is True
    code, out, _ = installation.run("status")
    assert code == 0
    assert "1 thay đổi, từ" in out
    assert f"{refused}: mapper_parsing_exception: [x]" in out


def test_status_of_an_index_of_another_version_and_of_one_that_lost_hits(installation: Installation) -> None:
    installation.sql("UPDATE search_index SET version = 1")
    code, told = installation.status()
    assert (code, told["condition"], told["hits"], told["needs_rebuild"]) == (1, "older", None, True)
    code, out, _ = installation.run("status")
    assert code == 1
    assert "của bản cũ, cần lập lại / of an older version, to be rebuilt" in out
    assert installation.run("rebuild")[0] == 0
    installation.index.clear()
    code, told = installation.status()
    assert (code, told["hits"], told["lost"], told["needs_rebuild"]) == (0, 0, HITS, True)


def test_status_of_a_server_that_is_not_there(installation: Installation) -> None:
    nowhere = {"LUOITROI_INDEX__ELASTICSEARCH": "http://127.0.0.1:9"}
    record(installation.records, page("https://moi.top/"))
    code, told = installation.status(**nowhere)
    assert (code, told["is_usable"], told["recorded"], told["waiting"]) == (1, False, HITS + 1, 1)
    assert "is the server up, and the address right?" in str(told["problem"])
    code, out, err = installation.run("status", **nowhere)
    assert (code, out) == (1, "")
    assert "Chỉ mục không dùng được / The index cannot be used: http://127.0.0.1:9" in err


def test_a_rebuild_interrupted_says_where_and_the_next_one_where_it_goes_on(installation: Installation) -> None:
    with pytest.raises(ZeroDivisionError), installation.index.renewal() as fresh:
        fresh.put(load_documents(installation.records, range(1, 11)))
        raise ZeroDivisionError
    code, told = installation.status()
    assert (code, told["filling"], told["is_rebuilding"]) == (0, 10, False)
    assert "dở dang, lần sau sẽ làm tiếp / interrupted, the next one goes on: 10/40" in installation.run("status")[1]
    code, out, err = installation.run("rebuild", "--json")
    assert code == 0, err
    told = json.loads(out)
    assert told.keys() == {"hits", "resumed_at", "seconds"}
    assert (told["hits"], told["resumed_at"]) == (HITS, 10)
    assert "Làm tiếp từ mục 10/40 / Going on at 10 of 40" in err
    assert installation.status("--check")[0] == 0
    assert installation.run("rebuild")[1].startswith(f"{HITS} mục trong chỉ mục mới")


def _interrupted(installation: Installation) -> tuple[int, str]:
    """Exit status and words of a rebuild that is sent Ctrl-C once it has begun to fill."""
    process = installation.start("rebuild")
    deadline = time.monotonic() + 60
    while installation.index.state().filling in (None, 0) and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    return process.returncode, err


def test_ctrl_c_stops_a_rebuild_and_keeps_what_it_has(installation: Installation) -> None:
    for number in range(HITS, 1500):
        record(installation.records, page(f"https://vay-{number}.top/"))
    for _ in range(5):  # a busy machine may let a rebuild end before it hears of the signal
        code, err = _interrupted(installation)
        if code != 0:
            break
    assert code == 130, err
    assert "chạy lại lệnh này để làm tiếp" in err
    code, out, err = installation.run("rebuild", "--json")
    assert code == 0
    assert json.loads(out)["resumed_at"] > 0
    assert "Làm tiếp từ mục" in err
    assert installation.status("--check")[0] == 0


def test_a_second_rebuild_is_refused_by_name(installation: Installation) -> None:
    with only_one(installation.records):
        assert is_under_way(installation.records)
        code, out, err = installation.run("rebuild")
        assert (code, out) == (2, "")
        assert f"process {os.getpid()} is rebuilding the index" in err
        assert installation.status()[1]["is_rebuilding"] is True
