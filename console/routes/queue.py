"""The queue of hits."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from console.desk import AtDesk
from console.gate import reading
from console.histogram import histogram
from console.lag import lag_of
from console.pages import address
from console.place import Place, number
from console.queue import MAX_PAGE, OPEN, PAGE_PARAMETER, PAGE_SIZE, QUESTION_PARAMETERS, Question, ask
from console.roles import Action, may
from console.sessions import UserSession
from console.views import HitLine, QueryProblem, QueueView
from search.language.grammar import Order
from search.language.mistakes import QueryError

router = APIRouter(tags=["hits"])
Reader = Annotated[UserSession, Depends(reading(Action.SEE_HITS))]


@router.get("/", status_code=303, response_class=RedirectResponse)
def start(request: Request, user: Reader) -> Response:
    """To the hits that wait for somebody, the most severe first."""
    question = Question(facets={"status": OPEN}, sort=Order.SEVERITY)
    kept = [pair for pair in request.query_params.multi_items() if pair[0] in ("lang", "format")]
    return RedirectResponse(address("/hits", [*question.parameters, *kept]), 303)


@router.get("/hits", response_model=QueueView, openapi_extra={"parameters": [*QUESTION_PARAMETERS, PAGE_PARAMETER]})
def queue(request: Request, desk: AtDesk, user: Reader) -> Response:
    """The hits that fit a search (`q`, in the query language), facets and dates, fifty a page."""
    place = Place.of(request)
    page = max(1, min(number(request.query_params.get("page")) or 1, MAX_PAGE))
    mends = may(user.account.role, Action.SEE_FAULTS)
    lag = lag_of(desk.records, desk.index)
    if lag is not None and not mends:
        lag = replace(lag, reasons={})
    try:
        answer = ask(desk.records, desk.index, place.question, page)
    except QueryError as error:
        problem = QueryProblem.of(place.question.text, error)
        view = QueueView((), 0, 1, 0, 0, {}, histogram({}), "", problem, True, "", "", lag)
    else:
        view = QueueView(
            hits=tuple(map(HitLine.of, answer.hits, answer.found)),
            total=answer.total,
            page=page,
            pages=answer.pages,
            first=(page - 1) * PAGE_SIZE,
            facets=answer.facets,
            histogram=answer.histogram,
            query=place.question.spelt(),
            problem=None,
            is_indexed=answer.is_indexed,
            ignored=answer.ignored,
            index_failure=answer.failure if mends else "",
            lag=lag,
        )
    here = address("/hits", [*place.question.parameters, ("page", page if page > 1 else "")])
    return desk.pages.answer(
        request,
        "queue.html",
        view,
        user,
        status_code=400 if view.problem else 200,
        question=place.question,
        permalink=f"{request.base_url}".rstrip("/") + here,
        decided=place.decided(desk),
        source_titles=desk.source_titles(),
    )
