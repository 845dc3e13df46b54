"""The rules of the packs, held against the phrases and facts of a page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from matchers.match import Match
from matchers.reading import Reading
from matchers.rules import Rule
from matchers.text.phrases import Found, PhraseHit

FURTHER_PHRASE: Final = 0.35
"""What each further distinct phrase of a rule adds to its weight, as a share of it."""
MOST_FURTHER: Final = 2


class PhraseRuleMatcher:
    """Rules of the packs: ``any``, ``all``, ``near``, ``unless`` and page facts."""

    name = "phrases"

    def match(self, reading: Reading) -> Iterator[Match]:
        """One match a rule that holds, at the place where it holds first."""
        found = reading.found
        rules = reading.rules
        by_pattern = rules.by_pattern
        candidates: dict[str, Rule] = {}
        for pattern in found.patterns():
            for rule in by_pattern.get(pattern, ()):
                candidates[rule.name] = rule
        for rule in (*candidates.values(), *rules.on_facts_alone):
            match = self._hold(rule, reading, found)
            if match is not None:
                yield match

    def _hold(self, rule: Rule, reading: Reading, found: Found) -> Match | None:
        if rule.kinds and reading.page.kind not in rule.kinds:
            return None
        groups = (*((rule.any,) if rule.any else ()), *rule.all, *rule.near)
        if not all(found.may_hold(group) for group in groups):
            return None
        if any(reading.fact(name) is not wanted for name, wanted in rule.facts):
            return None
        if any(found.hits(phrase) for phrase in rule.unless if found.may_hold((phrase,))):
            return None
        evidence: list[PhraseHit] = []
        further = 0
        if rule.any:
            hits = _first_of(rule.any, found)
            if not hits:
                return None
            evidence.append(hits[0])
            further = len(hits) - 1
        for group in rule.all:
            hits = _first_of(group, found)
            if not hits:
                return None
            evidence.append(hits[0])
        if rule.near:
            close = nearest(rule.near, rule.within, found)
            if close is None:
                return None
            evidence.extend(close)
        return self._told(rule, reading, evidence, further)

    def _told(self, rule: Rule, reading: Reading, evidence: Sequence[PhraseHit], further: int) -> Match:
        confidence = min((hit.confidence for hit in evidence), default=1.0)
        weight = rule.weight * (1 + FURTHER_PHRASE * min(further, MOST_FURTHER))
        spans = [reading.words_span(hit.first, hit.last) for hit in evidence]
        quotes = list(dict.fromkeys(" ".join(quote.split()) for _, quote in spans))
        quoted = ", ".join(f"“{quote}”" for quote in quotes)
        return Match(
            rule=rule.name,
            matcher=self.name,
            reason_vi=f"{rule.reason_vi}: {quoted}" if quoted else rule.reason_vi,
            reason_en=f"{rule.reason_en}: {quoted}" if quoted else rule.reason_en,
            category=rule.category,
            weight=weight,
            confidence=confidence,
            span=spans[0][0] if spans else None,
            quote=spans[0][1] if spans else "",
            facts={"severity": rule.severity.name} if rule.severity else {},
        )


def _first_of(phrases: frozenset[int], found: Found) -> list[PhraseHit]:
    """The first hit of each of `phrases` that was found, surest first; a hit inside another one is not told twice."""
    hits = [places[0] for phrase in phrases if found.may_hold((phrase,)) and (places := found.hits(phrase))]
    hits.sort(key=lambda hit: (-hit.confidence, hit.first, -hit.last))
    apart: list[PhraseHit] = []
    for hit in hits:
        if not any(hit.first <= other.last and other.first <= hit.last for other in apart):
            apart.append(hit)
    return apart


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
    tagged.sort(key=lambda item: item[0].first)
    last: dict[int, PhraseHit] = {}
    for hit, number in tagged:
        last[number] = hit
        if len(last) < count:
            continue
        chosen = last.values()
        if max(other.last for other in chosen) - min(other.first for other in chosen) <= within:
            return [last[group] for group in range(count)]
    return None
