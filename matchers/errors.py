"""What is wrong with rule packs and brand lists: gathered, each with its place and the way out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a data file: `line` counts from 1, 0 where the file as a whole is meant."""

    file: str
    line: int
    message: str
    remedy: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.message}; {self.remedy}"


class RulesError(ValueError):
    """Rule packs or brand lists cannot be used; `problems` names every mistake found, not only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True, slots=True)
class Refusal:
    """Rules that were refused, and what is in force in their place.

    `version` is that of the rules in force: the last good ones, or, where there are none yet, the built-in packs alone.
    """

    problems: tuple[Problem, ...]
    version: str
    is_last_good: bool

    def __str__(self) -> str:
        kept = "the last good rules" if self.is_last_good else "the built-in packs alone"
        mistakes = "; ".join(map(str, self.problems))
        return f"the rules were refused and {kept} (version {self.version}) are in force: {mistakes}"
