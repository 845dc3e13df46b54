"""Reported links: taking one down, its receipt, and what came of each."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from console.audit import Deed, note
from console.desk import AtDesk
from console.forms import ReportForm, described, read
from console.gate import Posted, changing, reading
from console.pages import json_answer, wants_json
from console.roles import Action
from console.sessions import UserSession
from console.views import ReportsView
from search.reports import ReportedLink, ReportRefused, find_link, latest_links, report_link

router = APIRouter(tags=["reports"])
Reader = Annotated[UserSession, Depends(reading(Action.SEE_REPORTS))]
Reporter = Annotated[UserSession, Depends(changing(Action.REPORT))]


@router.get("/reports", response_model=ReportsView)
def reports(request: Request, desk: AtDesk, user: Reader) -> Response:
    """The newest reported links, and the form to report one."""
    view = ReportsView(tuple(latest_links(desk.records)))
    return desk.pages.answer(request, "reports.html", view, user, form=ReportForm())


@router.post("/reports", response_model=ReportedLink, status_code=201, openapi_extra=described(ReportForm))
def report(request: Request, desk: AtDesk, user: Reporter, fields: Posted) -> Response:
    """Report the address `url`, with a `note` and the `reporter` (the account when left out)."""
    form = read(ReportForm, fields)
    try:
        link = report_link(desk.records, form.url, form.note, form.reporter or user.account.full_name)
    except ReportRefused:
        view = ReportsView(tuple(latest_links(desk.records)), refused=form.url)
        return desk.pages.answer(request, "reports.html", view, user, status_code=400, form=form)
    note(desk.records, user.account.name, Deed.REPORTED, link.receipt)
    if wants_json(request):
        return json_answer(request, link, 201)
    return RedirectResponse(f"/reports/{link.receipt}", 303)


@router.get("/reports/{receipt}", response_model=ReportedLink)
def receipt_page(receipt: str, request: Request, desk: AtDesk, user: Reader) -> Response:
    """The receipt of a reported link."""
    link = find_link(desk.records, receipt)
    if link is None:
        raise HTTPException(404)
    return desk.pages.answer(request, "receipt.html", link, user)
