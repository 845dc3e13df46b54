"""Campaigns: hits that belong together, why, and what people change of that."""

from __future__ import annotations

import math
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Request, Response
from fastapi.responses import RedirectResponse

from console.audit import Deed, note
from console.desk import AtDesk
from console.forms import CampaignNameForm, PartForm, StopValueForm, TieForm, described, read
from console.gate import Posted, changing, reading
from console.pages import address, json_answer, wants_json
from console.place import number
from console.queue import PAGE_PARAMETER
from console.roles import Action
from console.sessions import UserSession
from console.views import CampaignsView, CampaignView, Changed, StopValuesView
from search.campaigns.campaign import MAX_MEMBERS, CampaignOrder, campaign, campaigns, count_campaigns, path
from search.campaigns.splitting import (
    MemberMissing,
    cut_tie,
    free_value,
    name_campaign,
    part_hit,
    restore_tie,
    stop_value,
    stop_values,
)

router = APIRouter(tags=["campaigns"])
CampaignId = Annotated[int, Path(ge=1, le=2**31 - 1)]
Reader = Annotated[UserSession, Depends(reading(Action.SEE_HITS))]
Decider = Annotated[UserSession, Depends(changing(Action.DECIDE))]
PAGE_SIZE = 50
MAX_PAGE = 100_000


def _parameter(name: str, description: str, kind: str = "string") -> dict[str, object]:
    return {"name": name, "in": "query", "description": description, "schema": {"type": kind}}


@router.get(
    "/campaigns",
    response_model=CampaignsView,
    openapi_extra={"parameters": [PAGE_PARAMETER, _parameter("sort", f"one of {', '.join(CampaignOrder)}")]},
)
def campaigns_page(request: Request, desk: AtDesk, user: Reader) -> Response:
    """The campaigns, those seen last (or the largest) first, fifty a page."""
    asked = request.query_params.get("sort", "")
    order = CampaignOrder(asked) if asked in set(CampaignOrder) else CampaignOrder.NEWEST
    page = _page(request)
    total = count_campaigns(desk.records)
    found = campaigns(desk.records, PAGE_SIZE, (page - 1) * PAGE_SIZE, order)
    view = CampaignsView(tuple(found), total, page, math.ceil(total / PAGE_SIZE), order)
    return desk.pages.answer(request, "campaigns.html", view, user)


@router.get(
    "/campaigns/{campaign_id}",
    response_model=CampaignView,
    openapi_extra={
        "parameters": [
            PAGE_PARAMETER,
            _parameter("kind", "with `value`, the tie to look at"),
            _parameter("value", "with `kind`, the tie to look at"),
            _parameter("from", "with `to`, the hit that a path leads from", "integer"),
            _parameter("to", "with `from`, the hit that a path leads to", "integer"),
        ]
    },
)
def campaign_page(campaign_id: CampaignId, request: Request, desk: AtDesk, user: Reader) -> Response:
    """A campaign: its hits, two hundred a page, what ties them, what was cut, and by which hops two of them meet."""
    page = _page(request)
    found = campaign(desk.records, campaign_id, (page - 1) * MAX_MEMBERS)
    if found is None:
        raise HTTPException(404)
    asked = request.query_params
    if found.id != campaign_id:
        return RedirectResponse(address(f"/campaigns/{found.id}", asked.multi_items()), 303)
    start, end = number(asked.get("from")), number(asked.get("to"))
    is_asked = start is not None and end is not None and max(start, end) < 2**31
    view = CampaignView(
        campaign=found,
        page=page,
        pages=math.ceil(found.size / MAX_MEMBERS),
        tie=next((tie for tie in found.ties if (tie.kind, tie.value) == (asked.get("kind"), asked.get("value"))), None),
        path=tuple(path(desk.records, start, end)) if is_asked and start is not None and end is not None else None,
    )
    return desk.pages.answer(
        request, "campaign.html", view, user, start=start, end=end, parted=number(asked.get("part"))
    )


