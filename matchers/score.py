"""Scoring: matches weighed together into a category, a severity and sentences that a person can check."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from matchers.match import Match, Severity, Verdict
from matchers.rules import Category

THRESHOLD: Final = 1.0
"""The score from which a page is a hit."""
_RAISED: Final = 2.0  # a score that shows a category twice over raises its severity a step
_MOST_REASONS: Final = 5


def score(matches: Iterable[Match], categories: Mapping[str, Category], rules_version: str) -> Verdict:
    """The verdict on a page from all its matches.

    A category's score is the sum of weight times confidence of its matches, the strongest match of each rule only,
    plus what speaks against every category (negative matches without one). The heaviest category at or above
    `THRESHOLD` wins. Severity starts from the category, is raised to the strongest a rule names, and by one step
    where the evidence is double.
    """
    told = tuple(matches)
    against = 0.0
    strongest: dict[str, dict[str, float]] = {}
    for match in told:
        points = match.weight * match.confidence
        if match.category is None:
            against += min(points, 0.0)
            continue
        rules = strongest.setdefault(match.category, {})
        if abs(points) > abs(rules.get(match.rule, 0.0)):
            rules[match.rule] = points
    sums = {category: sum(rules.values()) + against for category, rules in strongest.items()}
    best = max(sums, key=lambda category: (sums[category], category), default="")
    total = round(sums.get(best, 0.0), 3)
    if not best or total < THRESHOLD:
        return Verdict(False, "", Severity.LOW, max(total, 0.0), "", "", told, rules_version)
    reasons = sorted(
        (match for match in told if match.category == best and match.weight > 0),
        key=lambda match: -match.weight * match.confidence,
    )
    category = categories.get(best)
    title_vi, title_en = (category.title_vi, category.title_en) if category else (best, best)
    return Verdict(
        is_hit=True,
        category=best,
        severity=_severity(category, reasons, total),
        score=total,
        reason_vi=_sentence(title_vi, "Dấu hiệu", (match.reason_vi for match in reasons)),
        reason_en=_sentence(title_en, "Signs of", (match.reason_en for match in reasons)),
        matches=told,
        rules_version=rules_version,
    )


def _severity(category: Category | None, reasons: Iterable[Match], total: float) -> Severity:
    severity = category.severity if category else Severity.MEDIUM
    named = [Severity[match.facts["severity"]] for match in reasons if "severity" in match.facts]
    severity = max([severity, *named])
    if total >= _RAISED and severity < Severity.CRITICAL:
        severity = Severity(severity + 1)
    return severity


def _sentence(title: str, opening: str, reasons: Iterable[str]) -> str:
    distinct = [reason.rstrip(".") for reason in dict.fromkeys(reasons)][:_MOST_REASONS]
    return f"{opening} {title[:1].lower()}{title[1:]}: {'; '.join(distinct)}."
