"""Pages: one view, shown as HTML to people and as JSON to programs at the same address."""

from __future__ import annotations

import gettext
import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jinja2
from markupsafe import Markup, escape
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from console import labels
from console.language import COOKIE, PARAMETER, TRANSLATIONS, Language, age, days, language_of, moment, translate
from console.roles import Action, may
from console.sessions import UserSession
from console.settings import ConsoleSettings
from matchers.errors import Refusal
from matchers.hosts.defang import defang, plain
from matchers.identifiers.cards import without_cards
from matchers.rules import Category
from search.campaigns.ties import LINK, SITE

HERE = Path(__file__).parent
STATIC = HERE / "static"
FORMAT_PARAMETER = "format"
_YEAR_SECONDS = 365 * 24 * 3600


def wants_json(request: Request) -> bool:
    """Whether the caller is a program: `?format=json`, or an Accept header that names JSON and not HTML."""
    asked = request.query_params.get(FORMAT_PARAMETER)
    if asked in ("json", "html"):
        return asked == "json"
    accept = request.headers.get("accept", "")
    return "application/json" in accept and "text/html" not in accept


class Pages:
    """The templates, one Jinja environment a language."""

    def __init__(
        self,
        settings: ConsoleSettings,
        categories: Mapping[str, Category],
        unseen: Callable[[str], int],
        rules_refusal: Callable[[], Refusal | None],
    ) -> None:
        """`unseen` counts the alerts that an account has not seen; every whole page asks it, and `rules_refusal`."""
        self.settings = settings
        self._unseen = unseen
        self._rules_refusal = rules_refusal
        self._versions = {path.name: _version(path) for path in STATIC.iterdir() if path.is_file()}
        self._environments = {language: self._environment(language, categories) for language in Language}

    def answer(
        self,
        request: Request,
        template: str,
        view: Any,
        user: UserSession | None,
        status_code: int = 200,
        **extra: Any,
    ) -> Response:
        """The view as the caller wants it. `extra` goes to the template alone."""
        if wants_json(request):
            return json_answer(request, view, status_code)
        language = language_of(request)
        html = (
            self._environments[language]
            .get_template(template)
            .render(
                request=request,
                view=view,
                user=user,
                language=language,
                unseen=lambda: 0 if user is None else self._unseen(user.account.name),
                rules_refusal=self._rules_refusal,
                may=lambda action: user is not None and may(user.account.role, Action(action)),
                this_page=f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path,
                **extra,
            )
        )
        response = HTMLResponse(html, status_code)
        if request.query_params.get(PARAMETER) in set(Language):
            response.set_cookie(
                COOKIE,
                language,
                max_age=_YEAR_SECONDS,
                httponly=True,
                samesite="lax",
                secure=self.settings.secure_cookies,
            )
        return response

    def _environment(self, language: Language, categories: Mapping[str, Category]) -> jinja2.Environment:
        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(HERE / "templates"),
            autoescape=True,
            finalize=_shown,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=jinja2.StrictUndefined,
            extensions=["jinja2.ext.i18n"],
        )
        translations: gettext.NullTranslations = TRANSLATIONS[language]
        environment.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]

        def label(table: Mapping[str, str]) -> Callable[[object], str]:
            def labelled(name: object) -> str:
                return translate(language, table[str(name)]) if str(name) in table else str(name)

            return labelled

        def category(name: str) -> str:
            known = categories.get(name)
            if known is None:
                return name
            return known.title_en if language is Language.ENGLISH else known.title_vi

        def legal(name: str) -> str:
            known = categories.get(name)
            return known.legal_note if known else ""

        def time(at: datetime | None) -> Markup:
            if at is None:
                return Markup("—")
            return Markup('<time datetime="{}" title="{}">{}</time>').format(
                at.isoformat(timespec="seconds"), age(language, at), moment(language, at)
            )

        def failure(kind: str) -> str:
            if status := labels.http_status(kind):
                return translate(language, labels.HTTP_FAILURE) % {"status": status}
            return translate(language, labels.FAILURES[kind]) if kind in labels.FAILURES else kind

        def joined(tie: Any) -> str:
            told = str(tie.sentence_en if language is Language.ENGLISH else tie.sentence_vi)
            return told.replace(tie.value, defang(tie.value)) if tie.kind in (SITE, LINK) else told

        def reason(told: Any) -> str:
            return without_cards(str(told.reason_en if language is Language.ENGLISH else told.reason_vi))

        environment.filters.update(
            status=label(labels.STATUSES),
            decision=label(labels.DECISIONS),
            severity=label(labels.SEVERITIES),
            page_kind=label(labels.PAGE_KINDS),
            source_kind=label(labels.SOURCE_KINDS),
            tie_kind=label(labels.TIE_KINDS),
            campaign_order=label(labels.CAMPAIGN_ORDERS),
            joined=joined,
            identifier_kind=label(labels.IDENTIFIER_KINDS),
            field=label(labels.FIELDS),
            found_in=label(labels.FOUND_IN),
            bar_span=label(labels.BAR_SPANS),
            run_state=label(labels.RUN_STATES),
            capture_state=label(labels.CAPTURE_STATES),
            device=label(labels.DEVICES),
            capture_method=label(labels.CAPTURE_METHODS),
            custody_action=label(labels.CUSTODY_ACTIONS),
            report_outcome=label(labels.REPORT_OUTCOMES),
            event=label(labels.EVENTS),
            order=label(labels.ORDERS),
            search_refusal=label(labels.SEARCH_REFUSALS),
            role=label(labels.ROLES),
            deed=label(labels.DEEDS),
            actor=label(labels.ACTORS),
            category=category,
            legal=legal,
            failure=failure,
            told=labels.told,
            reason=reason,
            defang=defang,
            time=time,
            when=lambda text: time(datetime.fromisoformat(text)),
            size=size,
            address=address,
            breakable=breakable,
            sentence=sentence,
        )
        environment.globals.update(
            unit_name=self.settings.unit_name,
            static=self._static_address,
            Language=Language,
            in_language=in_language,
            days=partial(days, language),
            tie_kinds=tuple(labels.TIE_KINDS),
        )
        return environment

    def _static_address(self, name: str) -> str:
        return f"/static/{name}?v={self._versions[name]}"


