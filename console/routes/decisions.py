"""Deciding hits."""

from __future__ import annotations

import logging
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Depends, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from console.audit import Deed, note
from console.decision import decisive_events, take_decision
from console.desk import AtDesk, Desk
from console.forms import DecisionForm, described, read
from console.gate import Posted, changing
from console.pages import address, json_answer, wants_json
from console.place import Place
from console.queue import neighbours
from console.roles import Action
from console.routes.hits import HitId
from console.sessions import UserSession
from console.views import ConflictView, Decided
from search.hits import history, load_hit
from search.indexes.index import IndexUnavailable
from search.outbox import deliver
from search.review import FOLLOWS, HitChanged, HitMissing, StatusNotAllowed

router = APIRouter(tags=["hits"])
Decider = Annotated[UserSession, Depends(changing(Action.DECIDE))]
_logger = logging.getLogger(__name__)


@router.post("/hits/{hit_id}/decisions", response_model=Decided, openapi_extra=described(DecisionForm))
def decide_hit(
    hit_id: HitId, request: Request, desk: AtDesk, user: Decider, fields: Posted, background: BackgroundTasks
) -> Response:
    """Move a hit to the status `to`, with a `note`.

    `version` is the hit's version that was looked at. `events` (optional) is the `decisive_events` that was looked
    at; with it, the decision stands when the hit was only seen again meanwhile.
    """
    form = read(DecisionForm, fields)
    try:
        version = take_decision(desk.records, hit_id, form.to, user.account.name, form.note, form.version, form.events)
    except HitMissing:
        raise HTTPException(404) from None
    except (HitChanged, StatusNotAllowed):
        return _conflict(request, desk, user, hit_id, form)
    note(desk.records, user.account.name, Deed.DECIDED, f"hit {hit_id}", form.to)
    background.add_task(_bring_up_to_date, desk)
    response: Response
    if wants_json(request):
        response = json_answer(request, Decided(hit_id, form.to, version))
    else:
        response = RedirectResponse(_onwards(request, desk, hit_id), 303)
    response.background = background
    return response


def _onwards(request: Request, desk: Desk, hit_id: int) -> str:
    """Where a decider goes next: the next hit of the queue, the queue at its end, or the same hit outside of one."""
    place = Place.of(request)
    done = ("decided", hit_id)
    if place.position is None:
        return address(f"/hits/{hit_id}", [done])
    beside = neighbours(desk.index, place.question, place.position, hit_id)
    if beside is None or beside.next_id is None:
        return address("/hits", [*place.question.parameters, done])
    # The hit that was decided leaves the queue where the queue is of its old status.
    after = beside.position if place.question.chosen("status") else beside.next_position
    return address(f"/hits/{beside.next_id}", [*place.question.parameters, ("at", after), done])


def _conflict(request: Request, desk: Desk, user: UserSession, hit_id: int, form: DecisionForm) -> Response:
    hit = load_hit(desk.records, hit_id)
    if hit is None:
        raise HTTPException(404)
    events = history(desk.records, hit_id)
    view = ConflictView(
        hit=hit,
        wanted=form.to,
        note=form.note,
        last_event=events[-1] if events else None,
        next_statuses=FOLLOWS[hit.status],
        decisive_events=decisive_events(events),
    )
    return desk.pages.answer(request, "conflict.html", view, user, status_code=409, place=Place.of(request))


def _bring_up_to_date(desk: Desk) -> None:
    try:
        deliver(desk.records, desk.index)
    except IndexUnavailable:
        # The outbox keeps the work; whoever looks at the queue is told that the index lags.
        _logger.exception("index not brought up to date after a decision")
