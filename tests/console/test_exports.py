import csv
import io
import json
import time
from collections.abc import Iterable
from typing import TextIO

import pytest

from console.roles import Role
from console.stream import written
from search.exporters import JsonLinesExporter, Written
from search.hits import Hit, load_hits
from search.records import RecordsError
from search.review import decide
from search.status import Status
from tests.console.world import World, flagged


def test_a_search_as_a_table(world: World) -> None:
    answer = world.signed_in().get("/export/csv?category=loan_credit&q=vay")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].endswith('.csv"')
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [row["title"] for row in rows] == ["Vay online duyệt tự động", "Vay nhanh 24h"]


def test_an_export_holds_all_pages_of_a_search(world: World) -> None:
    for number in range(450):
        world.record(*flagged(f"https://trang-{number}.top/", f"Trang {number}", f"{number} " * 20, minutes=60))
    world.deliver()
    lines = world.signed_in().get("/export/jsonl").text.splitlines()
    assert len(lines) == 455
    assert len({json.loads(line)["id"] for line in lines}) == 455


def test_a_block_list_holds_what_people_confirmed(world: World) -> None:
    client = world.signed_in()
    assert client.get("/export/hosts").text == ""
    decide(world.records, 3, Status.CONFIRMED, "ai đó")
    world.deliver()
    assert client.get("/export/hosts").text == "0.0.0.0 vcb-digibank.top\n"


def test_a_block_list_blocks_neither_platforms_nor_brands(world: World) -> None:
    for url in ("https://docs.google.com/forms/d/1", "https://vietcombank.com.vn/"):
        decide(world.records, world.record(*flagged(url, "Vay", f"Vay nhanh {url}")), Status.CONFIRMED, "ai đó")
    world.deliver()
    lines = world.signed_in().get("/export/hosts").text.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("# không chặn / not blocked: ") for line in lines)


def test_exports_that_cannot_be(world: World) -> None:
    client = world.signed_in()
    assert client.get("/export/exe").status_code == 404
    assert client.get("/export/csv?q=severity:9").status_code == 400


def test_an_export_is_in_the_audit_log(world: World) -> None:
    world.signed_in().get("/export/csv?q=vay&status=new")
    line = world.signed_in(Role.AUDITOR).get("/audit?format=json").json()["lines"][0]
    assert (line["action"], line["subject"], line["detail"]) == ("exported", "csv, 2 hits", "/hits?q=vay&status=new")


def test_pieces_come_while_the_rest_is_written(world: World) -> None:
    (hit,) = load_hits(world.records, [1])
    read = 0

    def hits() -> Iterable[Hit]:
        nonlocal read
        for _ in range(5000):
            read += 1
            yield hit

    pieces = written(JsonLinesExporter(), hits())
    next(pieces)
    time.sleep(0.2)
    assert read < 1000, "an export waits for whoever reads it"
    pieces.close()  # type: ignore[attr-defined]
    before = read
    time.sleep(0.2)
    assert read == before, "an export that nobody reads any more ends"


def test_what_fails_while_writing_is_raised_to_the_reader() -> None:
    class Failing:
        media_type = "text/plain"
        suffix = "txt"

        def write(self, hits: Iterable[Hit], out: TextIO) -> Written:
            out.write("đầu")
            raise RecordsError("gone")

    with pytest.raises(RecordsError):
        list(written(Failing(), []))
