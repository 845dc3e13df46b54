"""Every weakness that `rules lint` knows is found in a pack that has it, with its line and a remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from matchers.errors import Problem
from matchers.lint import lint
from matchers.rules import load_rules
from tests.matchers.material import rules

HEAD = """\
id: {id}
title: {{vi: Lừa bán nước, en: Water fraud}}
must_match: [{examples}]
must_not_match: [một con vịt, hai con vịt, ba con vịt, bốn con vịt, năm con vịt]
rules:
"""
RULE = """\
  - id: {id}
    reason: {{vi: Dấu hiệu, en: Sign}}
    weight: 1.0
"""
SOUND = "any: [nước thần giếng làng]"
EXAMPLES = ", ".join(f"nước thần giếng làng số {word}" for word in ("một", "hai", "ba", "bốn", "năm"))


def weaknesses(folder: Path, *bodies: str, pack: str = "water_scam", examples: str = EXAMPLES) -> list[Problem]:
    """What is found in a pack of these rules, the first of which starts at line 6."""
    text = HEAD.format(id=pack, examples=examples)
    for number, body in enumerate(bodies):
        text += RULE.format(id=f"r{number}") + "".join(f"    {line}\n" for line in body.strip("\n").splitlines())
    (folder / f"{pack}.yaml").write_text(text, "utf-8")
    return [problem for problem in lint(load_rules((folder,))) if str(folder) in problem.file]


def test_a_sound_pack_has_none(tmp_path: Path) -> None:
    assert weaknesses(tmp_path, SOUND) == []


def test_the_built_in_packs_have_none() -> None:
    assert [str(problem) for problem in lint(rules())] == []


@pytest.mark.parametrize(
    ("body", "line", "said"),
    [
        ("any: [nước thần, NƯỚC THẦN]", 9, "folds to the same words"),
        ("any: [lãi 5%, lãi 7%]", 9, "folds to the same words"),
        ("any: [nuoc than, nước thần]", 9, "is never needed beside 'nuoc than'"),
        ("any:\n  - nước thần\n  - nước thần tiên", 11, "is never needed beside 'nước thần'"),
        ("any: [nuoc than]\nunless:\n  - hội chợ\n  - hội chợ quê", 12, "is never needed"),
        ("any: [nước thần]\nunless: [nước]", 9, "the rule's own 'unless' excepts"),
        ("all: [[vịt bầu], [nước thần tiên]]\nunless: [thần tiên]", 9, "the rule's own 'unless' excepts"),
        ("near:\n  within: 2\n  groups: [[vịt], [nước thần ở giếng làng]]", 11, "can never stand within 2"),
        ("near:\n  within: 3\n  groups: [[vịt bầu to], [nước thần]]", 10, "no text can satisfy them"),
        ("any: [nướс thần]", 9, "mixes scripts: 'с' (Cyrillic Small Letter Es)"),
        ("any: [nước\u200bthần]", 9, "U+200B"),
        ("any: [nước thần 💧 giếng]", 9, "U+1F4A7"),
        ("any: [kh0ng tin thì thôi]", 9, "is looked for as 'khong tin thi thoi'"),
        ("any: [l.ừ.a đ.ả.o]", 9, "is looked for as 'lua dao'"),
        ("any: [chuyển tien nước thần]", 9, "without the marks"),
        ("patterns: ['nước \\d+']", 9, "folded text has no marks"),
        ("any: [nước thần]\nwhen: {has_link: false, has_short_link: true}", 10, "no page has has_short_link: true"),
        ("any: [nước thần]\nwhen: {has_login_form: true, has_form: false}", 10, "has_form: false"),
        ("any: [nước thần]\nwhen: {poses_as_brand: true, is_official_host: true}", 10, "is_official_host: true"),
        ("any: [nước thần]\nwhen: {kinds: [article], is_journalism: false}", 10, "no page of kind article"),
        ("any: [nước thần]\nwhen: {kinds: [host]}", 10, "has no words"),
        ("any: [vịt bầu]\nunless: [x y]", 6, "fires on no example"),
    ],
)
def test_each_weakness_has_its_line_and_remedy(tmp_path: Path, body: str, line: int, said: str) -> None:
    found = weaknesses(tmp_path, body, SOUND)
    assert [problem for problem in found if said in problem.message and problem.line == line], found
    assert all(problem.remedy for problem in found)


@pytest.mark.parametrize(
    "body",
    [
        'any: ["lãi >=5%", "lãi >=50% chắc"]',
        "any: [nước thần, nước thân]",
        "any: [đội lái tàu, đổi lại]",
        "any: [gói 4g giá rẻ, đất nền f0]",
        "any: [hóa đơn VAT giếng làng]",
        "any: [nước thần]\nwhen: {has_link: true, has_short_link: true, is_short: true}",
        "near: {within: 3, groups: [[nước thần giếng], [thần giếng làng]]}",
        "patterns: ['nuoc \\d+', {original: 'Nước \\d+'}]",
    ],
)
def test_what_is_meant_so_is_left_alone(tmp_path: Path, body: str) -> None:
    found = [problem for problem in weaknesses(tmp_path, body, SOUND) if "fires on no example" not in problem.message]
    assert found == []


def test_weights_without_effect(tmp_path: Path) -> None:
    found = weaknesses(tmp_path, f"{SOUND}\nseverity: low")
    assert found == []
    text = (tmp_path / "water_scam.yaml").read_text("utf-8")
    for old, new, said in (
        ("weight: 1.0", "weight: 0", "has no weight"),
        ("weight: 1.0", "weight: 0.4", "together reach 0.40"),
        ("must_match:", "context: true\nmust_match:", "only speaks against"),
        ("vi: Dấu hiệu", "vi: Dau hieu", "has no marks"),
        ("vi: Dấu hiệu", "vi: Sign", "same in both"),
    ):
        (tmp_path / "water_scam.yaml").write_text(text.replace(old, new), "utf-8")
        told = [problem for problem in lint(load_rules((tmp_path,))) if said in problem.message]
        assert [problem.line > 0 for problem in told] == [True], said


def test_the_same_rule_in_two_packs_and_the_same_phrase_in_two_rules(tmp_path: Path) -> None:
    weaknesses(tmp_path, SOUND, pack="a_first")
    found = weaknesses(tmp_path, SOUND, "any: [vịt bầu Cổ Lũng, nước thần giếng làng]")
    told = [problem.message for problem in found if "water_scam" in problem.file]
    assert "water_scam/r0: asks for the same as a_first/r0" in told
    assert any("is all that water_scam/r0 needs too" in message for message in told)


def test_a_word_of_honest_people_is_told(tmp_path: Path) -> None:
    """Four honest examples of another pack hold the phrase that is all a rule needs."""
    honest = ", ".join(f"uống nước giếng {word}" for word in ("sớm", "trưa", "chiều", "tối"))
    other = HEAD.format(id="other", examples=EXAMPLES).replace("năm con vịt", honest)
    (tmp_path / "other.yaml").write_text(f"{other}{RULE.format(id='r0')}    {SOUND}\n", "utf-8")
    said = "'nước giếng' stands in 4 honest examples of other packs"
    assert any(said in problem.message for problem in weaknesses(tmp_path, "any: [nước giếng]", SOUND))
    with_company = weaknesses(tmp_path, "all: [[nước giếng], [thần]]", SOUND)
    assert not any("honest" in problem.message for problem in with_company)


def test_a_rule_out_of_force_is_left_alone(tmp_path: Path) -> None:
    found = weaknesses(tmp_path, "any: [vịt, vịt bầu]\ndisabled: chờ xem lại", SOUND)
    assert found == []


def test_a_thin_pack_is_told_where_its_examples_stand(tmp_path: Path) -> None:
    found = weaknesses(tmp_path, SOUND, examples="nước thần giếng làng")
    assert [(problem.line, problem.message) for problem in found] == [
        (3, "pack 'water_scam' has 1 must_match examples")
    ]
