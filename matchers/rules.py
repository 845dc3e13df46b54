"""The rules in force: all packs and brand lists together, compiled for matching.

A pack is one file and one category (docs/matching.md shows how to write one in five minutes). Every mistake in any
file is gathered into one `RulesError`, each with file, line and remedy; nothing is loaded until all of it is right.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from matchers.brand_names import BrandNames
from matchers.errors import Problem, RulesError
from matchers.hosts.brands import BrandIndex, read_brands
from matchers.hosts.lexicon import LEXICON_FILE
from matchers.match import Severity
from matchers.pack import IdentifierNeed, PackFile, RuleFile, read_pack
from matchers.page import PageKind
from matchers.pictures.likeness import BrandPictures, load_brand_pictures
from matchers.publishers import PUBLISHERS_FILE, read_publishers
from matchers.text.patterns import Pattern, PatternIndex
from matchers.text.phrases import Phrase, PhraseIndex, parse_phrase

__all__ = ["BUILT_IN_PACKS", "Category", "Rule", "Rules", "RulesError", "load_rules"]

BUILT_IN_PACKS: Final = Path(__file__).with_name("packs")
_NOT_PACKS: Final = frozenset((LEXICON_FILE.name,))


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
    pack: str = ""
    """The pack and its state (`PackFile.label`)."""
    patterns: frozenset[int] = frozenset()
    """Numbers of the pattern index; one that matches is as good as a phrase of `any`."""
    identifiers: IdentifierNeed | None = None

    @property
    def _is_set_off_by_groups(self) -> bool:
        """Whether a group is surer to be missing than `any`: patterns may be possible on many pages."""
        return bool(self.all or self.near) and (bool(self.patterns) or not self.any)

    @property
    def triggers(self) -> frozenset[int]:
        """Phrases of which one, or a pattern, must be there for the rule to be worth a look; empty where none must."""
        if self._is_set_off_by_groups:
            return min(self.all or self.near, key=len)
        return self.any

    @property
    def pattern_triggers(self) -> frozenset[int]:
        """Patterns that make the rule worth a look, as `triggers` do."""
        return frozenset() if self._is_set_off_by_groups else self.patterns


@dataclass(frozen=True)
class Rules:
    """Everything matching goes by. `version` is a hash of the content of all packs, lists and brand pictures.

    `packs` hold every rule as it is written, `rules` those in force.
    """

    version: str
    categories: Mapping[str, Category]
    brands: BrandIndex
    packs: tuple[PackFile, ...] = field(repr=False)
    rules: tuple[Rule, ...] = field(repr=False)
    phrases: PhraseIndex = field(repr=False)
    patterns: PatternIndex = field(repr=False)
    brand_pictures: BrandPictures = field(repr=False, default=BrandPictures())
    publishers: frozenset[str] = field(repr=False, default=frozenset())

    @cached_property
    def by_pattern(self) -> dict[int, tuple[Rule, ...]]:
        """Number of a pattern of the phrase index (a phrase's folded words) to the rules it can set off."""
        found: dict[int, dict[str, Rule]] = {}
        for rule in self.rules:
            for phrase in rule.triggers:
                found.setdefault(self.phrases.pattern_of[phrase], {})[rule.name] = rule
        return {pattern: tuple(rules.values()) for pattern, rules in found.items()}

    @cached_property
    def by_expression(self) -> dict[int, tuple[Rule, ...]]:
        """Number of an operator's regular expression to the rules it can set off."""
        found: dict[int, list[Rule]] = {}
        for rule in self.rules:
            for expression in rule.pattern_triggers:
                found.setdefault(expression, []).append(rule)
        return {expression: tuple(rules) for expression, rules in found.items()}

    @cached_property
    def on_facts_alone(self) -> tuple[Rule, ...]:
        """Rules that need no words."""
        return tuple(rule for rule in self.rules if not rule.triggers and not rule.pattern_triggers)

    @cached_property
    def brand_names(self) -> BrandNames:
        """The names of all brands, as running text has them."""
        return BrandNames(self.brands)

    @cached_property
    def by_name(self) -> dict[str, Rule]:
        """Rules by ``pack/rule``."""
        return {rule.name: rule for rule in self.rules}


def load_rules(pack_folders: Sequence[Path | str] = (BUILT_IN_PACKS,), *, allowed_hosts: Iterable[str] = ()) -> Rules:
    """The rules of all packs (``*.yaml``), brand lists (``brands.csv``), brand pictures and lists of publishers
    (``publishers.txt``) in `pack_folders`.

    The built-in folder is always read first; further ones add packs, add rules to a category of the same id, and
    add publishers, and brands or replace those of the same id. `allowed_hosts` are never lookalikes. Raises
    `RulesError` with every mistake found.
    """
    folders = [BUILT_IN_PACKS, *(Path(folder) for folder in pack_folders if Path(folder) != BUILT_IN_PACKS)]
    problems: list[Problem] = []
    packs: list[PackFile] = []
    digest = hashlib.sha256()
    brands: dict[str, Any] = {}
    publishers: frozenset[str] = frozenset()
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
                # Of what was read: the file may have changed since.
                digest.update(bytes.fromhex(pack.digest))
        brand_file = folder / "brands.csv"
        if brand_file.exists():
            rows, found = read_brands(brand_file)
            problems.extend(found)
            brands.update({brand.id: brand for brand in rows})
            digest.update(brand_file.read_bytes())
        publisher_file = folder / PUBLISHERS_FILE
        if publisher_file.exists():
            hosts, found = read_publishers(publisher_file)
            problems.extend(found)
            publishers |= hosts
            digest.update(publisher_file.read_bytes())
    problems.extend(_repeated_rules(packs))
    pictures, found = load_brand_pictures(folders, brands)
    problems.extend(found)
    digest.update(pictures.digest)
    if problems:
        raise RulesError(problems)
    allowed = sorted({host.strip().lower().rstrip(".") for host in allowed_hosts})
    digest.update("\n".join(allowed).encode())
    index = BrandIndex(tuple(brands.values()), frozenset(allowed))
    return _compile(packs, index, pictures, publishers, digest.hexdigest()[:16])


def _repeated_rules(packs: Iterable[PackFile]) -> list[Problem]:
    problems = []
    seen: dict[str, str] = {}
    for pack in packs:
        for number, rule in enumerate(pack.rules):
            name, line = f"{pack.id}/{rule.id}", pack.line("rules", number, "id")
            if name in seen:
                message = f"rule {name!r} is there twice, first in {seen[name]}"
                problems.append(Problem(pack.path, line, message, "give one of them another id"))
            seen.setdefault(name, f"{pack.path}:{line}")
    return problems


def _compile(
    packs: Sequence[PackFile],
    brands: BrandIndex,
    pictures: BrandPictures,
    publishers: frozenset[str],
    version: str,
) -> Rules:
    numbers: dict[Phrase, int] = {}
    expressions: dict[Pattern, int] = {}

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
            if written.disabled:
                continue
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
                    pack=pack.label,
                    patterns=frozenset(
                        expressions.setdefault(one.pattern, len(expressions)) for one in written.patterns
                    ),
                    identifiers=written.identifiers,
                )
            )
    phrases, patterns = PhraseIndex(tuple(numbers)), PatternIndex(tuple(expressions))
    return Rules(version, categories, brands, tuple(packs), tuple(rules), phrases, patterns, pictures, publishers)
