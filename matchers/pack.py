"""One rule pack as it is written: a category and its rules in YAML, read and checked.

Every mistake of a file is told, with its line and the remedy.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from matchers.errors import Problem
from matchers.identifiers.kinds import KINDS
from matchers.page import PageKind
from matchers.text.patterns import Pattern, PatternError, check_pattern
from matchers.text.phrases import parse_phrase

MAX_PACK_BYTES: Final = 1_000_000
"""A pack is written by people; ours have some 10,000 bytes."""
_SHORTEST_PHRASE: Final = 2  # letters; below it a phrase matches everywhere
_DIGEST_SHOWN: Final = 6  # figures, as of a commit: enough to tell two states of one file apart

Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(?:[_-][a-z0-9]+)*$", max_length=64)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]
Example = Annotated[str, StringConstraints(min_length=1, max_length=20_000, strip_whitespace=True)]
Phrases = Annotated[list[Text], Field(max_length=2_000)]


def _version(written: object) -> object:
    """A date or number as it is written; YAML reads both as values of their own."""
    if isinstance(written, date):
        return written.isoformat()
    is_number = isinstance(written, int | float) and not isinstance(written, bool)
    return str(written) if is_number else written


Version = Annotated[str, BeforeValidator(_version), StringConstraints(max_length=32, strip_whitespace=True)]
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
    groups: list[Phrases] = Field(min_length=2, max_length=10)


class PatternFile(_Strict):
    """A regular expression as written: over the folded text where it is a text alone, or as `original:`."""

    folded: str = ""
    original: str = ""

    @model_validator(mode="before")
    @classmethod
    def _of_text(cls, written: object) -> object:
        return {"folded": written} if isinstance(written, str) else written

    @model_validator(mode="after")
    def _is_usable(self) -> Self:
        if bool(self.folded) == bool(self.original):
            raise ValueError("a pattern is one regular expression, as a text alone or as 'original:'")
        try:
            check_pattern(self.pattern)
        except PatternError as error:
            raise PydanticCustomError("pattern", "{said}", {"said": str(error), "remedy": error.remedy}) from None
        return self

    @property
    def pattern(self) -> Pattern:
        """The expression, with the form of the text that it is for."""
        return Pattern(self.original or self.folded, bool(self.original))


class IdentifierNeed(_Strict):
    """At least so many different identifiers of these kinds; of any kind where none is named."""

    kinds: list[str] = []
    at_least: int = Field(default=1, ge=1, le=100)

    @model_validator(mode="after")
    def _is_known(self) -> Self:
        if unknown := [kind for kind in self.kinds if kind not in KINDS]:
            raise ValueError(f"there are no identifiers of kind {unknown[0]!r}, only {', '.join(KINDS)}")
        return self


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
    poses_as_brand: bool | None = None
    solicits: bool | None = None

    def facts(self) -> dict[str, bool]:
        """The facts asked for, by name."""
        asked = self.model_dump(exclude={"kinds"}, exclude_none=True)
        return {name: bool(value) for name, value in asked.items()}


class RuleFile(_Strict):
    """One rule as written in a pack."""

    id: Id
    reason: BothTongues
    weight: float = Field(ge=-3, le=3)
    any: Phrases = []
    patterns: list[PatternFile] = Field(default=[], max_length=200)
    """Regular expressions; one that matches is as good as a phrase of `any`."""
    all: list[Phrases] = Field(default=[], max_length=20)
    near: Near | None = None
    identifiers: IdentifierNeed | None = None
    unless: Phrases = []
    when: Condition = Condition()
    severity: SeverityName | None = None
    references: list[Text] = []
    """Where it is known from: shown beside the rule when it is tried."""
    disabled: str = ""
    """Why the rule is out of force; it is still checked and listed."""
    must_match: list[Example] = []
    must_not_match: list[Example] = []

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.any or self.patterns or self.all or self.near or self.identifiers or self.when.facts()):
            raise ValueError(
                "the rule asks for nothing: give it 'any', 'patterns', 'all', 'near', 'identifiers' or 'when'"
            )
        if any(not group for group in (*self.all, *(self.near.groups if self.near else ()))):
            raise ValueError("a group without phrases holds on no page: fill it or take it out")
        return self

    def phrases(self) -> Iterator[str]:
        """Every phrase of the rule, `unless` included."""
        yield from (phrase for _, phrase in self.placed_phrases())

    def placed_phrases(self) -> Iterator[tuple[tuple[int | str, ...], str]]:
        """Every phrase with its place in the rule: ``("near", "groups", 1, 0)``."""
        for where, group in (*self.groups(), (("unless",), self.unless)):
            yield from (((*where, number), phrase) for number, phrase in enumerate(group))

    def groups(self) -> Iterator[tuple[tuple[int | str, ...], list[str]]]:
        """The groups of phrases that the rule asks for, each with its place."""
        if self.any:
            yield ("any",), self.any
        for number, group in enumerate(self.all):
            yield ("all", number), group
        for number, group in enumerate(self.near.groups if self.near else ()):
            yield ("near", "groups", number), group


class PackFile(_Strict):
    """One pack file: a category and its rules. A `context` pack speaks of all categories."""

    id: Id
    title: BothTongues
    severity: SeverityName = "medium"
    legal: str = ""
    context: bool = False
    version: Version = ""
    """A number or a date of the writers' own; what tells two states of the file apart is its hash."""
    author: str = ""
    rules: list[RuleFile] = Field(min_length=1, max_length=1_000)
    must_match: list[Example] = Field(default=[], max_length=2_000)
    must_not_match: list[Example] = Field(default=[], max_length=2_000)
    _path: str = PrivateAttr(default="")
    _content: bytes = PrivateAttr(default=b"")

    @property
    def path(self) -> str:
        """The file that the pack was read from, "" where it was not."""
        return self._path

    @cached_property
    def digest(self) -> str:
        """SHA-256, hexadecimal, of the file."""
        return hashlib.sha256(self._content).hexdigest()

    @cached_property
    def label(self) -> str:
        """What hits say of the pack that flagged them: ``fake_bank 2026-11-25 (ab12cd)``."""
        return " ".join(filter(None, (self.id, self.version, f"({self.digest[:_DIGEST_SHOWN]})")))

    def line(self, *place: int | str) -> int:
        """Line, from 1, of what stands at `place` (``"rules", 0, "any", 2``), or of the nearest thing above it."""
        return _line(self._tree, place)

    @cached_property
    def _tree(self) -> yaml.Node | None:
        return yaml.compose(self._content.decode("utf-8-sig"), Loader=yaml.CSafeLoader) if self._content else None