def json_answer(request: Request, view: Any, status_code: int = 200) -> Response:
    """The view as JSON. A browser that is sent there saves it: its own viewer would make links of the addresses."""
    headers = {}
    if request.headers.get("sec-fetch-mode") == "navigate":
        headers["Content-Disposition"] = 'attachment; filename="luoitroi.json"'
    return Response(to_json(view), status_code, headers, media_type="application/json")


def address(path: str, parameters: Mapping[str, object] | Sequence[tuple[str, object]]) -> str:
    """A local address with its parameters, those that are empty left out."""
    pairs = parameters.items() if isinstance(parameters, Mapping) else parameters
    query = urlencode([(name, str(value)) for name, value in pairs if value not in ("", None)])
    return f"{path}?{query}" if query else path


def in_language(request: Request, language: str) -> str:
    """The address of this page in another language."""
    kept = [pair for pair in request.query_params.multi_items() if pair[0] != PARAMETER]
    return address(request.url.path, [*kept, (PARAMETER, language)])


def breakable(text: str) -> Markup:
    """Text that may be broken after the signs that join the parts of an address."""
    broken = escape(text)
    for sign in ("/", "?", "=", "&amp;", "[.]"):
        broken = broken.replace(sign, Markup(f"{sign}<wbr>"))
    return broken


def sentence(told: str) -> str:
    """What was told as a sentence of its own: `Nearly the same text on 2 hits.`"""
    return f"{told[:1].upper()}{told[1:]}."


def size(byte_count: int) -> str:
    """A number of bytes in the unit people read it in."""
    if byte_count < 1000:
        return f"{byte_count} B"
    thousands = byte_count / 1000
    return f"{thousands:.1f} kB" if thousands < 1000 else f"{thousands / 1000:.1f} MB"


def _shown(value: object) -> object:
    # Whatever a template puts out passes here, so no page can forget to show a reordering mark for what it is.
    return plain(value) if isinstance(value, str) else value


def _version(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
