"""Rule packs: categories and their phrase rules as YAML, read, checked and compiled.

A pack is one file and one category (docs/matching.md shows how to write one in five minutes). Every mistake in any
file is gathered into one `RulesError`, each with file, line and remedy; nothing is loaded until all of it is right.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from matchers.errors import Problem, RulesError
from matchers.hosts.brands import BrandIndex, read_brands
from matchers.hosts.lexicon import LEXICON_FILE
from matchers.match import Severity
from matchers.page import PageKind
from matchers.text.phrases import Phrase, PhraseIndex, parse_phrase

__all__ = ["BUILT_IN_PACKS", "Category", "Rule", "Rules", "RulesError", "load_rules"]

BUILT_IN_PACKS: Final = Path(__file__).with_name("packs")
_NOT_PACKS: Final = frozenset((LEXICON_FILE.name,))
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


@dataclass(frozen=True, slots=True)
class Category:
    """A kind of violation: its titles, the severity a hit starts from, and the law that speaks of it."""

    id: str
    title_vi: str
    title_en: str
    severity: Severity
    legal_note: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule compiled: phrases are numbers of the phrase index, groups are sets of them."""

    name: str
    category: str | None
    weight: float
    reason_vi: str
    reason_en: str
    severity: Severity | None
    any: frozenset[int]
    all: tuple[frozenset[int], ...]
    near: tuple[frozenset[int], ...]
    within: int
    unless: frozenset[int]
    kinds: frozenset[PageKind]
    facts: tuple[tuple[str, bool], ...]
    source: RuleFile = field(repr=False, compare=False)

    @property
    def triggers(self) -> frozenset[int]:
        """Phrases one of which must be there for the rule to be worth a look; empty for rules on facts alone."""
        if self.any:
            return self.any
        if self.all:
            return min(self.all, key=len)
        return min(self.near, key=len) if self.near else frozenset()


@dataclass(frozen=True)
class Rules:
    """Everything matching goes by. `version` is a hash of the content of all packs and brand lists."""

    version: str
    categories: Mapping[str, Category]
    brands: BrandIndex
    packs: tuple[PackFile, ...] = field(repr=False)
    rules: tuple[Rule, ...] = field(repr=False)
    phrases: PhraseIndex = field(repr=False)
    files: Mapping[str, str] = field(repr=False, default_factory=dict)

    @cached_property
    def by_pattern(self) -> dict[int, tuple[Rule, ...]]:
        """Number of a pattern of the phrase index to the rules it can set off."""
        found: dict[int, dict[str, Rule]] = {}
        for rule in self.rules:
            for phrase in rule.triggers:
                found.setdefault(self.phrases.pattern_of[phrase], {})[rule.name] = rule
        return {pattern: tuple(rules.values()) for pattern, rules in found.items()}

    @cached_property
    def on_facts_alone(self) -> tuple[Rule, ...]:
        """Rules without phrases."""
        return tuple(rule for rule in self.rules if not rule.triggers)

    @cached_property
    def by_name(self) -> dict[str, Rule]:
        """Rules by ``pack/rule``."""
        return {rule.name: rule for rule in self.rules}


def load_rules(pack_folders: Sequence[Path | str] = (BUILT_IN_PACKS,), *, allowed_hosts: Iterable[str] = ()) -> Rules:
    """The rules of all packs (``*.yaml``) and brand lists (``brands.csv``) in `pack_folders`.

    The built-in folder is always read first; further ones add packs, add rules to a category of the same id, and
    add brands or replace those of the same id. `allowed_hosts` are never lookalikes. Raises `RulesError` with every
    mistake found.
    """
    folders = [BUILT_IN_PACKS, *(Path(folder) for folder in pack_folders if Path(folder) != BUILT_IN_PACKS)]
    problems: list[Problem] = []
    packs: list[PackFile] = []
    files: dict[str, str] = {}
    digest = hashlib.sha256()
    brands: dict[str, Any] = {}
    for folder in folders:
        if not folder.is_dir():
            problems.append(Problem(str(folder), 0, "is not a folder", "create it or correct the setting"))
            continue
        for path in sorted(folder.glob("*.yaml")):
            if path.name in _NOT_PACKS and folder == BUILT_IN_PACKS:
                digest.update(path.read_bytes())
                continue
            pack, found = read_pack(path)
            problems.extend(found)
            if pack is not None:
                packs.append(pack)
                files[pack.id] = str(path)
                digest.update(path.read_bytes())
        brand_file = folder / "brands.csv"
        if brand_file.exists():
            rows, found = read_brands(brand_file)
            problems.extend(found)
            brands.update({brand.id: brand for brand in rows})
            digest.update(brand_file.read_bytes())
    problems.extend(_repeated_rules(packs, files))
    if problems:
        raise RulesError(problems)
    allowed = sorted({host.strip().lower().rstrip(".") for host in allowed_hosts})
    digest.update("\n".join(allowed).encode())
    index = BrandIndex(tuple(brands.values()), frozenset(allowed))
    return _compile(packs, index, digest.hexdigest()[:16], files)


def _repeated_rules(packs: Iterable[PackFile], files: Mapping[str, str]) -> list[Problem]:
    problems = []
    seen: set[str] = set()
    for pack in packs:
        for rule in pack.rules:
            name = f"{pack.id}/{rule.id}"
            if name in seen:
                problems.append(
                    Problem(files[pack.id], 0, f"rule {name!r} is there twice", "give one of them another id")
                )
            seen.add(name)
    return problems


def _compile(packs: Sequence[PackFile], brands: BrandIndex, version: str, files: Mapping[str, str]) -> Rules:
    numbers: dict[Phrase, int] = {}

    def number(phrase: str) -> int:
        return numbers.setdefault(parse_phrase(phrase), len(numbers))

    def group(phrases: Iterable[str]) -> frozenset[int]:
        return frozenset(number(phrase) for phrase in phrases)

    categories: dict[str, Category] = {}
    rules: list[Rule] = []
    for pack in packs:
        if not pack.context and pack.id not in categories:
            severity = Severity[pack.severity.upper()]
            categories[pack.id] = Category(pack.id, pack.title.vi, pack.title.en, severity, pack.legal)
        for written in pack.rules:
            rules.append(
                Rule(
                    name=f"{pack.id}/{written.id}",
                    category=None if pack.context else pack.id,
                    weight=written.weight,
                    reason_vi=written.reason.vi,
                    reason_en=written.reason.en,
                    severity=Severity[written.severity.upper()] if written.severity else None,
                    any=group(written.any),
                    all=tuple(group(phrases) for phrases in written.all),
                    near=tuple(group(phrases) for phrases in written.near.groups) if written.near else (),
                    within=written.near.within if written.near else 0,
                    unless=group(written.unless),
                    kinds=frozenset(written.when.kinds),
                    facts=tuple(written.when.facts().items()),
                    source=written,
                )
            )
    return Rules(version, categories, brands, tuple(packs), tuple(rules), PhraseIndex(tuple(numbers)), files)


# --- reading one file ------------------------------------------------------------------------------------------


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
