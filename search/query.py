"""The query language of the search box, the command line and scripts.

    lừa đảo "chuyển tiền" vay* -báo  category:loan_credit severity>=3 host:*.top seen:7d sort:severity

Words must all occur, whatever their marks; "phrases" in order; a star ends a prefix; a minus excludes.
Values of one field are alternatives, different fields all hold. Errors point at the column.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum
from typing import Final

from matchers.normalise import fold_text

MAX_QUERY_CHARACTERS: Final = 1000
MAX_TERMS: Final = 40
MAX_PAGE_SIZE: Final = 200
MAX_OFFSET: Final = 1_000_000
MAX_STARS: Final = 4
"""Stars in one host pattern; more say nothing and cost much."""
VIETNAM: Final = timezone(timedelta(hours=7), "ICT")
"""Days in queries are days in Vietnam, which has kept no summer time since 1975."""
FILTER_FIELDS: Final = ("category", "source", "status", "severity", "host")
_FIELDS: Final = (*FILTER_FIELDS, "seen", "sort")
_WORDS = re.compile("[a-z0-9\x80-\U0010ffff]+")
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_PIECE = re.compile(
    r"""\s*(?P<minus>-)?(?:
        (?P<field>[a-z_]+)(?P<operator>:|>=|<=)(?P<value>"[^"]*"|\S*)
      | "(?P<phrase>[^"]*)(?P<close>"?)
      | (?P<word>\S+)
    )""",
    re.VERBOSE,
)
_AGE = re.compile(r"(\d{1,5})([hdw])\Z")
_AGE_UNITS = {"h": "hours", "d": "days", "w": "weeks"}


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
class Term:
    """Folded words that must occur in this order (or must not); `is_prefix` opens the last one's end."""

    words: tuple[str, ...]
    is_prefix: bool = False
    is_excluded: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query. `filters` maps a field to its alternatives, `excluded` to what must not be."""

    terms: tuple[Term, ...] = ()
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    excluded: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    min_severity: int = 1
    max_severity: int = 4
    seen_from: datetime | None = None
    seen_until: datetime | None = None
    order: Order = Order.NEWEST
    limit: int = 50
    offset: int = 0

    def page(self, limit: int, offset: int) -> Query:
        """The same query, another page of its answers."""
        return replace(self, limit=max(1, min(limit, MAX_PAGE_SIZE)), offset=max(0, min(offset, MAX_OFFSET)))


def words_of(text: str) -> tuple[str, ...]:
    """The words of `text`, folded: what every index holds of a text and looks up for a query.

    >>> words_of("Vay 5.000.000đ, LÃI thấp!")
    ('vay', '5', '000', '000d', 'lai', 'thap')
    """
    # The space before: folding reads the zero of " 0k" as a letter, and must whether the word comes first or not.
    return tuple(_WORDS.findall(fold_text(f" {text}")))


def parse(text: str, now: datetime | None = None) -> Query:
    """The Query that `text` spells. `now` (aware, default the clock) is what ages like `seen:7d` count from.

    Raises QueryError with the column.
    """
    if len(text) > MAX_QUERY_CHARACTERS:
        raise QueryError(MAX_QUERY_CHARACTERS, f"a query has at most {MAX_QUERY_CHARACTERS} characters")
    reading = _Reading(now or datetime.now(UTC))
    for piece in _PIECE.finditer(text.rstrip()):
        column = piece.start() + len(piece[0]) - len(piece[0].lstrip()) + 1
        if piece["field"] is not None:
            reading.take_field(piece, column)
        else:
            reading.take_term(piece, column)
    return reading.query()


class _Reading:
    def __init__(self, now: datetime) -> None:
        self.now = now
        self.terms: list[Term] = []
        self.filters: dict[str, tuple[str, ...]] = {}
        self.excluded: dict[str, tuple[str, ...]] = {}
        self.severity = [1, 4]
        self.seen: list[datetime | None] = [None, None]
        self.order = Order.NEWEST

    def query(self) -> Query:
        return Query(
            terms=tuple(self.terms),
            filters=self.filters,
            excluded=self.excluded,
            min_severity=self.severity[0],
            max_severity=self.severity[1],
            seen_from=self.seen[0],
            seen_until=self.seen[1],
            order=self.order,
        )

    def take_term(self, piece: re.Match[str], column: int) -> None:
        if piece["phrase"] is not None and not piece["close"]:
            raise QueryError(column, 'a phrase that starts with " must end with "')
        raw = piece["phrase"] if piece["phrase"] is not None else piece["word"]
        words = words_of(raw)
        is_prefix = piece["word"] is not None and raw.endswith("*")
        if not words and is_prefix:
            raise QueryError(column, "a prefix needs at least two letters before its star")
        if not words:
            # A dash or a comma between words, as in a headline that somebody pasted.
            return
        if is_prefix and len(words[-1]) < 2:
            raise QueryError(column, "a prefix needs at least two letters before its star")
        self._add_term(Term(words, is_prefix, piece["minus"] is not None), column)

    def _add_term(self, term: Term, column: int) -> None:
        if len(self.terms) >= MAX_TERMS:
            raise QueryError(column, f"a query has at most {MAX_TERMS} words and phrases")
        self.terms.append(term)

    def take_field(self, piece: re.Match[str], column: int) -> None:
        name, operator, value = piece["field"], piece["operator"], _unquoted(piece["value"], column)
        if name in ("http", "https"):
            words = words_of(piece[0])
            self._add_term(Term(words, is_excluded=piece["minus"] is not None), column)
            return
        if name not in _FIELDS:
            raise QueryError(
                column,
                f"there is no field {name!r}; fields are {', '.join(_FIELDS)}. "
                f'To look for the words themselves, write "{name} …"',
            )
        if not value:
            raise QueryError(column, f"{name}{operator} needs a value")
        if operator != ":" and name != "severity":
            raise QueryError(column, f"only severity can be compared; write {name}:{value}")
        if piece["minus"] and (operator != ":" or name not in FILTER_FIELDS):
            raise QueryError(column, f"{name}{operator} cannot be excluded; leave the minus out")
        if name == "severity":
            self._severity(operator, value, piece["minus"], column)
        elif name == "seen":
            self._seen(value, column)
        elif name == "sort":
            if value not in set(Order):
                raise QueryError(column, f"sort: takes {', '.join(Order)}, not {value!r}")
            self.order = Order(value)
        else:
            self._filter(name, value, piece["minus"], column)

    def _filter(self, name: str, value: str, minus: str | None, column: int) -> None:
        if name == "host" and value.count("*") > MAX_STARS:
            raise QueryError(column, f"a host pattern has at most {MAX_STARS} stars")
        target = self.excluded if minus else self.filters
        target[name] = (*target.get(name, ()), value.lower())

    def _severity(self, operator: str, value: str, minus: str | None, column: int) -> None:
        if value not in {"1", "2", "3", "4"}:
            raise QueryError(column, f"severity is 1 to 4, not {value!r}")
        if operator == ">=":
            self.severity[0] = int(value)
        elif operator == "<=":
            self.severity[1] = int(value)
        else:
            self._filter("severity", value, minus, column)

    def _seen(self, value: str, column: int) -> None:
        try:
            if age := _AGE.match(value):
                self.seen = [self.now - timedelta(**{_AGE_UNITS[age[2]]: int(age[1])}), None]
                return
            start, dots, end = value.partition("..")
            first, last = _day(start), _day(end if dots else start)
            self.seen = [first, None if last is None else last + timedelta(days=1)]
        except (ValueError, OverflowError):
            raise QueryError(
                column, f"seen: takes an age (12h, 7d, 4w) or dates (2026-01-01..2026-01-31), not {value!r}"
            ) from None
        if first is None and last is None:
            raise QueryError(column, "seen: needs a date before or after its dots")
        if first is not None and last is not None and last < first:
            raise QueryError(column, f"seen:{value} ends before it starts")


def _unquoted(value: str, column: int) -> str:
    if _UNPRINTABLE.search(value):
        raise QueryError(column, "a value holds letters, digits and signs only")
    if value.startswith('"') and (len(value) < 2 or not value.endswith('"')):
        raise QueryError(column, 'a value that starts with " must end with "')
    return value.strip('"')


def _day(text: str) -> datetime | None:
    """The first moment of a day in Vietnam; None for ""."""
    return datetime.combine(date.fromisoformat(text), time(), VIETNAM).astimezone(UTC) if text else None
