"""Sources: what to watch, how often, with which spider, how politely. One YAML file each, written by operators."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import soupsieve
import yaml
from apscheduler.triggers.cron import CronTrigger
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from crawler.guard import urlsplit_safely

TIME_ZONE: Final = "Asia/Ho_Chi_Minh"
"""Cron lines are read in this zone."""
SUFFIXES: Final = (".yaml", ".yml")
INTERVAL_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}
_WEEKDAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NUMBERED_DAYS: Final = re.compile(r"(?:\*|([0-7])(?:-([0-7]))?)(?:/([1-7]))?\Z")
_SCHEDULE_FORMS: Final = "write 5m, 2h, 1d or a cron line such as '0 6 * * *'"
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
    """A mistake in a source file: where, what, and the way out. `line` counts from 1; 0 is the file as a whole."""

    file: Path
    line: int
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else str(self.file)
        return f"{place}: {self.message}"


class SourceError(Exception):
    """Source files that cannot be used, with every problem found in them."""

    def __init__(self, problems: Sequence[SourceProblem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


def parse_interval(every: str) -> timedelta | None:
    """The interval that `5m`, `2h` or `1d` spells; None for a cron line."""
    found = _INTERVAL.match(every)
    return timedelta(**{INTERVAL_UNITS[found[2]]: int(found[1])}) if found else None


def cron_trigger(line: str) -> CronTrigger:
    """APScheduler's trigger for a cron line, read in `TIME_ZONE`. Raises ValueError.

    Weekdays are those of crontab(5), where 0 and 7 are Sunday; APScheduler 3 counts from Monday.
    """
    fields = line.split()
    if len(fields) == 5:
        fields[4] = ",".join(_named_days(part) for part in fields[4].split(","))
    return CronTrigger.from_crontab(" ".join(fields), timezone=TIME_ZONE)


def _named_days(part: str) -> str:
    found = _NUMBERED_DAYS.match(part)
    if part == "*" or found is None:
        return part
    first = int(found[1]) if found[1] else 0
    last = int(found[2]) if found[2] else first if found[1] and not found[3] else 6
    return ",".join(_WEEKDAYS[first : last + 1 : int(found[3] or 1)]) or part


def _schedule(value: str) -> str:
    interval = parse_interval(value)
    if interval is not None:
        if interval < timedelta(minutes=1):
            raise ValueError("0 is no interval; write at least 1m")
        return value
    try:
        comes_at = cron_trigger(value).get_next_fire_time(None, datetime.now(UTC))
    except ValueError:
        raise ValueError(f"{value!r} is not a schedule; {_SCHEDULE_FORMS}") from None
    if comes_at is None:
        raise ValueError(f"{value!r} never comes; look at its day and month")
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
            raise _wrong_start(f"a source of kind {self.kind} needs at least one address")
        if self.kind not in (SourceKind.DOMAINS, SourceKind.LINKS):
            for address in self.start:
                if urlsplit_safely(address)[0] not in ("http", "https"):
                    raise _wrong_start(f"{address!r} is not an http(s) address")
        return self

    @property
    def interval(self) -> timedelta | None:
        """The interval between two runs, or None where `every` is a cron line."""
        return parse_interval(self.every)


def load_source(path: Path) -> Source:
    """The source that `path` describes. Raises SourceError with file, line and remedy of every mistake.

    Files named under `start` are found beside the source's own.
    """
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise SourceError([SourceProblem(path, line, "not UTF-8; save the file as UTF-8")]) from error
    except OSError as error:
        raise SourceError([SourceProblem(path, 0, f"cannot be read: {error.strerror}")]) from error
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        fields = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise SourceError([_yaml_problem(path, text, error)]) from error
    except ValueError as error:
        # SafeLoader reads 2026-13-45 as a date and lets datetime's own error out, without a place.
        raise SourceError([SourceProblem(path, 0, f"not YAML: {error}; put dates and times in quotes")]) from error
    if not isinstance(node, yaml.MappingNode) or not isinstance(fields, dict):
        problem = SourceProblem(path, 1, "a source is a list of `name: value` lines, see docs/operators.md")
        raise SourceError([problem])
    if twice := list(_keys_twice(path, node)):
        raise SourceError(twice)
    try:
        source = Source.model_validate(fields)
    except ValidationError as error:
        problems = [_field_problem(path, node, details) for details in error.errors()]
        raise SourceError(sorted(problems, key=lambda problem: problem.line)) from error
    start = tuple(a if urlsplit_safely(a)[0] else str(path.absolute().parent / a) for a in source.start)
    return source.model_copy(update={"start": start})


def load_sources(folders: Iterable[Path]) -> list[Source]:
    """Every source of these folders, by name.

    Raises SourceError with the problems of all files, two sources of one name and a missing folder included.
    """
    sources, problems = read_sources(folders)
    if problems:
        raise SourceError(problems)
    return sources


def read_sources(folders: Iterable[Path]) -> tuple[list[Source], list[SourceProblem]]:
    """The sources of these folders that can be used, by name, and every problem of the others.

    One broken file must not stop what the rest watch.
    """
    sources: dict[str, Source] = {}
    files: dict[str, Path] = {}
    problems: list[SourceProblem] = []
    for folder in folders:
        if not folder.is_dir():
            problems.append(SourceProblem(folder, 0, "no such folder; correct crawl.sources in luoitroi.toml"))
            continue
        for path in sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES):
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
    return [sources[name] for name in sorted(sources)], problems


def _wrong_start(message: str) -> PydanticCustomError:
    return PydanticCustomError("start", "{message}; write https://ten-mien.vn/…", {"message": message})


def _yaml_problem(path: Path, text: str, error: yaml.YAMLError) -> SourceProblem:
    if isinstance(error, yaml.reader.ReaderError):
        line = text.count("\n", 0, error.position) + 1
        return SourceProblem(path, line, f"the character U+{ord(text[error.position]):04X} may not stand in YAML")
    mark = getattr(error, "problem_mark", None)
    said = getattr(error, "problem", None) or str(error)
    line = mark.line + 1 if mark is not None else 0
    return SourceProblem(path, line, f"not YAML: {said}; check indentation, colons and quotes here")


def _keys_twice(path: Path, node: yaml.MappingNode) -> Iterator[SourceProblem]:
    seen: dict[str, int] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if key.value in seen:
            yield SourceProblem(path, line, f"{key.value!r} stands in line {seen[key.value]} already; keep one of them")
        seen[key.value] = line
        if isinstance(value, yaml.MappingNode):
            yield from _keys_twice(path, value)


def _field_problem(path: Path, node: yaml.MappingNode, details: Mapping[str, Any]) -> SourceProblem:
    location = ("start",) if details["type"] == "start" else details["loc"]
    return SourceProblem(path, _line_of(node, location), _field_message(location, details))


def _field_message(location: Sequence[str | int], details: Mapping[str, Any]) -> str:
    place, kind, given = ".".join(map(str, location)), details["type"], details["input"]
    context = details.get("ctx", {})
    match kind:
        case "extra_forbidden":
            known = _fields_at(location[:-1])
            near = get_close_matches(str(location[-1]), known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
            return f"there is no field {place!r}; {hint}"
        case "missing":
            return f"the field {place!r} is missing; add it, see docs/operators.md"
        case "string_pattern_mismatch":
            return f"{place}: {given!r} is no name; it holds small letters, digits and hyphens only"
        case "string_too_short":
            return f"{place} is empty; say what people call the place"
        case "string_type":
            remedy = _SCHEDULE_FORMS if place == "every" else "put it in quotes"
            return f"{place}: {given!r} is not text; {remedy}"
        case "tuple_type":
            return f"{place}: {given!r} is not a list; write [{given}]"
        case "enum":
            return f"{place}: {given!r} is not one of {context['expected'].replace(' or ', ', ')}"
        case "bool_parsing" | "bool_type":
            return f"{place}: {given!r} is neither true nor false"
        case "int_parsing" | "int_type" | "int_from_float" | "float_parsing" | "float_type":
            return f"{place}: {given!r} is not a {'whole ' if kind.startswith('int') else ''}number"
        case "greater_than_equal":
            return f"{place}: {given} is too small; at least {context['ge']:g}"
        case "less_than_equal":
            return f"{place}: {given} is too large; at most {context['le']:g}"
        case "model_type" | "model_attributes_type":
            return (
                f"{place}: {given!r} is no group of fields; write {', '.join(_fields_at(location))} indented below it"
            )
        case _:
            return f"{place}: {details['msg'].removeprefix('Value error, ')}"


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
