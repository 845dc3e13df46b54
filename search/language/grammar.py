"""The grammar of queries: from the text that people write to conditions, with errors that point at the column.

any    = all ("OR" all)*
all    = one (["AND"] one)*
one    = ("NOT" | "-") one | "(" any ")" | field | word
word   = ["="] ('"' … '"' | letters) ["*" | "~"]
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Final, NoReturn

from matchers.identifiers.cards import masked_card
from matchers.identifiers.kinds import KINDS
from search.language.condition import (
    AllOf,
    AnyOf,
    Condition,
    Label,
    Not,
    OneOf,
    SeenRange,
    SeverityRange,
    Term,
    edits_of,
    exact_words_of,
    words_of,
)
from search.language.mistakes import (
    FIELD_GUESSES,
    ORDER_GUESSES,
    SEVERITY_GUESSES,
    STATUS_GUESSES,
    Mistake,
    QueryError,
    meant,
)
from search.status import Status

MAX_QUERY_CHARACTERS: Final = 1000
MAX_TERMS: Final = 40
MAX_DEPTH: Final = 10
MAX_FUZZY: Final = 5
"""Fuzzy words in one query: each is compared with every word of the index that starts as it does."""
MAX_STARS: Final = 4
"""Stars in one host pattern; more say nothing and cost much."""
VIETNAM: Final = timezone(timedelta(hours=7), "ICT")
"""Days in queries are days in Vietnam, which has kept no summer time since 1975."""
FILTER_FIELDS: Final = ("category", "source", "status", "severity", "host")
LABELS: Final = (*(kind.field for kind in KINDS.values()), "brand", "rule")
FIELDS: Final = (*FILTER_FIELDS, "seen", *LABELS, "sort")
MIN_SEVERITY, MAX_SEVERITY = 1, 4
_STATUSES: Final = tuple(Status)
ANY_SEVERITY: Final = SeverityRange(MIN_SEVERITY, MAX_SEVERITY)
NO_SEVERITY: Final = SeverityRange(MAX_SEVERITY, MIN_SEVERITY)
_KNOWN: Final = "|".join(sorted({*FIELDS, *FIELD_GUESSES}))
"""Names that are fields in capitals too (a telephone writes the first letter so) and before any comparison, where a
value follows at once: "Hotline: 24h" is a headline."""
_TOKEN = re.compile(
    rf"""\s*(?:
        (?P<open>\()
      | (?P<close>\))
      | (?P<minus>-(?=[^\s-]))
      | (?P<operator>AND|OR|NOT)(?=[\s()]|\Z)
      | (?P<field>[a-z_]+(?=:|[<>]=)|(?ai:{_KNOWN})(?=[:<>=][^\s()]))
        (?P<comparison>:|[<>=]=?)(?P<value>"[^"]*"?|[^\s()]*)
      | (?P<exact>=)?(?:"(?P<phrase>[^"]*)(?P<end>"?)|(?P<word>[^\s()]+?))(?P<sign>[*~])?(?=[\s()]|\Z)
      | (?P<rest>[^\s()]+)
    )""",
    re.VERBOSE,
)
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_AGE = re.compile(r"([0-9]{1,5})([hdw])\Z")
_AGE_UNITS = {"h": "hours", "d": "days", "w": "weeks"}
_PHONE_BASED: Final = frozenset(kind.field for kind in KINDS.values() if kind.is_phone_based)
_LOCAL_NUMBER = re.compile(r"0[0-9 .\-()]+\Z")
_WHOLE_CARD = re.compile(r"[0-9](?:[ .\-]?[0-9]){12,18}\Z")
_PHONE_SIGNS = re.compile(r'[\s.\-()"]')
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{6})?)?(?:Z|[+-][0-9]{2}:[0-9]{2})?\Z"
)


class Order(StrEnum):
    """How hits follow one another; ties, and all within one severity, newest first.

    RELEVANCE puts first the hits whose title holds most of the query's words: a rule that people can check, and
    that every index follows alike.
    """

    NEWEST = "newest"
    SEVERITY = "severity"
    RELEVANCE = "relevance"


@dataclass(frozen=True, slots=True)
class Read:
    """What a text asks for: conditions that must all hold, and the order of the answers."""

    conditions: tuple[Condition, ...]
    order: Order


def read(text: str, now: datetime) -> Read:
    """The conditions that `text` spells; ages count from `now`. Raises QueryError with the column."""
    if len(text) > MAX_QUERY_CHARACTERS:
        raise QueryError(MAX_QUERY_CHARACTERS, Mistake.TOO_LONG, most=MAX_QUERY_CHARACTERS)
    reading = _Reading([token for token in _TOKEN.finditer(text.rstrip()) if token[0].strip()], now)
    found = reading.any_of(0)
    if reading.token is not None:
        _fail(reading.token, Mistake.STRAY_CLOSE)
    return Read(() if found is None else _conjuncts(found), reading.order)


def _conjuncts(condition: Condition) -> tuple[Condition, ...]:
    """What must all hold; a range of all severities says nothing there."""
    if not isinstance(condition, AllOf):
        return () if condition == ANY_SEVERITY else (condition,)
    parts = tuple(part for part in condition.conditions if part != ANY_SEVERITY)
    return _conjuncts(parts[0]) if len(parts) == 1 else parts


def _fail(token: re.Match[str], mistake: Mistake, suggestion: str = "", **parameters: object) -> NoReturn:
    raise QueryError(_column(token), mistake, suggestion, **parameters)


def _instead(token: re.Match[str], group: str, meant: str) -> str:
    """The whole query with one part of a token written as it was probably meant; "" where nothing was."""
    return f"{token.string[: token.start(group)]}{meant}{token.string[token.end(group) :]}" if meant else ""


def _column(token: re.Match[str]) -> int:
    return token.start() + len(token[0]) - len(token[0].lstrip()) + 1


@dataclass(slots=True)
class _Reading:
    tokens: list[re.Match[str]]
    now: datetime
    place: int = 0
    terms: int = 0
    fuzzy: int = 0
    order: Order = Order.NEWEST
    last: re.Match[str] | None = field(default=None)

    @property
    def token(self) -> re.Match[str] | None:
        return self.tokens[self.place] if self.place < len(self.tokens) else None

    def take(self) -> re.Match[str]:
        token = self.tokens[self.place]
        self.place += 1
        return token

    def is_next(self, operator: str) -> bool:
        return self.token is not None and self.token["operator"] == operator

    def any_of(self, depth: int) -> Condition | None:
        """Alternatives, up to the end or a closing parenthesis. None where nothing is asked for."""
        found = [self.all_of(depth)]
        while self.is_next("OR"):
            operator = self.take()
            if found[-1] is None:
                _fail(operator, Mistake.LONELY_OPERATOR, operator="OR")
            found.append(self.all_of(depth))
            if found[-1] is None:
                _fail(operator, Mistake.LONELY_OPERATOR, operator="OR")
        present = tuple(condition for condition in found if condition is not None)
        return present[0] if len(present) == 1 else AnyOf(present) if present else None

    def all_of(self, depth: int) -> Condition | None:
        found: list[_Part] = []
        run = 0
        while (token := self.token) is not None and not token["close"] and not self.is_next("OR"):
            if self.is_next("AND"):
                operator = self.take()
                if not found or self.token is None or self.token["close"] or self.token["operator"] in ("AND", "OR"):
                    _fail(operator, Mistake.LONELY_OPERATOR, operator="AND")
                run += 1
                continue
            condition = self.one(depth)
            if condition is not None:
                found.append(_Part(condition, run if token["field"] else None))
        merged = _merged(found)
        return merged[0] if len(merged) == 1 else AllOf(merged) if merged else None

    def one(self, depth: int) -> Condition | None:
        token = self.take()
        if depth >= MAX_DEPTH:
            _fail(token, Mistake.TOO_DEEP, most=MAX_DEPTH)
        if token["operator"] == "NOT" or token["minus"]:
            if self.token is None or self.token["close"] or self.token["operator"] in ("AND", "OR"):
                _fail(token, Mistake.LONELY_MINUS, operator=token[0].strip())
            inner = self.one(depth + 1)
            return None if inner is None else _negated(inner)
        if token["open"]:
            inner = self.any_of(depth + 1)
            if self.token is None:
                _fail(token, Mistake.UNCLOSED_GROUP)
            self.take()
            if inner is None:
                _fail(token, Mistake.EMPTY_GROUP)
            return inner
        if token["field"]:
            return self.field(token, is_inside=depth > 0)
        return self.term(token)

    def count(self, token: re.Match[str]) -> None:
        self.terms += 1
        if self.terms > MAX_TERMS:
            _fail(token, Mistake.TOO_MANY_TERMS, most=MAX_TERMS)

    def term(self, token: re.Match[str]) -> Condition | None:
        if token["phrase"] is not None and not token["end"]:
            _fail(token, Mistake.UNCLOSED_PHRASE)
        raw = token["rest"] or (token["phrase"] if token["phrase"] is not None else token["word"])
        is_exact, sign = token["exact"] is not None, token["sign"]
        words = exact_words_of(raw) if is_exact else words_of(raw)
        if sign == "*" and (not words or len(words[-1]) < 2):
            _fail(token, Mistake.SHORT_PREFIX)
        if sign == "~" and (is_exact or len(words) != 1 or not words[0].isalpha() or not edits_of(words[0])):
            _fail(token, Mistake.WRONG_FUZZY)
        if not words and "*" in raw:
            _fail(token, Mistake.SHORT_PREFIX)
        if not words:
            # A dash or a comma between words, as in a headline that somebody pasted.
            return None
        self.count(token)
        self.fuzzy += sign == "~"
        if self.fuzzy > MAX_FUZZY:
            _fail(token, Mistake.MANY_FUZZY, most=MAX_FUZZY)
        return Term(words, sign == "*", is_exact=is_exact, is_fuzzy=sign == "~", written=token[0].strip())

    def field(self, token: re.Match[str], is_inside: bool) -> Condition | None:
        name, comparison, value = token["field"].lower(), token["comparison"], token["value"]
        if name in ("http", "https"):
            self.count(token)
            return Term(words_of(token[0]), written=token[0].strip())
        if name not in FIELDS:
            _fail_at_field(token, name)
        if _UNPRINTABLE.search(value):
            _fail(token, Mistake.UNPRINTABLE_VALUE)
        if value.startswith('"') and (len(value) < 2 or not value.endswith('"')):
            _fail(token, Mistake.UNCLOSED_VALUE)
        if value.endswith('"') and not value.startswith('"'):
            _fail(token, Mistake.UNOPENED_VALUE, _instead(token, "value", f'"{value}'))
        value = value.strip('"')
        if not value:
            _fail(token, Mistake.MISSING_VALUE, field=f"{name}{comparison}")
        if comparison != ":" and name != "severity":
            _fail(token, Mistake.NOT_COMPARABLE, _instead(token, "comparison", ":"), name=name, value=value)
        if name == "sort":
            self.sort(token, value, is_inside)
            return None
        self.count(token)
        if name == "severity":
            return _severity(token, comparison, value)
        if name == "seen":
            return self.seen(token, value)
        if name in LABELS:
            return _label(token, name, value)
        if name == "host" and value.count("*") > MAX_STARS:
            _fail(token, Mistake.MANY_STARS, most=MAX_STARS)
        if name == "status" and value.lower() not in _STATUSES:
            _fail_at_value(token, Mistake.UNKNOWN_STATUS, value, _STATUSES, STATUS_GUESSES)
        return OneOf(name, (value.lower(),))

    def sort(self, token: re.Match[str], value: str, is_inside: bool) -> None:
        if value.lower() not in set(Order):
            _fail_at_value(token, Mistake.UNKNOWN_ORDER, value, tuple(Order), ORDER_GUESSES)
        if is_inside:
            _fail(token, Mistake.MISPLACED_ORDER)
        self.order = Order(value.lower())

    def seen(self, token: re.Match[str], value: str) -> Condition:
        try:
            if age := _AGE.match(value.lower()):
                return SeenRange(self.now - timedelta(**{_AGE_UNITS[age[2]]: int(age[1])}), None, age[0])
            start, dots, end = value.partition("..")
            first, last = _moment(start), _moment(end if dots else start, is_end=True)
        except (ValueError, OverflowError):
            _fail(token, Mistake.UNKNOWN_TIME, value=value)
        if first is None and last is None:
            _fail(token, Mistake.MISSING_TIME)
        if first is not None and last is not None and last <= first:
            _fail(token, Mistake.REVERSED_TIME, value=value)
        return SeenRange(first, last)


def _fail_at_field(token: re.Match[str], name: str) -> NoReturn:
    near = meant(name, FIELDS, FIELD_GUESSES)
    if near:
        comparison = token["comparison"] if near == "severity" else ":"
        before, after = token.string[: token.start("field")], token.string[token.end("comparison") :]
        suggestion = f"{before}{near}{comparison}{after}"
        _fail(token, Mistake.MISSPELT_FIELD, suggestion, name=name, near=near)
    _fail(token, Mistake.UNKNOWN_FIELD, name=name, choices=", ".join(FIELDS))


def _fail_at_value(
    token: re.Match[str], mistake: Mistake, value: str, choices: Sequence[str], guesses: Mapping[str, str]
) -> NoReturn:
    near = meant(value.lower(), choices, guesses)
    _fail(token, mistake, _instead(token, "value", near), value=value, choices=", ".join(choices))


def _negated(condition: Condition) -> Condition:
    if isinstance(condition, Term):
        return replace(condition, is_excluded=not condition.is_excluded)
    return condition.condition if isinstance(condition, Not) else Not(condition)


@dataclass(frozen=True, slots=True)
class _Part:
    """One of several conditions that must all hold; `run` counts the ANDs before it, None where it is no bare field."""

    condition: Condition
    run: int | None


def _merged(parts: list[_Part]) -> tuple[Condition, ...]:
    """Values of one field side by side are alternatives; ranges of severity side by side narrow one another.

    Values with an AND between them, or within parentheses, are no alternatives of the others: both must hold. All but
    the last of a field are conditions in parentheses then.
    """
    merged: list[Condition] = []
    values: dict[tuple[str, int], tuple[str, ...]] = {}
    ranges: list[SeverityRange] = []
    for place, part in enumerate(parts):
        condition = part.condition
        if isinstance(condition, AllOf):
            # Values in parentheses are no alternatives of those outside; all else may as well stand outside.
            is_apart = any(isinstance(part, (OneOf, SeverityRange)) for part in condition.conditions)
            merged.extend((condition,) if is_apart else condition.conditions)
        elif isinstance(condition, OneOf):
            key = (condition.name, -place - 1 if part.run is None else part.run)
            values[key] = (*values.get(key, ()), *condition.values)
        elif isinstance(condition, SeverityRange):
            ranges.append(condition)
        else:
            merged.append(condition)
    fields = [OneOf(name, found) for (name, _), found in values.items()]
    last = {one.name: one for one in fields}
    merged.extend(AllOf((one,)) for one in fields if one is not last[one.name])
    merged.extend(last.values())
    if ranges:
        merged.append(SeverityRange(max(one.low for one in ranges), min(one.high for one in ranges)))
    return tuple(merged)


def _severity(token: re.Match[str], comparison: str, value: str) -> Condition:
    if value not in {"1", "2", "3", "4"}:
        _fail_at_value(token, Mistake.UNKNOWN_SEVERITY, value, (), SEVERITY_GUESSES)
    severity = int(value)
    match comparison:
        case ">=":
            return SeverityRange(severity, MAX_SEVERITY)
        case "<=":
            return SeverityRange(MIN_SEVERITY, severity)
        case ">":
            return SeverityRange(severity + 1, MAX_SEVERITY) if severity < MAX_SEVERITY else NO_SEVERITY
        case "<":
            return SeverityRange(MIN_SEVERITY, severity - 1) if severity > MIN_SEVERITY else NO_SEVERITY
    return OneOf("severity", (value,))


def _label(token: re.Match[str], name: str, value: str) -> Condition:
    is_prefix = value.endswith("*")
    value = value.removesuffix("*")
    if "*" in value or len(value) < 2:
        _fail(token, Mistake.SHORT_LABEL, name=name)
    if name == "phone":
        value = _phone(value)
        if not any(map(str.isdigit, value)):
            _fail(token, Mistake.NO_DIGITS)
    elif name in _PHONE_BASED and _LOCAL_NUMBER.match(value):
        value = _phone(value)
    elif name == "card" and _WHOLE_CARD.match(value):
        value = masked_card(value)
    return Label(name, value.lower().removeprefix("@"), is_prefix)


def _phone(written: str) -> str:
    """A Vietnamese number as identifiers hold it, in E.164."""
    digits = _PHONE_SIGNS.sub("", written)
    if digits.startswith("0"):
        return f"+84{digits[1:]}"
    return digits if digits.startswith("+") else f"+{digits}"


def _moment(text: str, is_end: bool = False) -> datetime | None:
    """A moment in Vietnam unless it names its zone, or the first of a day there; None for "".

    With `is_end` a day stands for the first moment after it. Raises ValueError or OverflowError.
    """
    if not text:
        return None
    if not _DAY.match(text) and not _MOMENT.match(text):
        raise ValueError(f"{text!r} is neither a day nor a moment")
    moment = datetime.fromisoformat(text)
    there = moment.replace(tzinfo=VIETNAM) if moment.tzinfo is None else moment.astimezone(VIETNAM)
    if is_end and _DAY.match(text):
        there += timedelta(days=1)
    return there.astimezone(UTC)
