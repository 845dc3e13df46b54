"""The rules of the packs, held against the phrases, patterns, identifiers and facts of a page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from matchers.match import Match, Span
from matchers.pack import IdentifierNeed
from matchers.pictures.picture_text import where
from matchers.reading import Reading
from matchers.rules import Rule
from matchers.text.patterns import FoundPatterns
from matchers.text.phrases import Found, PhraseHit

FURTHER_PHRASE: Final = 0.35
"""What each further distinct phrase of a rule adds to its weight, as a share of it."""
MOST_FURTHER: Final = 2
_FOR_SHORT: Final = ("is_short", True)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Something of a page that a rule stands on: its place (None: beside the text), its words, how sure."""

    span: Span | None
    quote: str
    confidence: float = 1.0


class PhraseRuleMatcher:
    """Rules of the packs: ``any``, ``patterns``, ``all``, ``near``, ``identifiers``, ``unless`` and page facts."""

    name = "phrases"

    def match(self, reading: Reading) -> Iterator[Match]:
        """One match a rule that holds, at the place where it holds first."""
        held = Holding(reading)
        rules = reading.rules
        by_pattern = rules.by_pattern
        candidates: dict[str, Rule] = {}
        for pattern in held.found.patterns():
            for rule in by_pattern.get(pattern, ()):
                candidates[rule.name] = rule
        for expression in held.expressions.possible:
            for rule in rules.by_expression.get(expression, ()):
                candidates[rule.name] = rule
        for rule in (*candidates.values(), *rules.on_facts_alone):
            match = self._hold(rule, held)
            if match is not None:
                yield match

    def _hold(self, rule: Rule, held: Holding) -> Match | None:
        if _FOR_SHORT in rule.facts and not held.reading.is_short:
            return None  # the fact that most rules ask for, and the cheapest to know: before any phrase is looked at
        groups = (*((rule.any,) if rule.any and not rule.patterns else ()), *rule.all, *rule.near)
        if not held.is_of_kind(rule) or not all(held.found.may_hold(group) for group in groups):
            return None
        if not held.has_facts(rule) or held.is_excepted(rule):
            return None
        evidence: list[Evidence] = []
        further = 0
        if rule.any or rule.patterns:
            surest, count = held.any_of(rule)
            if surest is None:
                return None
            evidence.append(surest)
            further = count - 1
        for group in rule.all:
            hits = held.first_of(group)
            if not hits:
                return None
            evidence.append(held.told(hits[0]))
        if rule.near:
            close = nearest(rule.near, rule.within, held.found)
            if close is None:
                return None
            evidence.extend(map(held.told, close))
        if rule.identifiers is not None:
            shown = held.identifiers(rule.identifiers)
            if len(shown) < rule.identifiers.at_least:
                return None
            evidence.extend(shown[: rule.identifiers.at_least])
        return self._told(rule, evidence, further)

    def _told(self, rule: Rule, evidence: Sequence[Evidence], further: int) -> Match:
        confidence = min((one.confidence for one in evidence), default=1.0)
        weight = rule.weight * (1 + FURTHER_PHRASE * min(further, MOST_FURTHER))
        quotes: dict[str, tuple[str, str]] = {}
        for one in evidence:
            quotes.setdefault(" ".join(one.quote.split()), where(one.span))
        quoted_vi, quoted_en = (
            ", ".join(f"“{quote}”{shown[tongue]}" for quote, shown in quotes.items()) for tongue in (0, 1)
        )
        facts = {"pack": rule.pack} if rule.pack else {}
        if rule.severity:
            facts["severity"] = rule.severity.name
        placed = next((one for one in evidence if one.span is not None), None)
        return Match(
            rule=rule.name,
            matcher=self.name,
            reason_vi=f"{rule.reason_vi}: {quoted_vi}" if quotes else rule.reason_vi,
            reason_en=f"{rule.reason_en}: {quoted_en}" if quotes else rule.reason_en,
            category=rule.category,
            weight=weight,
            confidence=confidence,
            span=placed.span if placed else None,
            quote=placed.quote if placed else "",
            facts=facts,
        )


