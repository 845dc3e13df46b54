"""The packs' own examples hold, and their weaknesses are found."""

from __future__ import annotations

from pathlib import Path

import pytest

from matchers.examples import failing_examples, lint
from matchers.rules import load_rules
from tests.matchers.material import rules
from tests.matchers.test_rules import PACK


def test_every_example_of_every_pack_holds() -> None:
    assert [str(failure) for failure in failing_examples(rules())] == []


def test_the_built_in_packs_are_lean() -> None:
    assert [str(problem) for problem in lint(rules())] == []


def test_a_failing_example_is_told_with_its_owner(tmp_path: Path) -> None:
    text = PACK + 'must_match: ["Máy lọc nước giảm giá"]\nmust_not_match: ["Uống là khỏi ung thư"]\n'
    (tmp_path / "water.yaml").write_text(text, encoding="utf-8")
    failures = failing_examples(load_rules((tmp_path,)))
    assert [(failure.pack, failure.expected) for failure in failures] == [("water_scam", True), ("water_scam", False)]
    assert str(failures[0]).startswith("water_scam: expected a match, got no hit")


@pytest.mark.parametrize(
    ("phrases", "said"),
    [
        ("[nước thần, NƯỚC THẦN]", "folds to the same words"),
        ("[nước thần, nước thần tiên]", "is never needed"),
        ("[lãi 5%, lãi 7%]", "folds to the same words"),
    ],
)
def test_lint_finds_phrases_that_add_nothing(tmp_path: Path, phrases: str, said: str) -> None:
    text = PACK.replace("[nước thần chữa bách bệnh, uống là khỏi ung thư]", phrases)
    (tmp_path / "water.yaml").write_text(text, encoding="utf-8")
    told = [str(problem) for problem in lint(load_rules((tmp_path,))) if "water" in problem.file]
    assert any(said in line for line in told)
    assert any("must_match" in line for line in told)


def test_bounds_keep_phrases_apart(tmp_path: Path) -> None:
    text = PACK.replace("[nước thần chữa bách bệnh, uống là khỏi ung thư]", '["lãi >=5%", "lãi >=50% chắc"]')
    (tmp_path / "water.yaml").write_text(text, encoding="utf-8")
    told = [problem.message for problem in lint(load_rules((tmp_path,))) if "water" in problem.file]
    assert not any("never needed" in message for message in told)
