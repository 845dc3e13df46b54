"""Figures on labelled rows, and clear words for rows that are not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from matchers.evaluate import EvaluationError, evaluate_domains, evaluate_sites, evaluate_texts
from tests.matchers.material import rules

SCAM = "Nợ xấu vẫn vay được, không thẩm định, tiền về tài khoản sau 15 phút, zalo 0966 000 333"


def write(path: Path, rows: list[dict[str, str]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def test_domains(tmp_path: Path) -> None:
    path = tmp_path / "hosts.tsv"
    path.write_text(
        "vietcombank-xacthuc.top\t1\tvietcombank\tmade\nkhongdinhvao.top\t1\t\tmade\n"
        "tiembanh.vn\t0\t\tvn_pages\nexample.com\t0\t\tmajestic\n",
        encoding="utf-8",
    )
    report = evaluate_domains(path, rules())
    assert (report.precision, report.recall, report.n) == (1.0, 0.5, 4)
    assert report.f1 == pytest.approx(0.6667)
    assert (report.fpr, report.fpr_hard, report.fpr_easy) == (0.0, 0.0, 0.0)
    assert report.per_second > 0
    assert [outcome.row.text for outcome in report.errors] == ["khongdinhvao.top"]


def test_texts(tmp_path: Path) -> None:
    path = write(
        tmp_path / "texts.jsonl",
        [
            {"text": SCAM, "label": "scam", "hardness": "hard", "source": "sms"},
            {"text": SCAM, "label": "benign", "hardness": "hard", "source": "sms"},
            {"text": "Trời hôm nay đẹp", "label": "benign", "hardness": "easy", "source": "title"},
        ],
    )
    figures = evaluate_texts(path, rules()).figures()
    assert figures["precision"] == 0.5
    assert figures["recall"] == 1.0
    assert (figures["fpr"], figures["fpr_hard"], figures["fpr_easy"]) == (0.5, 1.0, 0.0)
    assert set(figures) == {"precision", "recall", "f1", "fpr", "fpr_hard", "fpr_easy", "per_second", "n"}


def test_sites(tmp_path: Path) -> None:
    path = write(
        tmp_path / "sites.jsonl",
        [
            {"site": "a", "kind": "loan", "text": "Vay nhanh\n" + SCAM},
            {"site": "b", "kind": "loan", "text": "Trang chủ\nGiới thiệu"},
            {"site": "c", "kind": "labour", "text": "Trang chủ\nGiới thiệu"},
            {"site": "d.vn", "kind": "shop", "text": "Trang chủ\n" + SCAM},
        ],
    )
    expected = {"recall": 0.5, "n": 4, "missed": ["b"], "flagged_others": ["d.vn"]}
    assert evaluate_sites(path, rules()).figures() == expected


def test_a_site_is_judged_where_it_stands(tmp_path: Path) -> None:
    text = "Techcombank - Ngân hàng số\nĐến với Techcombank\nTechcombank cam kết\n© 2024 Techcombank"
    sites = [
        {"site": name, "kind": "clone", "text": text} for name in ("hoa-tuoi.vn", "kho-ma-nguon", "www.techcombank.com")
    ]
    assert evaluate_sites(write(tmp_path / "sites.jsonl", sites), rules()).missed == ("www.techcombank.com",)


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        ('{"text": "a", "label": "scam"}\n{oops\n', 2, "is not JSON"),
        ('{"text": "a"}\n', 1, "'label'"),
        ('\n{"text": "a", "label": "maybe"}\n', 2, "'maybe'"),
        ("[1]\n", 1, "'text'"),
    ],
)
def test_a_malformed_text_row_is_told_with_its_line(tmp_path: Path, content: str, line: int, said: str) -> None:
    path = tmp_path / "texts.jsonl"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(EvaluationError) as refused:
        evaluate_texts(path, rules())
    assert f"{path}:{line}:" in str(refused.value)
    assert said in str(refused.value)


def test_a_malformed_host_row_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "hosts.tsv"
    path.write_text("a.com\t0\nb.com\tyes\n", encoding="utf-8")
    with pytest.raises(EvaluationError, match=r":2: .*label 0 or 1"):
        evaluate_domains(path, rules())


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="cannot be read"):
        evaluate_sites(tmp_path / "none.jsonl", rules())
