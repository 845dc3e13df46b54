"""Alerts: the hits that came to fit the saved searches of an account."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from console.desk import AtDesk
from console.forms import SeenForm, described, read
from console.gate import Posted, changing, reading
from console.pages import json_answer, wants_json
from console.place import number
from console.queue import PAGE_PARAMETER
from console.roles import Action
from console.sessions import UserSession
from console.views import AlertLine, AlertsView, HitLine, Seen
from search.hits import load_hits
from search.saved import alerts, mark_seen, unseen_count

router = APIRouter(tags=["searches"])
Reader = Annotated[UserSession, Depends(reading(Action.SEE_HITS))]
Keeper = Annotated[UserSession, Depends(changing(Action.SEE_HITS))]
PAGE_SIZE: Final = 50
MAX_PAGE: Final = 10_000


@router.get("/alerts", response_model=AlertsView, openapi_extra={"parameters": [PAGE_PARAMETER]})
def alerts_page(request: Request, desk: AtDesk, user: Reader) -> Response:
    """The account's alerts, newest first, fifty a page. To open the hit of one is to have seen it."""
    page = max(1, min(number(request.query_params.get("page")) or 1, MAX_PAGE))
    owner = user.account.name
    # One more than is shown tells whether another page follows.
    raised = alerts(desk.records, owner, limit=PAGE_SIZE + 1, offset=(page - 1) * PAGE_SIZE)
    hits = {hit.id: hit for hit in load_hits(desk.records, sorted({alert.hit_id for alert in raised[:PAGE_SIZE]}))}
    lines = (AlertLine(alert, HitLine.of(hits[alert.hit_id])) for alert in raised[:PAGE_SIZE])
    view = AlertsView(tuple(lines), unseen_count(desk.records, owner), page, len(raised) > PAGE_SIZE)
    return desk.pages.answer(request, "alerts.html", view, user, source_titles=desk.source_titles())


@router.post("/alerts/seen", response_model=Seen, openapi_extra=described(SeenForm))
def see(request: Request, desk: AtDesk, user: Keeper, fields: Posted) -> Response:
    """Note all alerts as seen, or those of one `search`."""
    form = read(SeenForm, fields)
    count = mark_seen(desk.records, user.account.name, search_id=form.search)
    if wants_json(request):
        return json_answer(request, Seen(count))
    return RedirectResponse("/alerts", 303)
