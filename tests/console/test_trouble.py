import sqlite3
from pathlib import Path

import pytest

from console.app import create_app
from console.roles import Role
from matchers.errors import Problem, Refusal
from search.documents import load_documents
from search.rebuild import only_one
from search.records import DiskFull, RecordsError, RecordsLocked, RecordsReadOnly
from search.review import decide
from search.status import Status
from tests.console.world import CATEGORIES, World, csrf_token


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_records_held_by_another_program(world: World, accept: str) -> None:
    client = world.signed_in()
    token = csrf_token(client.get("/hits").text)
    holder = sqlite3.connect(world.folder / "luoitroi.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        answer = client.post(
            "/hits/1/decisions",
            data={"csrf_token": token, "to": "confirmed", "version": "1"},
            headers={"accept": accept},
        )
        assert answer.status_code == 503
        assert answer.headers["retry-after"]
        if accept == "text/html":
            assert "Một chương trình khác đang giữ sổ ghi" in answer.text
            assert str(world.folder) not in answer.text
        else:
            assert answer.json()["kind"] == RecordsLocked.kind
        assert client.get("/hits").status_code == 200, "the queue is read all the same"
    finally:
        holder.execute("ROLLBACK")
    assert client.get("/hits/1").status_code == 200


def test_records_that_cannot_be_written(world: World) -> None:
    client = world.signed_in()
    with world.records.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA query_only=ON")
    answer = client.get("/hits/1")
    assert answer.status_code == 503, "what cannot be logged is not shown"
    assert "Không ghi được vào sổ ghi" in answer.text
    assert client.get("/hits/1?format=json").json()["kind"] == RecordsReadOnly.kind


def test_a_full_disk(world: World) -> None:
    client = world.signed_in()
    with world.records.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    token = csrf_token(client.get("/hits").text)
    fields = {"csrf_token": token, "url": "https://a.example/", "note": "x" * 2000}
    for _ in range(30):
        answer = client.post("/reports", data=fields)
        if answer.status_code != 303:
            break
    assert answer.status_code == 503
    assert "Ổ đĩa đã đầy" in answer.text
    assert client.post("/reports?format=json", data=fields).json()["kind"] == DiskFull.kind
    assert client.get("/hits").status_code == 200, "the queue is read all the same"


def test_records_that_are_gone(world: World, tmp_path: Path) -> None:
    client = world.signed_in()
    world.records.close()
    (world.folder / "luoitroi.db").unlink()
    for suffix in ("-wal", "-shm"):
        (world.folder / f"luoitroi.db{suffix}").unlink(missing_ok=True)
    answer = client.get("/hits")
    assert answer.status_code == 503
    assert "Không kết nối được sổ ghi" in answer.text
    health = client.get("/healthz")
    assert (health.status_code, health.json()["records"]) == (503, RecordsError.kind)


def test_health_tells_of_records_and_index_and_nothing_else(world: World) -> None:
    client = world.client()
    assert client.get("/healthz").json() == {
        "status": "ok",
        "records": "ok",
        "index": "ok",
        "rules": "ok",
        "hits": 5,
        "indexed": 5,
        "waiting": 0,
        "waiting_since": None,
        "refused": 0,
        "is_rebuilding": False,
        "filling": None,
        "needs_rebuild": False,
    }
    world.index.path = world.folder
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["index"], answer.json()["hits"]) == (200, "index_unavailable", 5)
    assert str(world.folder) not in answer.text


def test_health_tells_how_far_the_index_lags(world: World) -> None:
    decide(world.records, 1, Status.CONFIRMED, "ai đó")
    world.refuse(2, "mapping says no")
    with only_one(world.records), world.index.renewal() as fresh:
        fresh.put(load_documents(world.records, [1, 2, 3]))
        health = world.client().get("/healthz").json()
    assert (health["waiting"], health["refused"]) == (1, 1)
    assert (health["is_rebuilding"], health["filling"], health["needs_rebuild"]) == (True, 3, False)
    assert health["waiting_since"] is not None


def test_wrong_methods_and_addresses_have_their_page(world: World) -> None:
    client = world.signed_in()
    assert client.delete("/hits").status_code == 405
    missing = client.get("/nothing/here")
    assert missing.status_code == 404
    assert "Không có trang này" in missing.text
    assert client.get("/nothing", headers={"accept": "application/json"}).json()["kind"] == "no_such_page"
    assert client.get("/audit?page=x").status_code == 403


def test_refused_rules_are_told_to_those_who_can_mend_them(world: World) -> None:
    problem = Problem("/etc/luat/nuoc.yaml", 8, "weight: Input should be a valid number", "write a number such as 0.6")
    states = [
        (Refusal((problem,), "abc", is_last_good=True), "bộ luật đúng gần nhất"),
        (Refusal((problem,), "abc", is_last_good=False), "những bộ luật có sẵn"),
        (None, ""),
    ]
    now: list[Refusal | None] = [None]
    world.app = create_app(
        world.records, world.index, world.vault, CATEGORIES, world.settings, rules_refusal=lambda: now[0]
    )
    for refusal, sentence in states:
        now[0] = refusal
        for role in Role:
            page = world.signed_in(role).get("/sources").text
            is_told = refusal is not None and role in (Role.OPERATOR, Role.ADMIN)
            assert ("rules-refused" in page) is is_told
            assert not is_told or (sentence in page and "nuoc.yaml:8" in page)
        health = world.client().get("/healthz")
        assert health.json()["rules"] == ("ok" if refusal is None else "rules_refused")
        assert "nuoc.yaml" not in health.text
