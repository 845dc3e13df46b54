"""The queue, a hit, and deciding it."""

from __future__ import annotations

import logging
import math
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Depends, HTTPException, Path, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import select

from console.audit import Deed, note
from console.decision import decisive_events, take_decision
from console.desk import AtDesk, Desk
from console.forms import DecisionForm, described, read
from console.gate import Posted, changing, reading
from console.highlight import excerpt, highlight
from console.pages import address, json_answer, wants_json
from console.queue import (
    AT_PARAMETER,
    MAX_POSITION,
    OPEN,
    PAGE_PARAMETER,
    PAGE_SIZE,
    QUESTION_PARAMETERS,
    Question,
    ask,
    neighbours,
)
from console.roles import Action
from console.routes.evidence import has_picture
from console.sessions import UserSession
from console.views import (
    ConflictView,
    Decided,
    Evidence,
    HitLine,
    HitView,
    Lag,
    QueryProblem,
    QueueView,
    SeenIdentifier,
)
from evidence.failure import EvidenceError
from matchers.match import Match
from search.captures import CaptureJob, captures_of
from search.hits import Hit, history, load_hit
from search.index import IndexUnavailable
from search.outbox import deliver, waiting
from search.query import Order, QueryError
from search.related import identifier_counts, related_hits
from search.review import FOLLOWS, HitChanged, HitMissing, StatusNotAllowed
from search.tables import HitRow, SourceRow

router = APIRouter(tags=["hits"])
_logger = logging.getLogger(__name__)

HitId = Annotated[int, Path(ge=1, le=2**31 - 1)]
"""What a database takes as an id; any other number names no hit."""
Reader = Annotated[UserSession, Depends(reading(Action.SEE_HITS))]
Decider = Annotated[UserSession, Depends(changing(Action.DECIDE))]


@router.get("/", status_code=303, response_class=RedirectResponse)
def start(request: Request, user: Reader) -> Response:
    """To the hits that wait for somebody, the most severe first."""
    question = Question(facets={"status": OPEN}, sort=Order.SEVERITY)
    kept = [pair for pair in request.query_params.multi_items() if pair[0] in ("lang", "format")]
    return RedirectResponse(address("/hits", [*question.parameters, *kept]), 303)


