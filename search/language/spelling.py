"""Spelling: queries as text again, for permalinks, saved searches, and what was put together by clicking.

>>> from search.language.query import parse
>>> spell(parse("(lừa đảo) AND NOT vay seen:7d severity>=3"))
'lừa đảo -vay seen:7d severity>=3'
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

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
    words_of,
)
from search.language.grammar import ANY_SEVERITY, MAX_SEVERITY, MIN_SEVERITY, VIETNAM, Order
from search.language.query import Query

_BARE: Final = re.compile(r'(?!")[^\s()]+(?<!")\Z')
_APART: Final = " " * 5
"""Between the words of a phrase that folding would join to one; it joins letters up to three signs apart."""
_VIETNAMESE_NUMBER: Final = re.compile(r"\+84(?=.)")
_FOREIGN_NUMBER: Final = re.compile(r"\+(?=[^0+].)")
_DAY: Final = timedelta(days=1)


def spell(query: Query) -> str:
    """The text that `parse` reads as `query`, whatever its page.

    Words are written as they were typed, ages stay ages (`seen:7d`). What no text can ask for (a value with control
    characters, more terms or characters than a query takes) is written all the same, and refused when it is parsed.
    """
    parts = list[Condition](query.terms)
    if seen := query.seen:
        parts.append(seen)
    parts.extend(query.groups)
    parts.extend(OneOf(name, values) for name, values in query.filters.items() if values)
    parts.extend(Not(OneOf(name, (value,))) for name, values in query.excluded.items() for value in values)
    if (query.min_severity, query.max_severity) != (MIN_SEVERITY, MAX_SEVERITY):
        parts.append(SeverityRange(query.min_severity, query.max_severity))
    order = [] if query.order is Order.NEWEST else [f"sort:{query.order}"]
    if len(parts) == 1:
        return " ".join((_spelt(parts[0]), *order))
    return " ".join((*map(_inside, parts), *order))


def _spelt(condition: Condition) -> str:
    match condition:
        case Term(is_excluded=True):
            return _without(_term(condition))
        case Term():
            return _term(condition)
        case Label():
            return f"{condition.name}:{_label(condition)}"
        case OneOf(name=name, values=values):
            return " ".join(f"{name}:{_value(value)}" for value in values)
        case SeverityRange():
            return " ".join(_severity(condition))
        case SeenRange():
            return f"seen:{_seen(condition)}"
        case AllOf(conditions=parts):
            return " ".join(map(_inside, parts))
        case AnyOf(conditions=parts):
            return " OR ".join(f"({_spelt(part)})" if isinstance(part, AnyOf) else _spelt(part) for part in parts)
        case Not(condition=OneOf(name=name, values=values)) if len(values) == 1:
            return _without(_spelt(condition.condition))
        case Not(condition=AllOf() | AnyOf() | OneOf() as inner):
            return f"-({_spelt(inner)})"
        case Not(condition=SeverityRange() as inner) if len(list(_severity(inner))) > 1:
            return f"-({_spelt(inner)})"
        case Not(condition=inner):
            return _without(_spelt(inner))


def _inside(condition: Condition) -> str:
    """A condition beside others that must hold as well."""
    return f"({_spelt(condition)})" if isinstance(condition, (AllOf, AnyOf)) else _spelt(condition)


def _without(spelt: str) -> str:
    # A dash before a dash is no minus.
    return f"NOT {spelt}" if spelt.startswith("-") else f"-{spelt}"


def _term(term: Term) -> str:
    if term.written:
        return term.written
    phrase = " ".join(term.words)
    if not term.is_exact and words_of(phrase) != term.words:
        phrase = _APART.join(term.words)
    sign = "*" if term.is_prefix else "~" if term.is_fuzzy else ""
    quoted = f'"{phrase}"' if len(term.words) > 1 else phrase
    return f"{'=' if term.is_exact else ''}{quoted}{sign}"


def _label(label: Label) -> str:
    value = label.value
    if label.name == "phone":
        value = _VIETNAMESE_NUMBER.sub("0", value) if value.startswith("+84") else _FOREIGN_NUMBER.sub("", value, 1)
    elif len(value) < 2 or value[0] in '@"':
        value = f"@{value}"
    return _value(value + "*" if label.is_prefix else value)


def _value(value: str) -> str:
    return value if _BARE.match(value) else f'"{value}"'


def _severity(bounds: SeverityRange) -> Iterator[str]:
    if bounds.low > MIN_SEVERITY or bounds == ANY_SEVERITY:
        yield f"severity>={bounds.low}"
    if bounds.high < MAX_SEVERITY:
        yield f"severity<={bounds.high}"


def _seen(seen: SeenRange) -> str:
    if seen.age:
        return seen.age
    start = None if seen.start is None else seen.start.astimezone(VIETNAM)
    end = None if seen.end is None else seen.end.astimezone(VIETNAM)
    # The last day is included, the last moment is not.
    last = "" if end is None else _day(end - _DAY) if _is_midnight(end) else _moment(end)
    first = "" if start is None else _day(start) if _is_midnight(start) else _moment(start)
    return first if first == last and len(first) == len("2026-01-31") else f"{first}..{last}"


def _is_midnight(moment: datetime) -> bool:
    return moment == moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _day(moment: datetime) -> str:
    return moment.date().isoformat()


def _moment(moment: datetime) -> str:
    timespec = "microseconds" if moment.microsecond else "seconds" if moment.second else "minutes"
    return moment.replace(tzinfo=None).isoformat(timespec=timespec)
