"""Rules that load and do nothing, or the same as another: contradictions, weights without effect, duplicates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from matchers.errors import Problem
from matchers.pack import PackFile
from matchers.page import PageKind
from matchers.phrase_rules import FURTHER_PHRASE, MOST_FURTHER
from matchers.score import THRESHOLD
from matchers.weak_phrases import PlacedRule, phrase_of

_IMPLIES: Final[Mapping[str, tuple[str, bool]]] = {
    "has_login_form": ("has_form", True),
    "has_unknown_link": ("has_link", True),
    "has_short_link": ("has_link", True),
    "has_risky_link": ("has_link", True),
    "is_disguised": ("is_short", True),
    "claims_brand": ("is_official_host", False),
    "poses_as_brand": ("is_official_host", False),
    "host_lookalike": ("is_official_host", False),
}
"""What holds of every page of which a fact holds (`matchers.reading`)."""
_KINDS: Final[Mapping[tuple[str, bool], frozenset[PageKind]]] = {
    ("is_journalism", True): frozenset(PageKind) - {PageKind.SPONSORED, PageKind.ADVERTISEMENT},
    ("is_journalism", False): frozenset(PageKind) - {PageKind.ARTICLE},
    ("claims_brand", True): frozenset({PageKind.LANDING}),
    ("poses_as_brand", True): frozenset({PageKind.LANDING}),
}
"""Of which kinds of page a fact can be so at all."""


def contradicting(placed: PlacedRule) -> Iterator[Problem]:
    """Facts that no page has together."""
    when = placed.rule.when
    asked = when.facts()
    for name, (implied, value) in _IMPLIES.items():
        if asked.get(name) is True and asked.get(implied) is (not value):
            message = f"no page has {name}: true and {implied}: {str(not value).lower()}"
            yield placed.problem(message, "drop one of them", "when", implied)
    for (name, value), kinds in _KINDS.items():
        if when.kinds and asked.get(name) is value and kinds.isdisjoint(when.kinds):
            message = f"no page of kind {', '.join(when.kinds)} has {name}: {str(value).lower()}"
            yield placed.problem(message, "drop one of them", "when", name)
    if when.kinds == [PageKind.HOST] and next(placed.rule.groups(), None) is not None:
        yield placed.problem("a page of kind host has no words", "drop the phrases, or the kind", "when", "kinds")


def weightless(placed: PlacedRule) -> Iterator[Problem]:
    """Rules whose points never count."""
    weight = placed.rule.weight
    if weight == 0:
        yield placed.problem("has no weight, so that it changes no score", "give it one, or take it out", "weight")
    elif placed.pack.context and weight > 0:
        message = "a context pack only speaks against categories: a weight above 0 never counts"
        yield placed.problem(message, "write a negative weight, or a pack of its own", "weight")


def out_of_reach(packs: Sequence[PackFile], flagged_by_others: Iterable[str]) -> Iterator[Problem]:
    """Categories whose rules together cannot make a hit. Those that hosts and brands flag too are left out."""
    others = set(flagged_by_others)
    most: dict[str, float] = {}
    for pack in packs:
        for rule in pack.rules:
            if not rule.disabled and not pack.context:
                further = min(max(len(rule.any) + len(rule.patterns) - 1, 0), MOST_FURTHER)
                most[pack.id] = most.get(pack.id, 0.0) + max(rule.weight, 0.0) * (1 + FURTHER_PHRASE * further)
    for pack in packs:
        if not pack.context and pack.id not in others and most.get(pack.id, 0.0) < THRESHOLD:
            message = f"all rules of {pack.id!r} together reach {most.get(pack.id, 0.0):.2f}, a hit is {THRESHOLD:.2f}"
            yield Problem(pack.path or pack.id, pack.line("rules"), message, "raise their weights")


def duplicates(rules: Sequence[PlacedRule]) -> Iterator[Problem]:
    """Rules that ask for the same as another one, whatever pack it is in."""
    first: dict[object, PlacedRule] = {}
    for placed in rules:
        known = first.setdefault(_asked(placed), placed)
        if known is not placed:
            yield placed.problem(f"asks for the same as {known.name}", "keep one of them", "id")


def counted_twice(rules: Sequence[PlacedRule]) -> Iterator[Problem]:
    """Phrases that two rules of one category each take as all they need: one finding, counted as two."""
    first: dict[tuple[object, ...], PlacedRule] = {}
    for placed in rules:
        if not is_any_alone(placed) or placed.rule.when.model_fields_set:
            continue
        for number, phrase in enumerate(placed.rule.any):
            known = first.setdefault((placed.pack.id, placed.pack.context, phrase_of(phrase)), placed)
            if known is not placed:
                message = f"{phrase!r} is all that {known.name} needs too, so that it counts twice"
                yield placed.problem(message, "keep it in one of them", "any", number)


def is_any_alone(placed: PlacedRule) -> bool:
    """Whether one phrase of `any` is all the words that the rule needs."""
    rule = placed.rule
    return bool(rule.any) and not (rule.all or rule.near or rule.identifiers)


def _asked(placed: PlacedRule) -> object:
    rule = placed.rule
    return (
        placed.pack.context,
        frozenset(map(phrase_of, rule.any)),
        frozenset(one.pattern for one in rule.patterns),
        frozenset(frozenset(map(phrase_of, group)) for group in rule.all),
        frozenset(frozenset(map(phrase_of, group)) for group in rule.near.groups) if rule.near else None,
        rule.near.within if rule.near else 0,
        (frozenset(rule.identifiers.kinds), rule.identifiers.at_least) if rule.identifiers else None,
        frozenset(map(phrase_of, rule.unless)),
        rule.when.model_dump_json(),
    )


def untold(placed: PlacedRule) -> Iterator[Problem]:
    """Reasons that tell a reader of Vietnamese nothing."""
    vi, en = placed.rule.reason.vi, placed.rule.reason.en
    if vi == en:
        yield placed.problem("its reason is the same in both languages", "write 'vi' in Vietnamese", "reason", "vi")
    elif vi.isascii():
        yield placed.problem(f"its reason {vi!r} has no marks", "write it as Vietnamese is written", "reason", "vi")