@router.get("/hits", response_model=QueueView, openapi_extra={"parameters": [*QUESTION_PARAMETERS, PAGE_PARAMETER]})
def queue(request: Request, desk: AtDesk, user: Reader) -> Response:
    """The hits that fit a search (`q`, in the query language), facets and dates, fifty a page."""
    question = Question.of(request.query_params)
    page = max(1, min(_number(request.query_params.get("page")) or 1, MAX_POSITION // PAGE_SIZE))
    count, since = waiting(desk.records)
    lag = Lag(count, since) if since is not None else None
    try:
        answer = ask(desk.records, desk.index, question, page)
    except QueryError as error:
        view = QueueView((), 0, 1, 0, 0, {}, _problem(question.text, error), True, lag)
        return desk.pages.answer(
            request,
            "queue.html",
            view,
            user,
            status_code=400,
            question=question,
            decided=None,
            source_titles={},
        )
    view = QueueView(
        hits=tuple(HitLine.of(hit) for hit in answer.hits),
        total=answer.total,
        page=page,
        pages=math.ceil(answer.total / PAGE_SIZE),
        first=(page - 1) * PAGE_SIZE,
        facets=answer.facets,
        problem=None,
        is_indexed=answer.is_indexed,
        lag=lag,
    )
    return desk.pages.answer(
        request,
        "queue.html",
        view,
        user,
        question=question,
        decided=_decided(request, desk),
        source_titles=_source_titles(desk),
    )


@router.get(
    "/hits/{hit_id}", response_model=HitView, openapi_extra={"parameters": [*QUESTION_PARAMETERS, AT_PARAMETER]}
)
def hit_page(hit_id: HitId, request: Request, desk: AtDesk, user: Reader) -> Response:
    """A hit: what it is, why it was flagged, where it came from, who is behind it and what was done.

    With the parameters of a search and `at`, its position there, the hits beside it come along.
    """
    hit = load_hit(desk.records, hit_id)
    if hit is None:
        raise HTTPException(404)
    note(desk.records, user.account.name, Deed.HIT_VIEWED, f"hit {hit_id}")
    question = Question.of(request.query_params)
    position = _number(request.query_params.get("at"))
    events = history(desk.records, hit_id)
    counts = identifier_counts(desk.records, hit.identifiers)
    with desk.records.read() as session:
        superseded_by = tuple(
            session.scalars(select(HitRow.id).where(HitRow.supersedes_id == hit_id).order_by(HitRow.id.desc()))
        )
    view = HitView(
        hit=hit,
        identifiers=tuple(
            SeenIdentifier(identifier.kind, identifier.value, counts[identifier]) for identifier in hit.identifiers
        ),
        related=tuple(related_hits(desk.records, hit_id)),
        history=tuple(events),
        captures=tuple(_evidence(desk, job) for job in captures_of(desk.records, hit_id)),
        superseded_by=superseded_by,
        next_statuses=FOLLOWS[hit.status],
        decisive_events=decisive_events(events),
        neighbours=None if position is None else neighbours(desk.index, question, position, hit_id),
    )
    text = highlight(hit.text, hit.matches, "text")
    return desk.pages.answer(
        request,
        "hit.html",
        view,
        user,
        question=question,
        position=position,
        title=highlight(hit.title, hit.matches, "title"),
        text=text if request.query_params.get("text") == "whole" else excerpt(text),
        text_characters=len(hit.text),
        reasons=_reasons(hit),
        source_titles=_source_titles(desk),
        decided=_decided(request, desk),
    )


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
    if wants_json(request):
        response = json_answer(request, Decided(hit_id, form.to, version))
    else:
        response = RedirectResponse(_onwards(request, desk, hit_id), 303)
    response.background = background
    return response


def _onwards(request: Request, desk: Desk, hit_id: int) -> str:
    """Where a decider goes next: the next hit of the queue, the queue at its end, or the same hit outside of one."""
    position = _number(request.query_params.get("at"))
    if position is None:
        return address(f"/hits/{hit_id}", {"decided": hit_id})
    question = Question.of(request.query_params)
    beside = neighbours(desk.index, question, position, hit_id)
    if beside is None or beside.next_id is None:
        return address("/hits", [*question.parameters, ("decided", hit_id)])
    # The hit that was decided leaves the queue where the queue is of its old status.
    after = beside.position if question.chosen("status") else beside.next_position
    return address(f"/hits/{beside.next_id}", [*question.parameters, ("at", after), ("decided", hit_id)])


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
    question, position = Question.of(request.query_params), _number(request.query_params.get("at"))
    return desk.pages.answer(
        request, "conflict.html", view, user, status_code=409, question=question, position=position
    )


def _decided(request: Request, desk: Desk) -> HitLine | None:
    hit_id = _number(request.query_params.get("decided"))
    hit = None if hit_id is None else load_hit(desk.records, hit_id)
    return None if hit is None else HitLine.of(hit)


def _evidence(desk: Desk, job: CaptureJob) -> Evidence:
    if not job.evidence_id:
        return Evidence(job, None, False)
    try:
        record = desk.vault.get(job.evidence_id)
    except EvidenceError:
        # Evidence that was taken and cannot be read is told on the page, which shows all the rest.
        _logger.exception("evidence %s of hit %s cannot be read", job.evidence_id, job.hit_id)
        return Evidence(job, None, False)
    return Evidence(job, record, has_picture(record))


def _reasons(hit: Hit) -> list[tuple[int, Match]]:
    """The matches that counted, by their index, the heaviest first."""
    counted = [(index, match) for index, match in enumerate(hit.matches) if match.weight or match.category]
    return sorted(counted, key=lambda reason: -abs(reason[1].weight))


def _source_titles(desk: Desk) -> dict[str, str]:
    with desk.records.read() as session:
        return {row.name: row.title for row in session.execute(select(SourceRow.name, SourceRow.title))}


def _bring_up_to_date(desk: Desk) -> None:
    try:
        deliver(desk.records, desk.index)
    except IndexUnavailable:
        # The outbox keeps the work; whoever looks at the queue is told that the index lags.
        _logger.exception("index not brought up to date after a decision")


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 9 else None


def _problem(text: str, error: QueryError) -> QueryProblem:
    rest = text[error.column - 1 :].split()
    return QueryProblem(error.column, rest[0] if rest else "", error.message)
