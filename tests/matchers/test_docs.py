"""docs/matching.md says what is so."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

from matchers.examples import failing_examples, text_page
from matchers.judge import Judge
from matchers.lint import lint
from matchers.pack import Condition
from matchers.rules import load_rules

TEXT = (Path(__file__).parents[2] / "docs" / "matching.md").read_text(encoding="utf-8")


def test_the_rule_of_five_minutes_loads_and_holds(tmp_path: Path) -> None:
    block = re.search(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    assert block is not None
    (tmp_path / "water.yaml").write_text(textwrap.dedent(block.group(1)), encoding="utf-8")
    brand = re.search(r"```\n(id,name,.*?)```", TEXT, re.DOTALL)
    assert brand is not None
    (tmp_path / "brands.csv").write_text(brand.group(1), encoding="utf-8")
    rules = load_rules((tmp_path,))
    assert [str(failure) for failure in failing_examples(rules) if failure.pack == "water_scam"] == []
    assert "saomaibank" in rules.brands.by_id
    assert [str(problem) for problem in lint(rules) if problem.file.startswith(str(tmp_path))] == []
    judge, fired = Judge(rules), set()
    for pack in rules.packs:
        for text in pack.must_match if pack.id == "water_scam" else ():
            fired.update(match.rule for match in judge.judge(text_page(text)).matches if "water_scam" in match.rule)
    assert fired == {"water_scam/cures-all", "water_scam/cheap-and-now", "water_scam/model-and-account"}


def test_every_fact_is_named() -> None:
    assert all(f"`{name}`" in TEXT for name in Condition.model_fields)


def test_every_module_it_names_is_there() -> None:
    table = TEXT.split("| module |")[1].split("\n\n")[0]
    named = set(re.findall(r"`(\w+)`", table))
    folder = Path(__file__).parents[2] / "matchers"
    assert named <= {path.stem for path in folder.rglob("*")}
