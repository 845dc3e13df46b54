"""The examples inside the packs, held against the rules: what `rules test` runs; and what `rules lint` looks for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from matchers.errors import Problem
from matchers.judge import Judge
from matchers.match import Verdict
from matchers.pack import PackFile, RuleFile
from matchers.page import Page, PageKind
from matchers.rules import Rules
from matchers.text.phrases import parse_phrase

NEUTRAL_URL: Final = "https://message.invalid/"
"""Address of a page made from a bare text; `.invalid` (RFC 6761) can be nobody's host."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ExampleFailure:
    """An example that the rules do not treat as its pack says."""

    pack: str
    rule: str
    text: str
    expected: bool
    verdict: Verdict

    def __str__(self) -> str:
        owner = f"{self.pack}/{self.rule}" if self.rule else self.pack
        got = self.verdict.category if self.verdict.is_hit else f"no hit ({self.verdict.score:.2f})"
        wanted = "a match" if self.expected else "silence"
        return f"{owner}: expected {wanted}, got {got}: {self.text}"


def text_page(text: str, kind: PageKind = PageKind.POST) -> Page:
    """A bare text as a page: a message or a post, whose host says nothing."""
    return Page(url=NEUTRAL_URL, fetched_at=_EPOCH, source="text", kind=kind, text=text)


def failing_examples(rules: Rules) -> list[ExampleFailure]:
    """Examples of all packs that fail. A pack's ``must_match`` has to be a hit of its category, its
    ``must_not_match`` no hit at all; a rule's own say whether that rule fires."""
    judge = Judge(rules)
    failures: list[ExampleFailure] = []
    for pack in rules.packs:
        failures.extend(_pack_failures(pack, judge))
        for rule in pack.rules:
            failures.extend(_rule_failures(pack, rule, judge))
    return failures


def count_examples(rules: Rules) -> int:
    """How many examples all packs and their rules hold."""
    owners: list[PackFile | RuleFile] = [*rules.packs, *(rule for pack in rules.packs for rule in pack.rules)]
    return sum(len(owner.must_match) + len(owner.must_not_match) for owner in owners)


def _pack_failures(pack: PackFile, judge: Judge) -> Iterator[ExampleFailure]:
    for text in pack.must_match:
        verdict = judge.judge(text_page(text))
        if verdict.category != pack.id:
            yield ExampleFailure(pack.id, "", text, True, verdict)
    for text in pack.must_not_match:
        verdict = judge.judge(text_page(text))
        if verdict.is_hit:
            yield ExampleFailure(pack.id, "", text, False, verdict)


def _rule_failures(pack: PackFile, rule: RuleFile, judge: Judge) -> Iterator[ExampleFailure]:
    name = f"{pack.id}/{rule.id}"
    for expected, texts in ((True, rule.must_match), (False, rule.must_not_match)):
        for text in texts:
            verdict = judge.judge(text_page(text))
            if any(match.rule == name for match in verdict.matches) is not expected:
                yield ExampleFailure(pack.id, rule.id, text, expected, verdict)


def lint(rules: Rules) -> list[Problem]:
    """Weaknesses of packs that load: phrases written twice, phrases another one swallows, packs without examples."""
    problems: list[Problem] = []
    for pack in rules.packs:
        place = pack.path or pack.id
        if not pack.context:
            problems.extend(_thin(pack, place))
        for rule in pack.rules:
            problems.extend(_repeats(pack, rule, place))
    return problems


_FEWEST_EXAMPLES: Final = 5


def _thin(pack: PackFile, place: str) -> Iterator[Problem]:
    for name, examples in (("must_match", pack.must_match), ("must_not_match", pack.must_not_match)):
        if len(examples) < _FEWEST_EXAMPLES:
            yield Problem(
                place, 0, f"pack {pack.id!r} has {len(examples)} {name} examples", f"write at least {_FEWEST_EXAMPLES}"
            )


def _repeats(pack: PackFile, rule: RuleFile, place: str) -> Iterator[Problem]:
    name = f"{pack.id}/{rule.id}"
    groups = [rule.any, *rule.all, *(rule.near.groups if rule.near else [])]
    for group in groups:
        forms: dict[bytes, str] = {}
        minimums: dict[bytes, float | None] = {}
        for phrase in group:
            parsed = parse_phrase(phrase)
            form = parsed.pattern
            if form in forms and minimums[form] == parsed.minimum:
                yield Problem(
                    place, 0, f"{name}: {phrase!r} folds to the same words as {forms[form]!r}", "keep one of them"
                )
            forms.setdefault(form, phrase)
            minimums.setdefault(form, parsed.minimum)
        for form, phrase in forms.items():
            shorter = next(
                (other for other in forms if other != form and other in form and minimums[other] is None), None
            )
            if shorter is not None:
                yield Problem(
                    place, 0, f"{name}: {phrase!r} is never needed beside {forms[shorter]!r}", "drop the longer one"
                )
