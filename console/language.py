"""Languages of the console: Vietnamese first, English by a switch.

The messages are gettext's: templates and code hold the English, `locale/vi/LC_MESSAGES/console.po` the Vietnamese,
and the compiled `.mo` beside it is what is read. A test holds the three together.
"""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from pathlib import Path

from starlette.requests import Request

LOCALE = Path(__file__).parent / "locale"
DOMAIN = "console"
COOKIE = "luoitroi_language"
PARAMETER = "lang"
# Asia/Ho_Chi_Minh has been UTC+7 the year round since 1975; said here, no time zone files are needed.
VIETNAM = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")


class Language(StrEnum):
    """A language that people read the console in."""

    VIETNAMESE = "vi"
    ENGLISH = "en"


def mark(message: str) -> str:
    """The message itself: marks it for the catalogue where it is translated later, not here."""
    return message


def _translations() -> Mapping[Language, gettext.NullTranslations]:
    return {
        Language.VIETNAMESE: gettext.translation(DOMAIN, LOCALE, ["vi"]),
        Language.ENGLISH: gettext.NullTranslations(),
    }


TRANSLATIONS = _translations()


def language_of(request: Request) -> Language:
    """What the address asks for, else what was chosen before, else Vietnamese."""
    for asked in (request.query_params.get(PARAMETER), request.cookies.get(COOKIE)):
        if asked in set(Language):
            return Language(asked)
    return Language.VIETNAMESE


def translate(language: Language, message: str) -> str:
    """The message in this language."""
    return TRANSLATIONS[language].gettext(message) if message else ""


def moment(language: Language, at: datetime) -> str:
    """A time as people in Vietnam write it: `14:05 24/11/2026`, in English `24 Nov 2026, 14:05`."""
    local = at.astimezone(VIETNAM)
    if language is Language.ENGLISH:
        return f"{local.day} {_MONTHS[local.month - 1]} {local.year}, {local:%H:%M}"
    return f"{local:%H:%M %d/%m/%Y}"


def days(language: Language, since: date, until: date) -> str:
    """The days from one to another, both included: `20/11/2026`, `16/11/2026 – 22/11/2026`, `11/2026`, `2026`."""
    if (since.month, since.day, until.month, until.day) == (1, 1, 12, 31) and since.year == until.year:
        return f"{since.year}"
    is_month = since.day == 1 and (until + timedelta(days=1)).day == 1
    if is_month and (since.year, since.month) == (until.year, until.month):
        month = _MONTHS[since.month - 1] + " " if language is Language.ENGLISH else f"{since.month:02}/"
        return f"{month}{since.year}"
    if since == until:
        return _day(language, since)
    return f"{_day(language, since)} – {_day(language, until)}"


def _day(language: Language, day: date) -> str:
    if language is Language.ENGLISH:
        return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
    return f"{day:%d/%m/%Y}"


def age(language: Language, at: datetime, now: datetime | None = None) -> str:
    """How long ago (or ahead) in the largest unit that fits: `3 giờ trước`, `in 5 minutes`."""
    seconds = ((now or datetime.now(UTC)) - at).total_seconds()
    for unit, one, many in _UNITS:
        count = int(abs(seconds) // unit)
        if count:
            said = TRANSLATIONS[language].ngettext(one, many, count) % {"count": count}
            break
    else:
        return translate(language, mark("just now") if seconds >= 0 else mark("in a moment"))
    pattern = mark("%(time)s ago") if seconds > 0 else mark("in %(time)s")
    return translate(language, pattern) % {"time": said}


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _unit(seconds: int, one: str, many: str) -> tuple[int, str, str]:
    return seconds, one, many


_UNITS = (
    _unit(86_400, "%(count)d day", "%(count)d days"),
    _unit(3_600, "%(count)d hour", "%(count)d hours"),
    _unit(60, "%(count)d minute", "%(count)d minutes"),
)
