"""The grammar of queries: from the text that people write to conditions, with errors that point at the column.

any    = all ("OR" all)*
all    = one (["AND"] one)*
one    = ("NOT" | "-") one | "(" any ")" | field | word
word   = ["="] ('"' … '"' | letters) ["*" | "~"]
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum
from typing import Final, NoReturn

from search.condition import (
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

MAX_QUERY_CHARACTERS: Final = 1000
MAX_TERMS: Final = 40
MAX_DEPTH: Final = 10
MAX_STARS: Final = 4
"""Stars in one host pattern; more say nothing and cost much."""
VIETNAM: Final = timezone(timedelta(hours=7), "ICT")
"""Days in queries are days in Vietnam, which has kept no summer time since 1975."""
FILTER_FIELDS: Final = ("category", "source", "status", "severity", "host")
LABELS: Final = ("phone", "account", "wallet", "zalo", "telegram", "facebook", "email", "brand", "rule")
FIELDS: Final = (*FILTER_FIELDS, "seen", *LABELS, "sort")
MIN_SEVERITY, MAX_SEVERITY = 1, 4
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<open>\()
      | (?P<close>\))
      | (?P<minus>-(?=[^\s-]))
      | (?P<operator>AND|OR|NOT)(?=[\s()]|\Z)
      | (?P<field>[a-z_]+)(?P<comparison>:|>=|<=)(?P<value>"[^"]*"?|[^\s()]*)
      | (?P<exact>=)?(?:"(?P<phrase>[^"]*)(?P<end>"?)|(?P<word>[^\s()]+?))(?P<sign>[*~])?(?=[\s()]|\Z)
      | (?P<rest>[^\s()]+)
    )""",
    re.VERBOSE,
)
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_AGE = re.compile(r"([0-9]{1,5})([hdw])\Z")
_AGE_UNITS = {"h": "hours", "d": "days", "w": "weeks"}
_PHONE_SIGNS = re.compile(r"[\s.\-()]")


class QueryError(ValueError):
    """A query that cannot be understood; `column` counts from 1."""

    def __init__(self, column: int, message: str) -> None:
        super().__init__(f"column {column}: {message}")
        self.column = column
        self.message = message


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
        raise QueryError(MAX_QUERY_CHARACTERS, f"a query has at most {MAX_QUERY_CHARACTERS} characters")
    reading = _Reading([token for token in _TOKEN.finditer(text.rstrip()) if token[0].strip()], now)
    found = reading.any_of(0)
    if reading.token is not None:
        _fail(reading.token, "there is no ( that this ) closes")
    if found is None:
        return Read((), reading.order)
    return Read(found.conditions if isinstance(found, AllOf) else (found,), reading.order)


def _fail(token: re.Match[str], message: str) -> NoReturn:
    raise QueryError(_column(token), message)


def _column(token: re.Match[str]) -> int:
    return token.start() + len(token[0]) - len(token[0].lstrip()) + 1


