"""Scoring: sums, the threshold, severity and the sentence."""

from __future__ import annotations

from matchers.match import Match, Severity
from matchers.rules import Category
from matchers.score import THRESHOLD, score

CATEGORIES = {
    "loan": Category("loan", "Vay lừa đảo", "Loan fraud", Severity.HIGH),
    "prize": Category("prize", "Trúng thưởng giả", "False prize", Severity.LOW),
}


def match(rule: str, weight: float, category: str | None = "loan", confidence: float = 1.0, **facts: str) -> Match:
    return Match(rule, "phrases", f"vì {rule}", f"for {rule}", category, weight, confidence, facts=facts)


def test_below_the_threshold_nothing_is_said() -> None:
    verdict = score([match("loan/a", 0.5), match("loan/b", 0.4)], CATEGORIES, "v1")
    assert not verdict.is_hit
    assert (verdict.category, verdict.reason_vi) == ("", "")
    assert verdict.score == 0.9
    assert verdict.rules_version == "v1"


def test_tenths_add_up_to_the_threshold() -> None:
    verdict = score([match(f"loan/{number}", 0.1) for number in range(10)], CATEGORIES, "")
    assert verdict.score == THRESHOLD
    assert verdict.is_hit


def test_the_heaviest_category_wins_and_says_why_strongest_first() -> None:
    verdict = score([match("loan/a", 0.6), match("loan/b", 0.7), match("prize/c", 1.1, "prize")], CATEGORIES, "")
    assert verdict.category == "loan"
    assert verdict.severity is Severity.HIGH
    assert verdict.reason_vi == "Dấu hiệu vay lừa đảo: vì loan/b; vì loan/a."
    assert verdict.reason_en == "Signs of loan fraud: for loan/b; for loan/a."


def test_a_rule_counts_once_at_its_strongest() -> None:
    assert score([match("loan/a", 0.6), match("loan/a", 0.8), match("loan/a", 0.7)], CATEGORIES, "").score == 0.8


def test_confidence_scales() -> None:
    assert score([match("loan/a", 1.0, confidence=0.5)], CATEGORIES, "").score == 0.5


def test_context_speaks_against_every_category_but_never_for_one() -> None:
    told = [match("loan/a", 1.2), match("prize/b", 1.1, "prize"), match("context/x", -0.4, None)]
    assert not score(told, CATEGORIES, "").is_hit
    assert score([match("loan/a", 1.2), match("context/x", 0.9, None)], CATEGORIES, "").score == 1.2


def test_severity_is_raised_by_rule_and_by_double_evidence() -> None:
    assert score([match("prize/a", 1.0, "prize", severity="HIGH")], CATEGORIES, "").severity is Severity.HIGH
    assert score([match("prize/a", 2.0, "prize")], CATEGORIES, "").severity is Severity.MEDIUM
    assert score([match("loan/a", 1.0), match("loan/b", 1.0)], CATEGORIES, "").severity is Severity.CRITICAL


def test_no_matches_no_hit() -> None:
    assert score([], CATEGORIES, "") == score([], {}, "")
