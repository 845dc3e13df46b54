"""Scoring: matches weighed together into a category, a severity and sentences that a person can check."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
    sums = {category: sum(map(points, counted)) for category, counted in what_counts(told).items()}
    best = max(sums, key=lambda category: (sums[category], category), default="")
    total = round(sums.get(best, 0.0), 3)
    if not best or total < THRESHOLD:
        return Verdict(False, "", Severity.LOW, max(total, 0.0), "", "", told, rules_version)
    reasons = sorted(
        (match for match in told if match.category == best and match.weight > 0),
        key=lambda match: -points(match),
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


def points(match: Match) -> float:
    """What a match adds to its category's score."""
    return match.weight * match.confidence


def what_counts(matches: Iterable[Match]) -> Mapping[str, Sequence[Match]]:
    """For each category the matches that make up its score, and last what speaks against all of them."""
    against: list[Match] = []
    strongest: dict[str, dict[str, Match]] = {}
    for match in matches:
        if match.category is None:
            if match.weight < 0:
                against.append(match)
            continue
        rules = strongest.setdefault(match.category, {})
        known = rules.get(match.rule)
        if known is None or abs(points(match)) > abs(points(known)):
            rules[match.rule] = match
    return {category: [*rules.values(), *against] for category, rules in strongest.items()}


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
