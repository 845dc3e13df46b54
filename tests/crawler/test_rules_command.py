"""`luoitroi rules try URL`, `rules apply` and `rules list` over an installation of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from search.hits import history
from search.review import decide
from search.status import Status
from tests.crawler.installation import REPOSITORY, Installation
from tests.crawler.site import Site, scam
from tests.crawler.test_last_good import TEXT, write
from tests.matchers.test_rules import PACK


def luoitroi(installation: Installation, *arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
    """Run a command; returns what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "crawler.cli", *arguments],
        cwd=REPOSITORY,
        env=installation.environ() | {"COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == status, done.stderr
    return done


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    folder = tmp_path / "packs"
    folder.mkdir()
    write(folder, PACK)
    return folder


@pytest.fixture
def here(tmp_path: Path, packs: Path) -> Installation:
    return Installation(tmp_path / "here", {"rules": {"folders": [str(packs)]}})


def test_an_address_is_fetched_as_a_crawl_does_and_kept_nowhere(web: Site, here: Installation) -> None:
    form = '<form action="/x"><input type="password" name="pin"></form><a href="https://zalo.me/0966000333">Zalo</a>'
    address = web.page("thu.test", "/vay", scam("Vay tiền trong ngày") + form)
    hop = web.redirect("thu.test", "/di", address)
    told = json.loads(luoitroi(here, "rules", "try", hop, "--json").stdout)
    assert (told["is_hit"], told["category"]) == (True, "loan_credit")
    page = told["page"]
    assert (page["url"], page["kind"], page["status"], page["forms"]) == (address, "landing", 200, 1)
    assert page["redirect_chain"] == [hop]
    assert {"has_login_form", "has_form"} <= set(page["holds"])
    assert sum(line["points"] for line in told["sum"]["lines"]) == pytest.approx(told["score"], abs=0.01)
    assert told["sum"]["category"] == "loan_credit"
    assert not here.database.exists()
    shown = luoitroi(here, "rules", "try", address).stdout
    assert "Trang / Page" in shown
    assert "= loan_credit" in shown


def test_robots_guard_and_failures_are_named(web: Site, here: Installation) -> None:
    web.page("cam.test", "/robots.txt", "User-agent: *\nDisallow: /", "text/plain")
    for address, kind in (
        (web.page("cam.test", "/kin", "<p>x</p>"), "robots_denied"),
        (web.url("thu.test", "/khong-co"), "http_404"),
        ("http://10.0.0.1/", "address_refused"),
    ):
        assert kind in luoitroi(here, "rules", "try", address, status=1).stderr
    assert "a text or file" in luoitroi(here, "rules", "try", "vay nhanh", "--render", status=2).stderr


@pytest.mark.browser
def test_what_a_script_writes_is_read_in_a_browser(web: Site, here: Installation) -> None:
    script = f"<title>x</title><body><script>document.body.append({json.dumps(TEXT)})</script>"
    address = web.page("thu.test", "/script", script)
    assert json.loads(luoitroi(here, "rules", "try", address, "--json").stdout)["page"]["characters"] == 0
    shown = json.loads(luoitroi(here, "rules", "try", address, "--render", "--json").stdout)
    assert shown["category"] == "water_scam"


def test_what_all_but_fires_is_told(here: Installation) -> None:
    text = f"{TEXT}. Bộ Y tế bác bỏ"
    told = json.loads(luoitroi(here, "rules", "try", text, "--json").stdout)
    assert not told["is_hit"]
    [miss] = [miss for miss in told["nearly"] if miss["rule"] == "water_scam/cures-all"]
    assert "“Bộ Y tế bác bỏ”" in miss["missing_vi"]
    assert "Suýt khớp" in luoitroi(here, "rules", "try", text).stdout


def test_references_and_packs_are_told(here: Installation, packs: Path) -> None:
    write(
        packs,
        PACK.replace("severity: high", "severity: high\nversion: 7\nauthor: Tổ luật") + "    references: [Báo Quê]\n",
    )
    listed = json.loads(luoitroi(here, "rules", "list", "--json").stdout)
    [pack] = [pack for pack in listed["packs"] if pack["id"] == "water_scam"]
    assert pack["label"] == f"water_scam 7 ({pack['sha256'][:6]})"
    assert (pack["author"], pack["references"]) == ("Tổ luật", {"cures-all": ["Báo Quê"]})
    assert "↳ Báo Quê" in luoitroi(here, "rules", "try", TEXT).stdout
    write(packs, PACK + "    disabled: chờ xem lại\n")
    assert "tắt / disabled: cures-all: chờ xem lại" in luoitroi(here, "rules", "list").stdout


def test_refused_rules_are_told_by_list_and_doctor(here: Installation, packs: Path) -> None:
    luoitroi(here, "rules", "list")
    write(packs, PACK.replace("weight: 1.1", "weight: heavy"))
    listed = luoitroi(here, "rules", "list", "--json")
    told = json.loads(listed.stdout)
    assert told["is_last_good"]
    assert any("water.yaml:8" in problem for problem in told["refused"])
    assert "water_scam" in {row["id"] for row in told["categories"]}
    assert "rules_refused" in luoitroi(here, "rules", "list").stderr
    findings = json.loads(luoitroi(here, "doctor", "--json", status=1).stdout)
    [finding] = [finding for finding in findings if finding["name"] == "rules"]
    assert finding["state"] == "wrong"
    assert "water.yaml:8" in finding["detail"]
    for command in (["lint"], ["test"], ["try", "x"], ["apply", "--since", "2020-01-01"]):
        assert "water.yaml:8" in luoitroi(here, "rules", *command, status=2).stderr


def test_apply_tells_first_and_writes_when_told_to(web: Site, here: Installation, packs: Path) -> None:
    pages = [web.page("nuoc.test", f"/{n}", f"<title>Bài {n}</title><p>{TEXT} {n * 'nhé '}</p>") for n in (1, 2)]
    listed = web.page("ds.test", "/ds.txt", "\n".join(pages), "text/plain")
    assert here.crawl(here.source("mot", "links", listed)).exit_status == 0
    one, two = here.hits()
    records = here.records()
    decide(records, two.id, Status.CONFIRMED, "an")
    write(packs, PACK.replace("weight: 1.1", "weight: 0.3"))
    question = ["rules", "apply", "--since", "2020-01-01"]
    told = json.loads(luoitroi(here, *question, "--json").stdout)
    assert (told["is_written"], told["judged"], told["counts"]["unflagged"]) == (False, 2, 2)
    assert told["left"] == {"decided": 1}
    [change, other] = told["changes"]
    assert (change["hit_id"], change["is_written"], other["is_written"]) == (one.id, True, False)
    assert change["before"]["reason_vi"] == one.reason_vi
    assert "không còn gắn cờ" in change["after"]["reason_vi"]
    shown = luoitroi(here, *question).stdout
    assert one.reason_vi[:60] in shown
    assert "để nguyên / left as it is" in shown
    assert "--yes" in shown
    assert here.hits()[0].score == one.score
    assert json.loads(luoitroi(here, *question, "--category", "fake_bank", "--json").stdout)["judged"] == 0
    written = json.loads(luoitroi(here, *question, "--yes", "--json").stdout)
    assert (written["is_written"], written["index"]) == (True, "ok")
    after, decided = here.hits()
    assert (after.score < 1, after.status) == (True, Status.NEW)
    assert (decided.score, decided.reason_vi, decided.status) == (two.score, two.reason_vi, Status.CONFIRMED)
    assert [event.action for event in history(records, one.id)] == ["found_new", "rejudged"]
    records.close()
    again = json.loads(luoitroi(here, *question, "--yes", "--json").stdout)
    assert (again["judged"], again["counts"]["unflagged"]) == (1, 1), "the decided one, left again"


def test_apply_refuses_what_it_cannot_understand(here: Installation) -> None:
    assert "2026-11-01" in luoitroi(here, "rules", "apply", "--since", "hôm qua", status=2).stderr
    unknown = luoitroi(here, "rules", "apply", "--since", "2026-11-01", "--category", "khong_co", status=2)
    assert "there is no category 'khong_co'" in unknown.stderr
