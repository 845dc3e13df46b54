"""Sources: what to watch, how often, with which spider, how politely. One YAML file each, written by operators."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import soupsieve
import yaml
from apscheduler.triggers.cron import CronTrigger
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from crawler.guard import urlsplit_safely

INTERVAL_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}
_INTERVAL = re.compile(r"(\d{1,4})([mhd])\Z")
_NAME_PATTERN = r"^[a-z0-9][a-z0-9-]{0,63}$"


class SourceKind(StrEnum):
    NEWS = "news"
    ADS = "ads"
    SOCIAL = "social"
    DOMAINS = "domains"
    LINKS = "links"


class Device(StrEnum):
    DESKTOP = "desktop"
    MOBILE = "mobile"


@dataclass(frozen=True, slots=True)
class SourceProblem:
    """A mistake in a source file: where, what, and the way out."""

    file: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class SourceError(Exception):
    """Source files that cannot be used, with every problem found in them."""

    def __init__(self, problems: Sequence[SourceProblem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


def parse_interval(every: str) -> timedelta | None:
    """The interval that `5m`, `2h` or `1d` spells; None for a cron line."""
    found = _INTERVAL.match(every)
    return timedelta(**{INTERVAL_UNITS[found[2]]: int(found[1])}) if found else None


def _schedule(value: str) -> str:
    interval = parse_interval(value)
    if interval is not None:
        if interval < timedelta(minutes=1):
            raise ValueError("0 is no interval; write at least 1m")
        return value
    try:
        CronTrigger.from_crontab(value)
    except ValueError:
        raise ValueError(f"{value!r} is not a schedule; write 5m, 2h, 1d or a cron line such as '0 6 * * *'") from None
    return value


def _selector(value: str) -> str:
    try:
        soupsieve.compile(value)
    except soupsieve.SelectorSyntaxError as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"{value!r} is not a CSS selector: {reason}") from None
    return value


def _start(value: str) -> str:
    scheme, host = urlsplit_safely(value)
    if scheme in ("http", "https") and not host:
        raise ValueError(f"{value!r} has no host; write https://ten-mien.vn/…")
    if scheme not in ("http", "https", "") or not value.strip():
        raise ValueError(f"{value!r} is neither an http(s) address nor a file")
    return value


Selector = Annotated[str, AfterValidator(_selector)]
Schedule = Annotated[str, AfterValidator(_schedule)]
Start = Annotated[str, AfterValidator(_start)]


class Selectors(BaseModel):
    """CSS selectors that say where things stand on a source's pages; each has a sensible guess without it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    article_links: Selector | None = None
    title: Selector | None = None
    text: Selector | None = None
    byline: Selector | None = None
    sponsored: Selector | None = None
    """Something that only paid posts carry."""
    post: Selector | None = None
    post_text: Selector | None = None
    post_link: Selector | None = None
    ad_slot: Selector | None = None


class Limits(BaseModel):
    """How far one crawl goes, and how politely."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pages: int = Field(default=500, ge=1, le=1_000_000)
    delay_seconds: float = Field(default=1.0, ge=0, le=600)
    concurrency: int = Field(default=2, ge=1, le=64)


class Source(BaseModel):
    """One source file. Addresses in `start` are pages or feeds; `domains` and `links` also take files."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=_NAME_PATTERN)
    title: str = Field(min_length=1)
    kind: SourceKind
    every: Schedule
    start: tuple[Start, ...] = ()
    render: bool = False
    """Fetch with Chromium instead of plain HTTP."""
    device: Device = Device.DESKTOP
    selectors: Selectors = Selectors()
    scrolls: int = Field(default=0, ge=0, le=100)
    """How often a rendered page is scrolled to its end before it is read."""
    follow: bool = True
    """Visit, one hop, where paid posts, posts and suspicious host names lead."""
    limits: Limits = Limits()
    robots_lifted_by: str = ""
    """The legal order that lets this source be read against its robots.txt; empty keeps robots.txt."""
    enabled: bool = True
    unverified: bool = False
    """Nobody has run this source online yet."""

    @model_validator(mode="after")
    def _needs_start(self) -> Source:
        if not self.start and self.kind is not SourceKind.LINKS:
            raise ValueError(f"a source of kind {self.kind} needs at least one address under start:")
        if self.kind not in (SourceKind.DOMAINS, SourceKind.LINKS):
            for address in self.start:
                if urlsplit_safely(address)[0] not in ("http", "https"):
                    raise ValueError(f"start: {address!r} is not an http(s) address")
        return self

    @property
    def interval(self) -> timedelta | None:
        """The interval between two runs, or None where `every` is a cron line."""
        return parse_interval(self.every)


