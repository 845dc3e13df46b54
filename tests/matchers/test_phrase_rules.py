"""Rules of a pack held against pages: patterns, identifiers, and what is told of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from matchers.judge import Judge
from matchers.match import Match
from matchers.rules import Rules, load_rules
from tests.matchers.material import page

HEAD = 'id: water_scam\ntitle: {vi: "Lừa đảo máy lọc nước", en: "Water filter fraud"}\nversion: 2026-11-25\nrules:\n'


def loaded(folder: Path, *rules: str) -> Rules:
    """The built-in packs and one of these rules."""
    lines = [HEAD]
    for number, rule in enumerate(rules):
        lines.append(f"  - id: r{number}\n    reason: {{vi: Dấu hiệu {number}, en: Sign {number}}}\n    weight: 1.2\n")
        lines.extend(f"    {line}\n" for line in rule.splitlines())
    (folder / "water.yaml").write_text("".join(lines), encoding="utf-8")
    return load_rules((folder,))


def fired(rules: Rules, text: str, title: str = "") -> dict[str, Match]:
    """Matches of that pack on a text, by rule."""
    verdict = Judge(rules).judge(page(text, title=title))
    return {match.rule.removeprefix("water_scam/"): match for match in verdict.matches if "water_scam" in match.rule}


def test_a_pattern_is_as_good_as_a_phrase_of_any(tmp_path: Path) -> None:
    rules = loaded(tmp_path, "any: [nước thần]\npatterns: ['may loc [a-z]{3}-\\d+']")
    for text, quote in (("Bán nước thần", "nước thần"), ("Bán Máy Lọc ABC-12 giá rẻ", "Máy Lọc ABC-12")):
        match = fired(rules, text)["r0"]
        assert match.span is not None
        assert text[match.span.start : match.span.end] == match.quote == quote
        assert f"“{quote}”" in match.reason_vi
        assert match.weight == pytest.approx(1.2)
    both = fired(rules, "Bán nước thần và máy lọc abc-12")["r0"]
    assert both.weight == pytest.approx(1.2 * 1.35)
    assert fired(rules, "Bán máy lọc") == {}


def test_a_phrase_inside_of_a_pattern_counts_once(tmp_path: Path) -> None:
    rules = loaded(tmp_path, "any: [nước thần]\npatterns: ['nuoc than \\w+']")
    assert fired(rules, "nước thần tiên")["r0"].weight == pytest.approx(1.2)


def test_a_pattern_in_the_title_points_there(tmp_path: Path) -> None:
    rules = loaded(tmp_path, "patterns: [{original: 'NƯỚC THẦN \\d'}]")
    match = fired(rules, "mua đi", title="Bán NƯỚC THẦN 5 lít")["r0"]
    assert match.span is not None
    assert (match.span.field, match.quote) == ("title", "NƯỚC THẦN 5")
    assert fired(rules, "nước thần 5 lít") == {}


def test_patterns_need_the_rest_of_the_rule(tmp_path: Path) -> None:
    rules = loaded(
        tmp_path,
        "patterns: ['giam \\d+%']\nall: [[máy lọc nước, nước ion]]\nunless: [hội chợ]\nwhen: {has_contact: true}",
    )
    whole = "Máy lọc nước giảm 80%, gọi 0988 000 111"
    assert set(fired(rules, whole)) == {"r0"}
    for missing in ("Máy lọc nước giảm sâu, gọi 0988 000 111", "Quạt giảm 80%, gọi 0988 000 111", whole[:21]):
        assert fired(rules, missing) == {}
    assert fired(rules, f"{whole} tại hội chợ") == {}


def test_identifiers_are_counted_and_quoted(tmp_path: Path) -> None:
    rules = loaded(
        tmp_path,
        "any: [đặt cọc]\nidentifiers: {kinds: [bank_account]}",
        "identifiers: {kinds: [phone], at_least: 2}",
        "identifiers: {at_least: 3}\nany: [đặt cọc]",
    )
    text = "Đặt cọc vào STK 0071001234567 Vietcombank, gọi 0988 000 111"
    assert set(fired(rules, text)) == {"r0"}
    assert "“0071001234567”" in fired(rules, text)["r0"].reason_vi
    assert set(fired(rules, f"{text} hoặc 0988 000 112")) == {"r0", "r1", "r2"}
    assert fired(rules, "Đặt cọc nhé, 0988.000.111, 0988 000 111") == {}


def test_a_rule_out_of_force_is_kept_and_does_nothing(tmp_path: Path) -> None:
    rules = loaded(tmp_path, "any: [nước thần]\ndisabled: chờ xem lại", "any: [nước thần]")
    assert set(fired(rules, "nước thần")) == {"r1"}
    assert [rule.disabled for pack in rules.packs if pack.id == "water_scam" for rule in pack.rules] == [
        "chờ xem lại",
        "",
    ]


def test_a_match_names_the_state_of_its_pack(tmp_path: Path) -> None:
    first = fired(loaded(tmp_path, "any: [nước thần]"), "nước thần")["r0"].facts["pack"]
    assert first.startswith("water_scam 2026-11-25 (")
    second = fired(loaded(tmp_path, "any: [nước thần]\nseverity: low"), "nước thần")["r0"].facts
    assert second["severity"] == "LOW"
    assert second["pack"] != first


@pytest.mark.parametrize("written", ["7", "1.2", "2026-11-25", '"2026-11b"'])
def test_a_version_is_a_number_a_date_or_a_text(tmp_path: Path, written: str) -> None:
    (tmp_path / "water.yaml").write_text(
        HEAD.replace("2026-11-25", written)
        + "  - {id: a, reason: {vi: a, en: b}, weight: 1, any: [nước thần], references: [Báo Quê 3/2026]}\n",
        encoding="utf-8",
    )
    pack = next(pack for pack in load_rules((tmp_path,)).packs if pack.id == "water_scam")
    assert pack.label == f"water_scam {written.strip(chr(34))} ({pack.digest[:6]})"
    assert pack.line("rules", 0) == 5