def read_pack(path: Path) -> tuple[PackFile | None, list[Problem]]:
    """The pack in `path`, or None with what is wrong with it."""
    place = str(path)
    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        return None, [Problem(place, 0, f"cannot be read: {error}", "save the file as UTF-8 and check its permissions")]
    if len(content) > MAX_PACK_BYTES:
        return None, [Problem(place, 0, f"has {len(content)} bytes", f"write packs of at most {MAX_PACK_BYTES}")]
    try:
        loader = yaml.CSafeLoader(text)
        tree = loader.get_single_node()
        twice = list(_keys_twice(tree, place))
        data = None if tree is None else loader.construct_document(tree)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = mark.line + 1 if mark else 0
        return None, [
            Problem(place, line, f"is not YAML: {error.problem or error.context}", "check indentation and quotes here")
        ]
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return None, [Problem(place, 0, f"is not YAML: {error}", "rewrite the file as plain YAML")]
    if twice:
        return None, twice
    if not isinstance(data, dict):
        return None, [Problem(place, 1, "is not a pack", "start it with 'id:', 'title:' and 'rules:'")]
    try:
        pack = PackFile.model_validate(data)
    except ValidationError as error:
        return None, [_problem(place, tree, item) for item in error.errors()]
    pack._path, pack._content = place, content
    problems = list(_phrase_problems(pack, place, tree))
    return (None, problems) if problems else (pack, [])


def _keys_twice(tree: yaml.Node | None, place: str) -> Iterator[Problem]:
    """Keys that stand twice in one mapping: YAML would silently take the last."""
    nodes, seen = [tree] if tree is not None else [], set[int]()
    while nodes:
        node = nodes.pop()
        if id(node) in seen:  # an alias
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            nodes.extend(node.value)
        elif isinstance(node, yaml.MappingNode):
            first: dict[str, int] = {}
            for key, value in node.value:
                nodes.append(value)
                line = key.start_mark.line + 1
                if isinstance(key, yaml.ScalarNode) and first.setdefault(key.value, line) != line:
                    yield Problem(
                        place,
                        line,
                        f"{key.value!r} stands here again, after line {first[key.value]}",
                        "keep one of them",
                    )


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
    context: Mapping[str, Any] = error.get("ctx", {})
    remedy = context.get("remedy") or _REMEDIES.get(error["type"], "correct it as docs/matching.md shows")
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
        for where, phrase in rule.placed_phrases():
            parsed = parse_phrase(phrase)
            letters = parsed.pattern.replace(b" ", b"")
            if not letters or (len(letters) < _SHORTEST_PHRASE and parsed.minimum is None):
                line = _line(tree, ("rules", number, *where))
                yield Problem(
                    place, line, f"phrase {phrase!r} has no letters to look for", "write at least two letters"
                )