def load_source(path: Path) -> Source:
    """The source that `path` describes. Raises SourceError with file, line and remedy of every mistake."""
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise SourceError([SourceProblem(path, 1, f"not UTF-8 ({error.reason}); save the file as UTF-8")]) from error
    except OSError as error:
        raise SourceError([SourceProblem(path, 1, f"cannot be read: {error.strerror}")]) from error
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        fields = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise SourceError([_yaml_problem(path, error)]) from error
    if not isinstance(node, yaml.MappingNode) or not isinstance(fields, dict):
        problem = SourceProblem(path, 1, "a source is a list of `name: value` lines, see docs/operators.md")
        raise SourceError([problem])
    try:
        return Source.model_validate(fields)
    except ValidationError as error:
        raise SourceError([_field_problem(path, node, details) for details in error.errors()]) from error


def load_sources(folders: Iterable[Path]) -> list[Source]:
    """Every source of these folders, by name.

    Raises SourceError with the problems of all files, two sources of one name and a missing folder included.
    """
    sources: dict[str, Source] = {}
    files: dict[str, Path] = {}
    problems: list[SourceProblem] = []
    for folder in folders:
        if not folder.is_dir():
            problems.append(SourceProblem(folder, 0, "no such folder; correct crawl.sources in luoitroi.toml"))
            continue
        for path in sorted(folder.glob("*.yaml")):
            try:
                source = load_source(path)
            except SourceError as error:
                problems.extend(error.problems)
                continue
            if source.name in sources:
                message = f"the name {source.name!r} is taken by {files[source.name]}; give it another"
                problems.append(SourceProblem(path, 1, message))
            else:
                sources[source.name], files[source.name] = source, path
    if problems:
        raise SourceError(problems)
    return [sources[name] for name in sorted(sources)]


def _yaml_problem(path: Path, error: yaml.YAMLError) -> SourceProblem:
    mark = getattr(error, "problem_mark", None)
    said = getattr(error, "problem", None) or str(error)
    line = mark.line + 1 if mark is not None else 1
    return SourceProblem(path, line, f"not YAML: {said}; check indentation, colons and quotes here")


def _field_problem(path: Path, node: yaml.MappingNode, details: Any) -> SourceProblem:
    place = ".".join(str(part) for part in details["loc"])
    message = details["msg"].removeprefix("Value error, ")
    if details["type"] == "extra_forbidden":
        known = _fields_at(details["loc"][:-1])
        message = f"there is no field {place!r}; known are {', '.join(known)}"
    elif details["type"] == "missing":
        message = f"the field {place!r} is missing"
    elif details["type"] == "string_pattern_mismatch" and place == "name":
        message = "a name holds small letters, digits and hyphens only"
    elif place:
        message = f"{place}: {message}"
    return SourceProblem(path, _line_of(node, details["loc"]), message)


def _fields_at(location: Sequence[str | int]) -> list[str]:
    models: dict[str | int, type[BaseModel]] = {"selectors": Selectors, "limits": Limits}
    model = models.get(location[-1], Source) if location else Source
    return sorted(model.model_fields)


def _line_of(node: yaml.Node, location: Sequence[str | int]) -> int:
    """The line, from 1, of the deepest part of `location` that the file has."""
    line = node.start_mark.line + 1
    for part in location:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == part), None)
            if found is None:
                return line
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            return line
    return line
