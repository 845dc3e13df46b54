"""`luoitroi search` and `luoitroi export` as people and programs run them."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from matchers.match import Severity
from search.captures import ShownPage, finish_capture, lease_capture
from search.hits import record_hit
from search.records import open_records
from search.review import decide
from search.status import Status
from tests.search.material import page, verdict

PAGES = {
    "https://docs.google.com/forms/d/1?x=1.2": "Mẫu đơn",
    "https://vay.top/a.html?q=1.2": "Vay \u202egnp\x1b[31m",
    "https://bidv.com.vn/": "Vay của ngân hàng",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with three confirmed hits: a form, a stranger's site, a bank's own site."""
    made = tmp_path_factory.mktemp("installation")
    (made / "data").mkdir()
    records = open_records(f"sqlite:///{made}/data/luoitroi.db")
    for url, title in PAGES.items():
        found = record_hit(records, page(url, title=title, text=f"{url} vay"), verdict(), Severity.CRITICAL, "desktop")
        decide(records, found.hit_id, Status.CONFIRMED, "ai đó")
    records.close()
    return made


def run(folder: Path, *arguments: str, columns: int = 200) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("LUOITROI_")}
    return subprocess.run(
        [sys.executable, "-m", "crawler.cli", *arguments],
        cwd=folder,
        env={**environment, "LUOITROI_DATA_DIR": str(folder / "data"), "COLUMNS": str(columns)},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def test_a_block_list_spares_platforms_and_brands_and_says_so(folder: Path) -> None:
    ended = run(folder, "export", "hosts")
    assert ended.returncode == 0, ended.stderr
    assert [line for line in ended.stdout.splitlines() if not line.startswith("#")] == ["0.0.0.0 vay.top"]
    assert "not blocked: docs.google.com (" in ended.stdout and "not blocked: bidv.com.vn (" in ended.stdout
    assert ended.stderr.startswith("2 tên miền không chặn")
    assert "docs.google.com" in ended.stderr and "bidv.com.vn" in ended.stderr


def test_a_query_says_which_hits_go_out(folder: Path) -> None:
    ended = run(folder, "export", "csv", "host:vay.*", "--output", "ra.csv")
    assert ended.returncode == 0, ended.stderr
    assert (ended.stdout, ended.stderr) == ("", "1 written to ra.csv\n")
    rows = list(csv.DictReader(io.StringIO((folder / "ra.csv").read_text("utf-8-sig"))))
    assert [row["host"] for row in rows] == ["vay.top"]
    assert len(run(folder, "export", "jsonl").stdout.splitlines()) == 3


@pytest.mark.parametrize("arguments", [("exe",), ("csv", "severity:9")])
def test_what_cannot_be_exported_is_said(folder: Path, arguments: tuple[str, ...]) -> None:
    ended = run(folder, "export", *arguments)
    assert ended.returncode == 2
    assert "formats are csv, jsonl, hosts" in ended.stderr or "severity is 1 to 4" in ended.stderr


@pytest.mark.parametrize("columns", [80, 200])
def test_what_is_found_is_told_whole_and_harmless(folder: Path, columns: int) -> None:
    ended = run(folder, "search", "host:vay.top", columns=columns)
    assert ended.returncode == 0, ended.stderr
    assert not {"\u202e", "\x1b"} & set(ended.stdout)
    cells = [line.split("│") for line in ended.stdout.splitlines() if "│" in line]
    assert "".join(row[-2].strip() for row in cells) == "hxxps://vay[.]top/a.html?q=1.2"


def test_the_words_found_are_marked_in_title_and_passage(folder: Path) -> None:
    ended = run(folder, "search", "mau =Đơn OR ngan~", columns=240)
    assert ended.returncode == 0, ended.stderr
    assert "«Mẫu» «đơn»" in ended.stdout and "Vay của «ngân» hàng" in ended.stdout
    assert "hxxps://docs[.]google[.]com" in ended.stdout


def test_a_passage_is_shown_as_written_whatever_its_brackets(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    records = open_records(f"sqlite:///{tmp_path}/data/luoitroi.db")
    text = f"{'đầu trang ' * 40}[bold]L.ừ.a[/bold] [/] đ.ả.o {'cuối trang ' * 40}"
    record_hit(records, page(text=text), verdict(), Severity.CRITICAL, "desktop")
    records.close()
    ended = run(tmp_path, "search", "lừa đảo", columns=300)
    assert ended.returncode == 0, ended.stderr
    shown = " ".join(cell.strip() for line in ended.stdout.splitlines() for cell in line.split("│")[5:6])
    assert "[bold]«L.ừ.a»[/bold] [/] «đ.ả.o» cuối" in shown and "…" in shown


def test_programs_are_told_where_the_words_stand(folder: Path) -> None:
    ended = run(folder, "search", "vay host:vay.top", "--json")
    told = json.loads(ended.stdout)
    [hit] = told["hits"]
    assert told["total"] == sum(told["timeline"].values()) == 1
    assert [hit["title"][start:end] for start, end in hit["highlights"]["title"]] == ["Vay"]
    assert [hit["url"][start:end] for start, end in hit["highlights"]["url"]] == ["vay"]
    assert hit["passages"] == [{"field": "text", "start": 0, "text": "https://vay.top/a.html?q=1.2 vay"}]


def test_a_word_of_the_address_or_of_a_capture_alone_is_shown_there(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    records = open_records(f"sqlite:///{tmp_path}/data/luoitroi.db")
    record_hit(records, page("https://nap-tien.top/", text="Trang chủ"), verdict(), Severity.LOW, "desktop")
    job = lease_capture(records)
    assert job is not None
    finish_capture(records, job.id, "20261120-1", ShownPage("Rút thưởng", 0))
    records.close()
    ended = run(tmp_path, "search", "rut thuong nap-tien.top", columns=300)
    assert "ảnh chụp / capture: «Rút» «thưởng»" in ended.stdout, ended.stdout
    assert "địa chỉ / address: hxxps://«nap-tien[.]top»/" in ended.stdout, ended.stdout
    [hit] = json.loads(run(tmp_path, "search", "rut thuong nap-tien.top", "--json").stdout)["hits"]
    assert [one["field"] for one in hit["passages"]] == ["evidence", "url"]
    assert hit["passages"][1] == {"field": "url", "start": 0, "text": "https://nap-tien.top/"}


def test_what_was_meant_is_suggested_in_both_languages(folder: Path) -> None:
    ended = run(folder, "search", "vay catgory:loan_credit")
    assert ended.returncode == 2
    query, caret, suggestion = ended.stderr.splitlines()
    assert caret.index("^") == query.index("catgory:")
    assert "ý bạn là category: phải không?" in caret and "did you mean category:?" in caret
    assert suggestion == "Có phải ý bạn là / Did you mean: vay category:loan_credit"
