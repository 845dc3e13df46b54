"""`luoitroi campaigns` as people and programs use it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from crawler.cli import app
from matchers.match import Severity
from search.campaigns.splitting import stop_value
from search.campaigns.stop_values import COUNTED
from search.hits import record_hit
from search.records import open_records
from tests.search.material import ACCOUNT, JOB_TEXT, PHONE, page, verdict


@pytest.fixture
def three(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Three hits of one campaign: the first two share a phone, the last two an account."""
    monkeypatch.setenv("LUOITROI_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("LUOITROI_SETTINGS", str(tmp_path / "luoitroi.toml"))
    (tmp_path / "luoitroi.toml").write_text("", "utf-8")
    records = open_records(f"sqlite:///{tmp_path / 'data' / 'luoitroi.db'}")
    pages = (page("https://a.top/"), page("https://b.top/", JOB_TEXT), page("https://c.top/", "Chữ khác hẳn ở đây nhé"))
    judged = (verdict(PHONE), verdict(PHONE, ACCOUNT), verdict(ACCOUNT))
    ids = [
        record_hit(records, seen, said, Severity.CRITICAL, "desktop").hit_id
        for seen, said in zip(pages, judged, strict=True)
    ]
    records.close()
    return ids


def run(*arguments: str, status: int = 0) -> str:
    result = CliRunner().invoke(app, ["campaigns", *arguments])
    assert result.exit_code == status, result.output
    return result.output


def told(*arguments: str) -> Any:
    return json.loads(run(*arguments, "--json"))


def test_campaigns_are_listed_shown_and_explained(three: list[int]) -> None:
    listed = told("list")
    assert listed["total"] == 1
    number = str(listed["campaigns"][0]["id"])
    shown = told("show", number)
    assert sorted(member["hit_id"] for member in shown["members"]) == three
    assert "cùng số điện thoại +84912000111 trên 2 mục" in run("show", number)
    assert "3" in run("list", "--order", "size")
    hops = told("path", str(three[0]), str(three[2]))
    assert [hop["kind"] for hop in hops] == ["phone", "bank_account"]
    assert f"{three[0]} → {three[1]}" in run("path", str(three[0]), str(three[2]))


def test_ties_are_cut_and_restored_hits_parted_values_stopped_and_freed(three: list[int]) -> None:
    tie = (str(three[0]), "phone", PHONE.value)
    run("cut", *tie, "--note", "số của tòa soạn")
    assert "không cùng chiến dịch" in run("path", str(three[0]), str(three[2]), status=1)
    assert "số của tòa soạn" in run("show", "1")
    run("cut", *tie, "--note", "lần nữa", status=1)
    run("restore", *tie, "--note", "nhầm")
    assert told("part", str(three[1]), "--note", "bài cảnh báo")["cut"] == 2
    assert told("list")["total"] == 0
    assert told("stop", "phone", "1900 1234", "--note", "tổng đài")["value"] == "+8419001234"
    assert told("stopped")[0]["reason"] == "tổng đài"
    assert "tổng đài" in run("stopped")
    assert told("free", "phone", "1900 1234", "--note", "nhầm")["kind"] == "phone"
    assert "3 mục / hits" in run("rebuild")
    assert "không có chiến dịch 404" in run("show", "404", status=2)


@pytest.mark.usefixtures("three")
def test_what_the_program_stopped_by_itself_is_to_be_checked(tmp_path: Path) -> None:
    records = open_records(f"sqlite:///{tmp_path / 'data' / 'luoitroi.db'}")
    stop_value(records, PHONE.kind, PHONE.value, COUNTED, "Có trên quá nhiều mục khác loại")
    records.close()
    assert [value["value"] for value in told("stopped") if value["is_to_check"]] == [PHONE.value]
    assert "cần xem lại" in " ".join(run("stopped").split())
    run("stop", "phone", PHONE.value, "--note", "đúng là tổng đài")
    assert "cần xem lại" not in " ".join(run("stopped").split())
