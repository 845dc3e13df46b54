"""The packs' own examples hold, and one that does not is told."""

from __future__ import annotations

from pathlib import Path

from matchers.examples import failing_examples
from matchers.rules import load_rules
from tests.matchers.material import rules
from tests.matchers.test_rules import PACK


def test_every_example_of_every_pack_holds() -> None:
    assert [str(failure) for failure in failing_examples(rules())] == []


def test_a_failing_example_is_told_with_its_owner(tmp_path: Path) -> None:
    text = PACK + 'must_match: ["Máy lọc nước giảm giá"]\nmust_not_match: ["Uống là khỏi ung thư"]\n'
    (tmp_path / "water.yaml").write_text(text, encoding="utf-8")
    failures = failing_examples(load_rules((tmp_path,)))
    assert [(failure.pack, failure.expected) for failure in failures] == [("water_scam", True), ("water_scam", False)]
    assert str(failures[0]).startswith("water_scam: expected a match, got no hit")
