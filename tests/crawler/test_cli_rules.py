"""`luoitroi rules` and `luoitroi evaluate` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from crawler.cli import evaluate, rules

RUN = CliRunner()
SCAM = "Nợ xấu vẫn vay được, không thẩm định, tiền về tài khoản sau 15 phút, zalo 0966 000 333"
BROKEN = "id: broken\ntitle: {vi: a, en: b}\nrules:\n  - id: x\n    weight: heavy\n"


def test_list_counts_what_is_there() -> None:
    ran = RUN.invoke(rules.app, ["list", "--json"])
    assert ran.exit_code == 0
    listed = json.loads(ran.stdout)
    assert len(listed["categories"]) == 21
    assert all(row["phrases"] >= 15 and row["examples"] >= 10 for row in listed["categories"])
    assert "illegal_fundraising" in RUN.invoke(rules.app, ["list"], env={"COLUMNS": "200"}).stdout


def test_the_built_in_packs_pass_test_and_lint() -> None:
    assert RUN.invoke(rules.app, ["test"]).exit_code == 0
    assert RUN.invoke(rules.app, ["lint"]).exit_code == 0


def test_a_broken_pack_is_refused_with_line_and_remedy(tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text(BROKEN, encoding="utf-8")
    for command in (["list"], ["lint"], ["test"], ["try", "x"]):
        ran = RUN.invoke(rules.app, [*command, "--packs", str(tmp_path)])
        assert ran.exit_code == 2
        assert "broken.yaml:5" in ran.stderr
        assert "number" in ran.stderr


def test_a_failing_example_and_a_thin_pack_fail_the_commands(tmp_path: Path) -> None:
    (tmp_path / "thin.yaml").write_text(
        "id: thin\ntitle: {vi: Mỏng, en: Thin}\nmust_match: [không có gì]\nrules:\n  - id: x\n"
        "    reason: {vi: a, en: b}\n    weight: 1.0\n    any: [từ khóa lạ]\n",
        encoding="utf-8",
    )
    ran = RUN.invoke(rules.app, ["test", "--packs", str(tmp_path), "--json"])
    assert ran.exit_code == 1
    assert json.loads(ran.stdout)["failures"][0]["pack"] == "thin"
    ran = RUN.invoke(rules.app, ["lint", "--packs", str(tmp_path)])
    assert ran.exit_code == 1
    assert "thin" in ran.stdout


@pytest.mark.parametrize("from_file", [False, True])
def test_try_shows_what_fires_and_where(tmp_path: Path, from_file: bool) -> None:
    what = SCAM
    if from_file:
        path = tmp_path / "text.txt"
        path.write_text(SCAM, encoding="utf-8")
        what = str(path)
    told = json.loads(RUN.invoke(rules.app, ["try", what, "--json"]).stdout)
    assert told["category"] == "loan_credit"
    quoted = [match for match in told["matches"] if match["rule"] == "loan_credit/easy-loan"]
    span = quoted[0]["span"]
    assert SCAM[span["start"] : span["end"]] == quoted[0]["quote"]
    shown = RUN.invoke(rules.app, ["try", what], env={"COLUMNS": "160"}).stdout
    assert "loan_credit/easy-loan" in shown
    assert "nợ xấu vẫn vay được" in shown.lower()


def test_try_says_when_nothing_fires() -> None:
    assert "no hit" in RUN.invoke(rules.app, ["try", "Trời hôm nay đẹp"]).stdout


def test_evaluate_prints_one_json_line(tmp_path: Path) -> None:
    hosts = tmp_path / "hosts.tsv"
    hosts.write_text("vietcombank-xacthuc.top\t1\nexample.com\t0\n", encoding="utf-8")
    texts = tmp_path / "texts.jsonl"
    texts.write_text(json.dumps({"text": SCAM, "label": "scam"}) + "\n", encoding="utf-8")
    sites = tmp_path / "sites.jsonl"
    sites.write_text(json.dumps({"site": "a", "kind": "loan", "text": SCAM}) + "\n", encoding="utf-8")
    for name, path in (("domains", hosts), ("texts", texts)):
        ran = RUN.invoke(evaluate.app, [name, str(path), "--json"])
        assert ran.exit_code == 0
        assert ran.stdout.count("\n") == 1
        assert json.loads(ran.stdout)["recall"] == 1.0
    assert json.loads(RUN.invoke(evaluate.app, ["sites", str(sites), "--json"]).stdout)["n"] == 1
    assert "recall" in RUN.invoke(evaluate.app, ["domains", str(hosts)], env={"COLUMNS": "160"}).stdout
    assert "recall" in RUN.invoke(evaluate.app, ["sites", str(sites)], env={"COLUMNS": "160"}).stdout


def test_evaluate_refuses_a_malformed_row(tmp_path: Path) -> None:
    path = tmp_path / "texts.jsonl"
    path.write_text("{}\n", encoding="utf-8")
    ran = RUN.invoke(evaluate.app, ["texts", str(path), "--json"])
    assert ran.exit_code == 2
    assert f"{path}:1:" in ran.stderr
