"""Trouble: what people and programs are told when a page cannot be shown."""

from __future__ import annotations

import logging
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from console.desk import desk_of
from console.forms import UnreadableForm
from console.gate import ForgedForm, NotAllowed, NotSignedIn
from console.headers import SECURITY_HEADERS
from console.language import mark
from console.pages import json_answer, wants_json
from console.sessions import UserSession
from console.views import Trouble
from evidence.failure import EvidenceError, NotInVault
from search.campaigns.splitting import CampaignMissing, TieMissing, ValueRefused
from search.indexes.index import IndexUnavailable
from search.language.mistakes import QueryError
from search.records import RecordsError

_logger = logging.getLogger(__name__)

TITLES = {
    400: mark("This request cannot be understood"),
    401: mark("Sign in first"),
    403: mark("You may not do this"),
    404: mark("There is no such page"),
    405: mark("This page takes no such request"),
    409: mark("Somebody else was faster"),
    413: mark("That is too much at once"),
    422: mark("This request cannot be understood"),
    500: mark("Something went wrong here"),
    503: mark("The console cannot work right now"),
}
REMEDIES = {
    "no_such_page": mark("The address is wrong, or what stood there is gone."),
    "not_allowed": mark("Your role does not reach this far. Ask an administrator if it should."),
    "forged_form": mark("The form was too old or did not come from this console. Open the page again and repeat."),
    "unreadable_form": mark("A field is missing, too long or not what it should be. Go back and check it."),
    "records_unavailable": mark(
        "The records cannot be reached. Nothing that was saved is lost. Tell the administrator: luoitroi doctor."
    ),
    "records_locked": mark("Another program holds the records. Try again in a moment."),
    "records_read_only": mark(
        "The records cannot be written, so nothing can be decided or logged. Nothing that was saved is lost. "
        "Tell the administrator: the database file and its folder need write access."
    ),
    "disk_full": mark(
        "The disk is full, so nothing can be saved. Nothing that was saved is lost. "
        "Tell the administrator to free some space."
    ),
    "index_unavailable": mark("The search index cannot be reached. Reading and deciding go on; try again later."),
    "vault": mark("The evidence vault cannot be read. Tell the administrator: luoitroi doctor."),
    "not_in_vault": mark("The vault holds no evidence under this id."),
    "damaged": mark("This evidence is not what was sealed, so it is not shown. Check it before relying on it."),
    "tie_missing": mark(
        "This tie is not there any more: it was cut or restored meanwhile, or the hit has changed. Look again."
    ),
    "value_refused": mark("This value ties no hits anyway: it is a brand's own, or no value of its kind."),
    "query_error": mark("The search cannot be understood."),
    "failure": mark("The fault is in our log. Try again; tell the administrator if it stays."),
}
"""What to do about each kind of trouble."""


def install(app: FastAPI) -> None:
    """Give every error of the console its page."""

    @app.exception_handler(NotSignedIn)
    def not_signed_in(request: Request, error: NotSignedIn) -> Response:
        if wants_json(request):
            return _told(request, 401, "not_signed_in", "sign in at /login and send its session cookie")
        here = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
        address = f"/login?next={quote(here, safe='')}" if request.method == "GET" else "/login"
        if request.headers.get("hx-request"):
            return Response(status_code=401, headers={"HX-Redirect": address})
        return RedirectResponse(address, 303)

    @app.exception_handler(NotAllowed)
    def not_allowed(request: Request, error: NotAllowed) -> Response:
        return _told(request, 403, "not_allowed", str(error), error.user)

    @app.exception_handler(ForgedForm)
    def forged_form(request: Request, error: ForgedForm) -> Response:
        return _told(request, 403, "forged_form", "the CSRF token is missing or wrong")

    @app.exception_handler(UnreadableForm)
    def unreadable_form(request: Request, error: UnreadableForm) -> Response:
        return _told(request, 400, "unreadable_form", str(error))

    @app.exception_handler(RequestValidationError)
    def invalid_request(request: Request, error: RequestValidationError) -> Response:
        places = "; ".join(f"{'.'.join(map(str, found['loc']))}: {found['msg']}" for found in error.errors())
        # An address whose number is no number leads nowhere.
        if any(found["loc"][0] == "path" for found in error.errors()):
            return _told(request, 404, "no_such_page", places)
        return _told(request, 422, "unreadable_form", places)

    @app.exception_handler(QueryError)
    def query_error(request: Request, error: QueryError) -> Response:
        return _told(request, 400, "query_error", str(error))

    @app.exception_handler(TieMissing)
    def tie_missing(request: Request, error: TieMissing) -> Response:
        return _told(request, 409, "tie_missing", str(error))

    @app.exception_handler(CampaignMissing)
    def campaign_missing(request: Request, error: CampaignMissing) -> Response:
        return _told(request, 404, "no_such_page", str(error))

    @app.exception_handler(ValueRefused)
    def value_refused(request: Request, error: ValueRefused) -> Response:
        return _told(request, 400, "value_refused", str(error))

    @app.exception_handler(RecordsError)
    def records_error(request: Request, error: RecordsError) -> Response:
        _logger.error("records failed kind=%s path=%s: %s", error.kind, request.url.path, error)
        return _told(request, 503, error.kind, "the records cannot be used now", headers={"Retry-After": "5"})

    @app.exception_handler(IndexUnavailable)
    def index_unavailable(request: Request, error: IndexUnavailable) -> Response:
        _logger.error("index failed path=%s: %s", request.url.path, error)
        return _told(request, 503, error.kind, "the search index cannot be used now", headers={"Retry-After": "5"})

    @app.exception_handler(NotInVault)
    def not_in_vault(request: Request, error: NotInVault) -> Response:
        return _told(request, 404, error.kind, str(error))

    @app.exception_handler(EvidenceError)
    def evidence_error(request: Request, error: EvidenceError) -> Response:
        _logger.error("evidence failed kind=%s path=%s: %s", error.kind, request.url.path, error)
        kind = error.kind if error.kind in REMEDIES else "vault"
        return _told(request, 503, kind, "the evidence cannot be shown")

    @app.exception_handler(HTTPException)
    def http_error(request: Request, error: HTTPException) -> Response:
        kind = "no_such_page" if error.status_code == 404 else "unreadable_form"
        return _told(request, error.status_code, kind, error.detail, headers=dict(error.headers or {}))

    @app.exception_handler(Exception)
    def failure(request: Request, error: Exception) -> Response:
        # This one answers from outside our middleware, so the headers are added here.
        return _told(request, 500, "failure", "see the console's log", headers=SECURITY_HEADERS)


def _told(
    request: Request,
    status: int,
    kind: str,
    detail: str,
    user: UserSession | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    view = Trouble(status, kind, detail)
    if wants_json(request):
        response = json_answer(request, view, status)
    else:
        response = desk_of(request).pages.answer(
            request,
            "trouble.html",
            view,
            user,
            status_code=status,
            heading=TITLES.get(status, TITLES[400]),
            remedy=REMEDIES.get(kind, ""),
        )
    response.headers.update(headers or {})
    return response