@router.post(
    "/campaigns/{campaign_id}/name",
    response_model=Changed,
    openapi_extra=described(CampaignNameForm),
)
def name(campaign_id: CampaignId, request: Request, desk: AtDesk, user: Decider, fields: Posted) -> Response:
    """Give a campaign a `name`; an empty one takes it away."""
    form = read(CampaignNameForm, fields)
    name_campaign(desk.records, campaign_id, form.name)
    note(desk.records, user.account.name, Deed.CAMPAIGN_NAMED, f"campaign {campaign_id}", form.name)
    return _done(request, f"/campaigns/{campaign_id}")


@router.post("/campaigns/{campaign_id}/cuts", response_model=Changed, openapi_extra=described(TieForm))
def cut(campaign_id: CampaignId, request: Request, desk: AtDesk, user: Decider, fields: Posted) -> Response:
    """Let one tie of a hit tie it no more, and say why."""
    form = read(TieForm, fields)
    cut_tie(desk.records, form.hit, form.kind, form.value, user.account.name, form.note)
    note(desk.records, user.account.name, Deed.TIE_CUT, f"hit {form.hit}", _told(form))
    return _done(request, f"/campaigns/{campaign_id}")


@router.post("/campaigns/{campaign_id}/restorations", response_model=Changed, openapi_extra=described(TieForm))
def restore(campaign_id: CampaignId, request: Request, desk: AtDesk, user: Decider, fields: Posted) -> Response:
    """Let a tie that was cut tie again, and say why."""
    form = read(TieForm, fields)
    restore_tie(desk.records, form.hit, form.kind, form.value, user.account.name, form.note)
    note(desk.records, user.account.name, Deed.TIE_RESTORED, f"hit {form.hit}", _told(form))
    return _done(request, f"/campaigns/{campaign_id}")


@router.post("/campaigns/{campaign_id}/partings", response_model=Changed, openapi_extra=described(PartForm))
def part(campaign_id: CampaignId, request: Request, desk: AtDesk, user: Decider, fields: Posted) -> Response:
    """Take a hit out: cut all that ties it to others now, and say why."""
    form = read(PartForm, fields)
    try:
        part_hit(desk.records, form.hit, user.account.name, form.note)
    except MemberMissing:
        raise HTTPException(404) from None
    note(desk.records, user.account.name, Deed.HIT_PARTED, f"hit {form.hit}", form.note)
    return _done(request, f"/campaigns/{campaign_id}")


@router.get("/stop-values", response_model=StopValuesView)
def stop_values_page(request: Request, desk: AtDesk, user: Reader) -> Response:
    """What ties nobody, because honest people share it; what was freed again; who said so and why."""
    view = StopValuesView(tuple(stop_values(desk.records)))
    asked = request.query_params
    return desk.pages.answer(
        request, "stop_values.html", view, user, kind=asked.get("kind", ""), value=asked.get("value", "")
    )


@router.post("/stop-values", response_model=Changed, openapi_extra=described(StopValueForm))
def decide_value(request: Request, desk: AtDesk, user: Decider, fields: Posted) -> Response:
    """Let a value tie nobody (`is_stopped`), or let it tie again, and say why. `campaign` is where it was seen."""
    form = read(StopValueForm, fields)
    decide, deed = (stop_value, Deed.VALUE_STOPPED) if form.is_stopped else (free_value, Deed.VALUE_FREED)
    tie = decide(desk.records, form.kind, form.value, user.account.name, form.note)
    note(desk.records, user.account.name, deed, f"{tie.kind} {tie.value}", form.note)
    return _done(request, f"/campaigns/{form.campaign}" if form.campaign else "/stop-values")


def _page(request: Request) -> int:
    return max(1, min(number(request.query_params.get("page")) or 1, MAX_PAGE))


def _told(form: TieForm) -> str:
    return f"{form.kind} {form.value}: {form.note}"


def _done(request: Request, onwards: str) -> Response:
    if wants_json(request):
        return json_answer(request, Changed(onwards))
    return RedirectResponse(onwards, 303)
