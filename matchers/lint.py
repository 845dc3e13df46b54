"""What `rules lint` looks for: weaknesses of packs that load, each with file, line and remedy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from matchers.errors import Problem
from matchers.examples import text_page
from matchers.judge import Judge
from matchers.pack import PackFile, RuleFile
from matchers.rules import Rules
from matchers.text.normalise import fold
from matchers.weak_phrases import (
    PlacedRule,
    excepted,
    marked_patterns,
    marks_in_use,
    phrase_of,
    repeated,
    too_far,
    unmarked,
    unreadable,
)
from matchers.weak_rules import contradicting, counted_twice, duplicates, is_any_alone, out_of_reach, untold, weightless

FEWEST_EXAMPLES: Final = 5
MOST_HONEST: Final = 3
"""In how many honest examples of other packs a phrase may stand that is all its rule needs."""
_CHECKS: Final = (repeated, excepted, too_far, unreadable, marked_patterns, contradicting, weightless, untold)


def lint(rules: Rules) -> list[Problem]:
    """Every weakness, by file and line. Rules out of force are left out."""
    placed = [
        PlacedRule(pack, number) for pack in rules.packs for number, rule in enumerate(pack.rules) if not rule.disabled
    ]
    in_use = marks_in_use(rules.packs)
    problems = [problem for pack in rules.packs if not pack.context for problem in _thin(pack)]
    for one in placed:
        for check in _CHECKS:
            problems.extend(check(one))
        problems.extend(unmarked(one, in_use))
    problems.extend(out_of_reach(rules.packs, {brand.category for brand in rules.brands.brands}))
    problems.extend(duplicates(placed))
    problems.extend(counted_twice(placed))
    problems.extend(_everywhere(rules, placed))
    problems.extend(_unexercised(rules, placed))
    return sorted(problems, key=lambda problem: (problem.file, problem.line))


def _thin(pack: PackFile) -> Iterator[Problem]:
    for name, examples in (("must_match", pack.must_match), ("must_not_match", pack.must_not_match)):
        if len(examples) < FEWEST_EXAMPLES:
            message = f"pack {pack.id!r} has {len(examples)} {name} examples"
            yield Problem(pack.path or pack.id, pack.line(name), message, f"write at least {FEWEST_EXAMPLES}")


def _everywhere(rules: Rules, placed: list[PlacedRule]) -> Iterator[Problem]:
    """Phrases that are all their rule needs, and that stand in honest examples of other packs all the same."""
    numbers = {phrase: number for number, phrase in enumerate(rules.phrases.phrases)}
    in_pack: dict[str, Counter[int]] = {}
    everywhere: Counter[int] = Counter()
    for pack in rules.packs:
        for text in {*pack.must_not_match, *(text for rule in pack.rules for text in rule.must_not_match)}:
            found = rules.phrases.find(fold(text).words)
            patterns = set(found.patterns())
            there = [
                number
                for number, pattern in enumerate(rules.phrases.pattern_of)
                if pattern in patterns and found.hits(number)
            ]
            everywhere.update(there)
            in_pack.setdefault(pack.id, Counter()).update(there)
    for one in placed:
        if one.pack.context or one.rule.weight <= 0 or not is_any_alone(one) or one.rule.when.facts():
            continue
        for place, phrase in enumerate(one.rule.any):
            number = numbers[phrase_of(phrase)]
            elsewhere = everywhere[number] - in_pack.get(one.pack.id, Counter())[number]
            if elsewhere > MOST_HONEST:
                message = f"{phrase!r} stands in {elsewhere} honest examples of other packs"
                yield one.problem(message, "ask for more words, or for company in 'all' or 'near'", "any", place)


def _unexercised(rules: Rules, placed: list[PlacedRule]) -> Iterator[Problem]:
    """Rules that fire on no example of any pack."""
    judge = Judge(rules)
    fired: set[str] = set()
    for pack in rules.packs:
        owners: list[PackFile | RuleFile] = [pack, *pack.rules]
        for owner in owners:
            for text in (*owner.must_match, *owner.must_not_match):
                fired.update(match.rule for match in judge.judge(text_page(text)).matches)
    for one in placed:
        if one.name not in fired and not _needs_a_site(one):
            yield one.problem("fires on no example", "give it a 'must_match' of its own", "id")


_OF_SITES: Final = frozenset(
    ("has_login_form", "has_form", "host_lookalike", "is_official_host", "claims_brand", "poses_as_brand")
)
"""Facts that no example can have, which is a text alone."""


def _needs_a_site(placed: PlacedRule) -> bool:
    when = placed.rule.when
    of_texts = text_page("").kind
    needed = {name for name, value in when.facts().items() if value}
    return bool(needed & _OF_SITES) or "is_journalism" in needed or bool(when.kinds and of_texts not in when.kinds)
