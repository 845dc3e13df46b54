"""Rules that all but fired on a page: one part short, with the words for what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from matchers.page import Page
from matchers.phrase_rules import Holding, nearest
from matchers.reading import Reading
from matchers.rules import Rule, Rules

MAX_SHOWN: Final = 4
"""Phrases of a missing group that are named."""


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A rule with all parts but one; what is `missing`, in Vietnamese and in English."""

    rule: Rule
    missing_vi: str
    missing_en: str


def near_misses(page: Page, rules: Rules) -> list[NearMiss]:
    """The rules of which the page has words and all but one part, the heaviest first."""
    held = Holding(Reading(page, rules))
    found = []
    for rule in rules.rules:
        has_words, missing = False, []
        for is_there, is_of_words, vi, en in _parts(rule, held):
            has_words |= is_there and is_of_words
            if not is_there:
                missing.append((vi, en))
        if has_words and len(missing) == 1:
            found.append(NearMiss(rule, *missing[0]))
    return sorted(found, key=lambda miss: (-abs(miss.rule.weight), miss.rule.name))


_Part = tuple[bool, bool, str, str]
"""Whether it is there, whether it is made of words, and what is missing where it is not."""


def _parts(rule: Rule, held: Holding) -> Iterator[_Part]:
    written = rule.source
    if rule.any or rule.patterns:
        named = [*written.any, *(one.folded or one.original for one in written.patterns)]
        yield (held.any_of(rule)[0] is not None, True, *_words("any", named))
    for number, group in enumerate(rule.all):
        yield (bool(held.first_of(group)), True, *_words(f"all[{number}]", written.all[number]))
    if written.near is not None:
        yield from _near(rule, written.near.groups, held)
    if rule.identifiers is not None:
        need = rule.identifiers
        kinds = "/".join(need.kinds) or "*"
        is_there = len(held.identifiers(need)) >= need.at_least
        yield is_there, False, f"cần {need.at_least} định danh ({kinds})", f"needs {need.at_least} of {kinds}"
    if rule.kinds:
        kinds = ", ".join(sorted(rule.kinds))
        yield held.is_of_kind(rule), False, f"loại trang phải là {kinds}", f"the page must be of kind {kinds}"
    for name, wanted in rule.facts:
        value = str(wanted).lower()
        yield held.reading.fact(name) is wanted, False, f"cần {name}: {value}", f"needs {name}: {value}"
    if rule.unless:
        yield not held.is_excepted(rule), False, *_words("unless", _exceptions(rule, held), is_against=True)


def _near(rule: Rule, written: list[list[str]], held: Holding) -> Iterator[_Part]:
    is_there = [bool(held.first_of(group)) for group in rule.near]
    for number, has_group in enumerate(is_there):
        yield (has_group, True, *_words(f"near[{number}]", written[number]))
    if all(is_there):
        is_close = nearest(rule.near, rule.within, held.found) is not None
        vi = f"các nhóm phải cách nhau không quá {rule.within} từ"
        yield is_close, True, vi, f"all groups must stand within {rule.within} words"


def _exceptions(rule: Rule, held: Holding) -> list[str]:
    return [held.told(hit).quote for hit in held.first_of(rule.unless)]


def _words(part: str, phrases: list[str], *, is_against: bool = False) -> tuple[str, str]:
    shown = ", ".join(f"“{phrase}”" for phrase in islice(phrases, MAX_SHOWN))
    more = "…" if len(phrases) > MAX_SHOWN else ""
    if is_against:
        return f"bị loại trừ vì có {shown}{more}", f"excepted by {shown}{more}"
    return f"thiếu một trong ({part}) {shown}{more}", f"lacks one of ({part}) {shown}{more}"
