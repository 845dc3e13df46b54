"""One rule pack as it is written: a category and its rules in YAML, read and checked.

Every mistake of a file is told, with its line and the remedy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from matchers.errors import Problem
from matchers.page import PageKind
from matchers.text.phrases import parse_phrase

_SHORTEST_PHRASE: Final = 2  # letters; below it a phrase matches everywhere

Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(?:[_-][a-z0-9]+)*$")]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
SeverityName = Literal["low", "medium", "high", "critical"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BothTongues(_Strict):
    """A sentence in Vietnamese and in English."""

    vi: Text
    en: Text


class Near(_Strict):
    """One phrase of every group, all within `within` words of one another."""

    within: int = Field(ge=1, le=100)
    groups: list[list[Text]] = Field(min_length=2)


class Condition(_Strict):
    """What must hold of the page besides its words; a fact left out does not matter."""

    kinds: list[PageKind] = []
    has_login_form: bool | None = None
    has_form: bool | None = None
    has_contact: bool | None = None
    has_link: bool | None = None
    has_risky_link: bool | None = None
    has_short_link: bool | None = None
    has_unknown_link: bool | None = None
    host_lookalike: bool | None = None
    is_journalism: bool | None = None
    is_official_host: bool | None = None
    is_short: bool | None = None
    is_disguised: bool | None = None
    claims_brand: bool | None = None

    def facts(self) -> dict[str, bool]:
        """The facts asked for, by name."""
        asked = self.model_dump(exclude={"kinds"}, exclude_none=True)
        return {name: bool(value) for name, value in asked.items()}


class RuleFile(_Strict):
    """One rule as written in a pack."""

    id: Id
    reason: BothTongues
    weight: float = Field(ge=-3, le=3)
    any: list[Text] = []
    all: list[list[Text]] = []
    near: Near | None = None
    unless: list[Text] = []
    when: Condition = Condition()
    severity: SeverityName | None = None
    must_match: list[Text] = []
    must_not_match: list[Text] = []

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.any or self.all or self.near or self.when.facts()):
            raise ValueError("the rule asks for nothing: give it 'any', 'all', 'near' or 'when'")
        return self

    def phrases(self) -> Iterator[str]:
        """Every phrase of the rule, `unless` included."""
        yield from self.any
        for group in self.all:
            yield from group
        for group in self.near.groups if self.near else ():
            yield from group
        yield from self.unless


class PackFile(_Strict):
    """One pack file: a category and its rules. A `context` pack speaks of all categories."""

    id: Id
    title: BothTongues
    severity: SeverityName = "medium"
    legal: str = ""
    context: bool = False
    rules: list[RuleFile] = Field(min_length=1)
    must_match: list[Text] = []
    must_not_match: list[Text] = []


def read_pack(path: Path) -> tuple[PackFile | None, list[Problem]]:
    """The pack in `path`, or None with what is wrong with it."""
    place = str(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        return None, [Problem(place, 0, f"cannot be read: {error}", "save the file as UTF-8 and check its permissions")]
    try:
        tree = yaml.compose(text, Loader=yaml.CSafeLoader)
        data = yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = mark.line + 1 if mark else 0
        return None, [
            Problem(place, line, f"is not YAML: {error.problem or error.context}", "check indentation and quotes here")
        ]
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return None, [Problem(place, 0, f"is not YAML: {error}", "rewrite the file as plain YAML")]
    if not isinstance(data, dict):
        return None, [Problem(place, 1, "is not a pack", "start it with 'id:', 'title:' and 'rules:'")]
    try:
        pack = PackFile.model_validate(data)
    except ValidationError as error:
        return None, [_problem(place, tree, item) for item in error.errors()]
    problems = list(_phrase_problems(pack, place, tree))
    return (None, problems) if problems else (pack, [])


_REMEDIES: Final = {
    "missing": "add it",
    "extra_forbidden": "remove it or correct its spelling",
    "string_pattern_mismatch": "use lower-case letters, digits and single hyphens or underscores",
    "literal_error": "use one of the values named",
    "enum": "use one of the values named",
    "float_parsing": "write a number such as 0.6",
    "float_type": "write a number such as 0.6",
    "less_than_equal": "write a smaller number",
    "greater_than_equal": "write a larger number",
    "string_type": "write text, in quotes where YAML would read a number or yes/no",
    "list_type": "write a list: one '- item' a line",
}


def _problem(place: str, tree: yaml.Node | None, error: Any) -> Problem:
    loc = error["loc"]
    name = ".".join(str(part) for part in loc) or "pack"
    remedy = _REMEDIES.get(error["type"], "correct it as docs/matching.md shows")
    message = error["msg"].removeprefix("Value error, ")
    return Problem(place, _line(tree, loc), f"{name}: {message}", remedy)


def _line(node: yaml.Node | None, loc: Sequence[int | str]) -> int:
    """Line, from 1, of the node at `loc`, or of the nearest one above it that exists."""
    if node is None:
        return 0
    line = node.start_mark.line + 1
    for part in loc:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == part:
                    node, line = value, key.start_mark.line + 1
                    break
            else:
                return line
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            return line
    return line


def _phrase_problems(pack: PackFile, place: str, tree: yaml.Node | None) -> Iterator[Problem]:
    """Phrases that fold to nothing, or to so little that they would match everywhere."""
    for number, rule in enumerate(pack.rules):
        for phrase in rule.phrases():
            parsed = parse_phrase(phrase)
            letters = parsed.pattern.replace(b" ", b"")
            if not letters or (len(letters) < _SHORTEST_PHRASE and parsed.minimum is None):
                line = _line(tree, ("rules", number))
                yield Problem(
                    place, line, f"phrase {phrase!r} has no letters to look for", "write at least two letters"
                )