class Holding:
    """One page, asked for what rules want of it; each part is looked at when a rule first asks."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.found: Found = reading.found

    @cached_property
    def expressions(self) -> FoundPatterns:
        """The operators' regular expressions in title and text."""
        return self.reading.rules.patterns.find(self.reading.folded)

    def is_of_kind(self, rule: Rule) -> bool:
        """Whether the page is of a kind that the rule is for."""
        return not rule.kinds or self.reading.page.kind in rule.kinds

    def has_facts(self, rule: Rule) -> bool:
        """Whether all facts are as the rule wants them."""
        return all(self.reading.fact(name) is wanted for name, wanted in rule.facts)

    def is_excepted(self, rule: Rule) -> bool:
        """Whether something stands there that the rule takes as an exception."""
        return any(self.found.hits(phrase) for phrase in rule.unless if self.found.may_hold((phrase,)))

    def any_of(self, rule: Rule) -> tuple[Evidence | None, int]:
        """The surest of the rule's `any` and `patterns`, and how many stand there, those inside of others aside."""
        hits = self.first_of(rule.any)
        surest = self.told(hits[0]) if hits else None
        if not rule.patterns:
            return surest, len(hits)
        taken = [self.reading.folded.words.span(hit.first, hit.last) for hit in hits]
        for number in sorted(rule.patterns & self.expressions.possible):
            place = self.expressions.span(number)
            if place is not None and not any(place[0] < end and start < place[1] for start, end in taken):
                taken.append(place)
                surest = surest or self._placed(*place)
        return surest, len(taken)

    def first_of(self, phrases: frozenset[int]) -> list[PhraseHit]:
        """The first hit of each of `phrases` that was found, surest first; one inside another is not told twice."""
        found = self.found
        hits = [places[0] for phrase in phrases if found.may_hold((phrase,)) and (places := found.hits(phrase))]
        hits.sort(key=lambda hit: (-hit.confidence, hit.first, -hit.last))
        apart: list[PhraseHit] = []
        for hit in hits:
            if not any(hit.first <= other.last and other.first <= hit.last for other in apart):
                apart.append(hit)
        return apart

    def identifiers(self, need: IdentifierNeed) -> list[Evidence]:
        """Different identifiers of the kinds needed, as the page writes them; one number is one, whatever it may be."""
        shown: list[Evidence] = []
        seen: set[str | tuple[int, int]] = set()
        for sight in self.reading.identifiers:
            if need.kinds and sight.identifier.kind not in need.kinds:
                continue
            known: set[str | tuple[int, int]] = {sight.identifier.value}
            if not sight.is_contact:
                known.add((sight.start, sight.end))
            if seen.isdisjoint(known):
                is_beside = sight.is_contact
                shown.append(Evidence(None, sight.quote) if is_beside else self._placed(sight.start, sight.end))
            seen |= known
        return shown

    def told(self, hit: PhraseHit) -> Evidence:
        """A phrase where it stands."""
        span, quote = self.reading.words_span(hit.first, hit.last)
        return Evidence(span, quote, hit.confidence * self.reading.sureness(span))

    def _placed(self, start: int, end: int) -> Evidence:
        span, quote = self.reading.placed(start, end)
        return Evidence(span, quote, self.reading.sureness(span))


def nearest(groups: Iterable[frozenset[int]], within: int, found: Found) -> list[PhraseHit] | None:
    """One hit of each group with the first and last word at most `within` words apart, or None."""
    tagged: list[tuple[PhraseHit, int]] = []
    count = 0
    for number, group in enumerate(groups):
        count += 1
        hits = [hit for phrase in group if found.may_hold((phrase,)) for hit in found.hits(phrase)]
        if not hits:
            return None
        tagged.extend((hit, number) for hit in hits)
    tagged.sort(key=lambda item: (item[0].first, item[0].confidence))
    last: dict[int, PhraseHit] = {}
    for hit, number in tagged:
        last[number] = hit
        if len(last) < count:
            continue
        chosen = last.values()
        if max(other.last for other in chosen) - min(other.first for other in chosen) <= within:
            return [last[group] for group in range(count)]
    return None
