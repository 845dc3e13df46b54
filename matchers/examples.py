"""The examples inside the packs, held against the rules: what `rules test` runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from matchers.judge import Judge
from matchers.match import Verdict
from matchers.pack import PackFile, RuleFile
from matchers.page import Page, PageKind
from matchers.rules import Rules

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
