"""Rule packs: loaded whole or refused whole, with every mistake named."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchers.pack import read_pack
from matchers.rules import BUILT_IN_PACKS, RulesError, load_rules
from tests.matchers.material import page

CATEGORIES = (
    "illegal_fundraising mlm forex_crypto rotating_savings fake_bank loan_credit job_export easy_money_jobs "
    "study_abroad prize_notice gift_romance impersonated_authority ecommerce currency_exchange forged_papers "
    "antiques_gems real_estate securities pandemic_charity sim_spam illegal_betting"
)

PACK = """\
id: water_scam
title: {vi: "Lừa đảo máy lọc nước", en: "Water filter fraud"}
severity: high
legal: "Luật Bảo vệ quyền lợi người tiêu dùng 2023"
rules:
  - id: cures-all
    reason: {vi: "Hứa chữa bách bệnh", en: "Promises to cure everything"}
    weight: 1.1
    any: [nước thần chữa bách bệnh, uống là khỏi ung thư]
    unless: [bộ y tế bác bỏ]
    must_match: ["Nước thần chữa bách bệnh đây bà con ơi"]
    must_not_match: ["Bộ Y tế bác bỏ tin nước thần chữa bách bệnh"]
"""


def test_every_category_is_there_and_real() -> None:
    rules = load_rules()
    assert set(rules.categories) == set(CATEGORIES.split())
    for pack in rules.packs:
        if pack.context:
            continue
        phrases = {phrase for rule in pack.rules for phrase in rule.phrases()}
        assert len(phrases) >= 15, pack.id
        assert len(pack.must_match) >= 5, pack.id
        assert len(pack.must_not_match) >= 5, pack.id
        category = rules.categories[pack.id]
        assert category.title_vi
        assert category.title_en
        assert category.legal_note


def test_the_version_is_the_content(tmp_path: Path) -> None:
    assert load_rules().version == load_rules().version
    (tmp_path / "water.yaml").write_text(PACK, encoding="utf-8")
    changed = load_rules((tmp_path,)).version
    assert changed != load_rules().version
    (tmp_path / "water.yaml").write_text(PACK + "# a comment\n", encoding="utf-8")
    assert load_rules((tmp_path,)).version != changed


def test_an_operators_folder_adds_a_category_and_brands(tmp_path: Path) -> None:
    from matchers.judge import Judge

    (tmp_path / "water.yaml").write_text(PACK, encoding="utf-8")
    (tmp_path / "brands.csv").write_text(
        "id,name,sector,aliases,official_domains\nsaomaibank,Ngân hàng Sao Mai,bank,,saomaibank.vn\n", encoding="utf-8"
    )
    rules = load_rules((BUILT_IN_PACKS, tmp_path))
    verdict = Judge(rules).judge(page("Mua ngay nước thần chữa bách bệnh"))
    assert verdict.category == "water_scam"
    assert "nước thần chữa bách bệnh" in verdict.reason_vi
    assert rules.brands.by_id["saomaibank"].official_domains == ("saomaibank.vn",)
    assert "vietcombank" in rules.brands.by_id


def test_all_mistakes_of_all_files_come_at_once(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(
        PACK.replace("weight: 1.1", "weight: heavy").replace("severity: high", "severity: grave"), encoding="utf-8"
    )
    (tmp_path / "two.yaml").write_text("id: two\n  title: x\n", encoding="utf-8")
    (tmp_path / "three.yaml").write_text("- a\n", encoding="utf-8")
    (tmp_path / "brands.csv").write_text("id,name\n,\n", encoding="utf-8")
    with pytest.raises(RulesError) as refused:
        load_rules((tmp_path,))
    told = [(Path(problem.file).name, problem.line) for problem in refused.value.problems]
    assert ("one.yaml", 3) in told
    assert ("one.yaml", 8) in told
    assert ("two.yaml", 2) in told
    assert ("three.yaml", 1) in told
    assert any(name == "brands.csv" for name, _ in told)
    assert all(problem.remedy for problem in refused.value.problems)


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("    weight: 1.1", "    weigth: 1.1", 8, "weigth"),
        ("    any: [nước thần chữa bách bệnh, uống là khỏi ung thư]\n", "", 6, "asks for nothing"),
        ("id: water_scam", "id: Water Scam", 1, "id"),
        ("uống là khỏi ung thư", '"!!!"', 9, "no letters"),
        ("weight: 1.1", "weight: 1.1\n    weight: 1.0", 9, "stands here again, after line 8"),
        ("weight: 1.1", "weight: 1.1\n    patterns: ['tk \\d+', '(?<=x)y']", 9, "look around"),
        ("weight: 1.1", "weight: 1.1\n    patterns: ['x*']", 9, "empty text"),
        ("weight: 1.1", "weight: 1.1\n    patterns: [{original: x, folded: y}]", 9, "one regular expression"),
        ("weight: 1.1", "weight: 1.1\n    identifiers: {kinds: [fax]}", 9, "bank_account"),
        ("weight: 1.1", "weight: 1.1\n    all: [[a b], []]", 6, "without phrases"),
        ("weight: 1.1", "weight: 11", 8, "weight"),
        ('title: {vi: "Lừa đảo máy lọc nước", en: "Water filter fraud"}\n', "", 1, "title"),
    ],
)
def test_each_mistake_has_its_line(tmp_path: Path, old: str, new: str, line: int, said: str) -> None:
    path = tmp_path / "water.yaml"
    assert old in PACK
    path.write_text(PACK.replace(old, new), encoding="utf-8")
    pack, problems = read_pack(path)
    assert pack is None
    assert [problem for problem in problems if problem.line == line and said in str(problem)]


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match="is not a folder"):
        load_rules((tmp_path / "none",))


def test_the_same_rule_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(PACK, encoding="utf-8")
    shutil.copy(tmp_path / "a.yaml", tmp_path / "b.yaml")
    with pytest.raises(RulesError, match="there twice"):
        load_rules((tmp_path,))


def test_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_bytes(b"\xff\xfe\x00id")
    _, problems = read_pack(path)
    assert "cannot be read" in problems[0].message


@settings(max_examples=60)
@given(text=st.text(max_size=200))
def test_no_file_content_raises(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("pack") / "any.yaml"
    path.write_text(text, encoding="utf-8", errors="replace", newline="")
    pack, problems = read_pack(path)
    assert (pack is None) == bool(problems)
