"""The command line as people and programs meet it: help with examples, clear words, exit statuses."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from sqlalchemy import update

from crawler.cli import COMMANDS, app
from search.records import open_records
from search.saved import save_search
from search.tables import SavedSearchRow

ROOT = Path(__file__).parent.parent


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    for name in group.list_commands(None):
        command = group.get_command(None, name)
        if hasattr(command, "list_commands"):
            yield from commands(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


EVERY_COMMAND = dict(commands(typer.main.get_command(app)))


def run(*arguments: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("LUOITROI_")}
    return subprocess.run(
        [sys.executable, "-m", "crawler.cli", *arguments],
        cwd=folder,
        env={**environment, "LUOITROI_DATA_DIR": str(folder / "data"), **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("name", EVERY_COMMAND)
def test_every_command_has_help_with_an_example(name: str) -> None:
    assert f"luoitroi {name}" in EVERY_COMMAND[name].help, f"luoitroi {name} --help shows no example of itself"


def test_the_readme_names_every_command() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for name in COMMANDS:
        assert re.search(rf"luoitroi[^|]*\b{name}\b", readme) or f"`{name}" in readme, f"README lacks {name}"


def test_search_prints_one_json_object(tmp_path: Path) -> None:
    ended = run("search", "lừa đảo", "--json", folder=tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout) == {
        "total": 0,
        "facets": {"category": {}, "source": {}, "status": {}, "severity": {}},
        "timeline": {},
        "hits": [],
    }


def test_a_wrong_query_points_at_its_column(tmp_path: Path) -> None:
    ended = run("search", "vay nhanh mau:đỏ", folder=tmp_path)
    assert ended.returncode == 2
    lines = ended.stderr.splitlines()
    assert lines[1].index("^") == lines[0].index("mau:")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("data_dir = [", "luoitroi.toml"),
        ("[crawl]\nsauces = []\n", "sauces"),
        ("[unknown]\n", "unknown"),
        ("[crawl]\ntimeout_seconds = -1\n", "timeout_seconds"),
    ],
)
def test_wrong_settings_are_said_in_words(tmp_path: Path, settings: str, said: str) -> None:
    (tmp_path / "luoitroi.toml").write_text(settings, "utf-8")
    ended = run("sources", "list", folder=tmp_path)
    assert ended.returncode == 2
    assert said.lower() in ended.stderr.lower()
    assert "Traceback" not in ended.stderr


def test_doctor_names_each_part_and_fails_on_a_missing_browser(tmp_path: Path) -> None:
    ended = run("doctor", "--json", folder=tmp_path, LUOITROI_BROWSER__EXECUTABLE="/nowhere/chromium")
    assert ended.returncode == 1, ended.stderr
    findings = {finding["name"]: finding for finding in json.loads(ended.stdout)}
    assert set(findings) >= {"write", "disk", "clock", "records", "index", "browser", "keys", "sources", "rules"}
    assert findings["browser"]["state"] == "wrong"
    assert "apt-get install chromium" in findings["browser"]["remedy"]
    assert findings["records"]["state"] == "ok"


def test_doctor_names_saved_searches_that_are_no_query_any_more(tmp_path: Path) -> None:
    def finding() -> dict[str, str]:
        ended = run("doctor", "--json", folder=tmp_path)
        [found] = [one for one in json.loads(ended.stdout) if one["name"] == "searches"]
        return dict(found)

    (tmp_path / "data").mkdir()
    records = open_records(f"sqlite:///{tmp_path}/data/luoitroi.db")
    search = save_search(records, "lan", "Vay nóng", "vay")
    assert finding()["state"] == "ok"
    with records.write() as session:
        session.execute(update(SavedSearchRow).where(SavedSearchRow.id == search.id).values(query="colour:red"))
    records.close()
    told = finding()
    assert told["state"] == "warning"
    assert "'Vay nóng' of lan" in told["detail"] and "raise no alerts" in told["remedy"]


def test_the_demo_leaves_a_folder_of_somebody_elses_alone(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").write_text("x", "utf-8")
    ended = run("demo", "--once", "--folder", str(tmp_path / "precious"), folder=tmp_path)
    assert ended.returncode == 2
    assert "not an earlier demo's folder" in ended.stderr
    assert (tmp_path / "precious" / "file").exists()


def test_an_unknown_source_is_said(tmp_path: Path) -> None:
    ended = run("crawl", "khong-co", folder=tmp_path)
    assert ended.returncode == 2
    assert "khong-co" in ended.stderr
