"""The Judge: a page in, a verdict out."""

from __future__ import annotations

from collections.abc import Sequence

from matchers.match import Verdict
from matchers.matcher import MATCHERS, Matcher
from matchers.page import Page
from matchers.reading import Reading
from matchers.rules import Rules, load_rules
from matchers.score import score

__all__ = ["Judge", "load_rules"]


class Judge:
    """Judges pages by one set of rules; keeps no state between pages, safe to share between threads.

    >>> judge = Judge(load_rules())
    >>> judge.rules.version == load_rules().version
    True
    """

    def __init__(self, rules: Rules, matchers: Sequence[type[Matcher]] = MATCHERS) -> None:
        self.rules = rules
        self._matchers = [matcher() for matcher in matchers]

    def judge(self, page: Page) -> Verdict:
        """The verdict on `page`. Never raises, whatever the page holds."""
        reading = Reading(page, self.rules)
        found = [match for matcher in self._matchers for match in matcher.match(reading)]
        return score(found, self.rules.categories, self.rules.version)