@dataclass(slots=True)
class _Reading:
    tokens: list[re.Match[str]]
    now: datetime
    place: int = 0
    terms: int = 0
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
                _fail(operator, "OR needs something on both sides")
            found.append(self.all_of(depth))
            if found[-1] is None:
                _fail(operator, "OR needs something on both sides")
        present = tuple(condition for condition in found if condition is not None)
        return present[0] if len(present) == 1 else AnyOf(present) if present else None

    def all_of(self, depth: int) -> Condition | None:
        found: list[Condition] = []
        while (token := self.token) is not None and not token["close"] and not self.is_next("OR"):
            if self.is_next("AND"):
                operator = self.take()
                if not found or self.token is None or self.token["close"] or self.token["operator"] in ("AND", "OR"):
                    _fail(operator, "AND needs something on both sides")
                continue
            condition = self.one(depth)
            if condition is not None:
                found.append(condition)
        merged = _merged(found)
        return merged[0] if len(merged) == 1 else AllOf(merged) if merged else None

    def one(self, depth: int) -> Condition | None:
        token = self.take()
        if depth >= MAX_DEPTH:
            _fail(token, f"parentheses and NOT go at most {MAX_DEPTH} deep")
        if token["operator"] == "NOT" or token["minus"]:
            if self.token is None or self.token["close"] or self.token["operator"] in ("AND", "OR"):
                _fail(token, f"{token[0].strip()} needs something to take out")
            inner = self.one(depth + 1)
            return None if inner is None else _negated(inner)
        if token["open"]:
            inner = self.any_of(depth + 1)
            if self.token is None:
                _fail(token, "this ( is never closed")
            self.take()
            if inner is None:
                _fail(token, "there is nothing between ( and )")
            return inner
        if token["field"]:
            return self.field(token, is_inside=depth > 0)
        return self.term(token)

    def count(self, token: re.Match[str]) -> None:
        self.terms += 1
        if self.terms > MAX_TERMS:
            _fail(token, f"a query has at most {MAX_TERMS} words, phrases and fields")

    def term(self, token: re.Match[str]) -> Condition | None:
        if token["phrase"] is not None and not token["end"]:
            _fail(token, 'a phrase that starts with " must end with "')
        raw = token["rest"] or (token["phrase"] if token["phrase"] is not None else token["word"])
        is_exact, sign = token["exact"] is not None, token["sign"]
        words = exact_words_of(raw) if is_exact else words_of(raw)
        if sign == "*" and (not words or len(words[-1]) < 2):
            _fail(token, "a prefix needs at least two letters before its star")
        if sign == "~" and (is_exact or len(words) != 1 or not words[0].isalpha() or not edits_of(words[0])):
            _fail(token, "~ is for one word of at least three letters, without =")
        if not words and "*" in raw:
            _fail(token, "a prefix needs at least two letters before its star")
        if not words:
            # A dash or a comma between words, as in a headline that somebody pasted.
            return None
        self.count(token)
        return Term(words, is_prefix=sign == "*", is_exact=is_exact, is_fuzzy=sign == "~")

    def field(self, token: re.Match[str], is_inside: bool) -> Condition | None:
        name, comparison, value = token["field"], token["comparison"], token["value"]
        if name in ("http", "https"):
            self.count(token)
            return Term(words_of(token[0]))
        if name not in FIELDS:
            _fail(
                token,
                f"there is no field {name!r}; fields are {', '.join(FIELDS)}. "
                f'To look for the words themselves, write "{name} …"',
            )
        if _UNPRINTABLE.search(value):
            _fail(token, "a value holds letters, digits and signs only")
        if value.startswith('"') and (len(value) < 2 or not value.endswith('"')):
            _fail(token, 'a value that starts with " must end with "')
        value = value.strip('"')
        if not value:
            _fail(token, f"{name}{comparison} needs a value")
        if comparison != ":" and name != "severity":
            _fail(token, f"only severity can be compared; write {name}:{value}")
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
            _fail(token, f"a host pattern has at most {MAX_STARS} stars")
        return OneOf(name, (value.lower(),))

    def sort(self, token: re.Match[str], value: str, is_inside: bool) -> None:
        if value not in set(Order):
            _fail(token, f"sort: takes {', '.join(Order)}, not {value!r}")
        if is_inside:
            _fail(token, "sort: orders all answers; write it outside of parentheses and NOT")
        self.order = Order(value)

    def seen(self, token: re.Match[str], value: str) -> Condition:
        try:
            if age := _AGE.match(value):
                return SeenRange(self.now - timedelta(**{_AGE_UNITS[age[2]]: int(age[1])}), None)
            start, dots, end = value.partition("..")
            first, last = _day(start), _day(end if dots else start)
            seen = SeenRange(first, None if last is None else last + timedelta(days=1))
        except (ValueError, OverflowError):
            _fail(token, f"seen: takes an age (12h, 7d, 4w) or dates (2026-01-01..2026-01-31), not {value!r}")
        if first is None and last is None:
            _fail(token, "seen: needs a date before or after its dots")
        if first is not None and last is not None and last < first:
            _fail(token, f"seen:{value} ends before it starts")
        return seen


def _negated(condition: Condition) -> Condition:
    if isinstance(condition, Term):
        return replace(condition, is_excluded=not condition.is_excluded)
    return condition.condition if isinstance(condition, Not) else Not(condition)


def _merged(conditions: list[Condition]) -> tuple[Condition, ...]:
    """Values of one field side by side are alternatives; ranges of severity side by side narrow one another."""
    merged: list[Condition] = []
    values: dict[str, tuple[str, ...]] = {}
    low, high = MIN_SEVERITY, MAX_SEVERITY
    for condition in conditions:
        if isinstance(condition, AllOf):
            merged.append(condition)
        elif isinstance(condition, OneOf):
            values[condition.name] = (*values.get(condition.name, ()), *condition.values)
        elif isinstance(condition, SeverityRange):
            low, high = max(low, condition.low), min(high, condition.high)
        else:
            merged.append(condition)
    merged.extend(OneOf(name, found) for name, found in values.items())
    if (low, high) != (MIN_SEVERITY, MAX_SEVERITY):
        merged.append(SeverityRange(low, high))
    return tuple(merged)


def _severity(token: re.Match[str], comparison: str, value: str) -> Condition:
    if value not in {"1", "2", "3", "4"}:
        _fail(token, f"severity is 1 to 4, not {value!r}")
    if comparison == ">=":
        return SeverityRange(int(value), MAX_SEVERITY)
    if comparison == "<=":
        return SeverityRange(MIN_SEVERITY, int(value))
    return OneOf("severity", (value,))


def _label(token: re.Match[str], name: str, value: str) -> Condition:
    is_prefix = value.endswith("*")
    value = value.removesuffix("*")
    if "*" in value or len(value) < 2:
        _fail(token, f"{name}: takes a value of at least two characters, with a star at its end alone")
    if name == "phone":
        value = _phone(value)
    return Label(name, value.lower().removeprefix("@"), is_prefix)


def _phone(written: str) -> str:
    """A Vietnamese number as identifiers hold it, in E.164."""
    digits = _PHONE_SIGNS.sub("", written)
    if digits.startswith("0"):
        return f"+84{digits[1:]}"
    return digits if digits.startswith("+") else f"+{digits}"


def _day(text: str) -> datetime | None:
    """The first moment of a day in Vietnam; None for ""."""
    return datetime.combine(date.fromisoformat(text), time(), VIETNAM).astimezone(UTC) if text else None
