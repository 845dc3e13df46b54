"""Whether the console can do its work, for whatever watches over it."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from console.desk import AtDesk
from console.pages import json_answer
from console.views import Health
from search.indexes.index import Index, IndexUnavailable
from search.rebuild import hits_in, report
from search.records import RecordsError

router = APIRouter(tags=["health"])


@router.get("/healthz", response_model=Health)
def health(request: Request, desk: AtDesk) -> Response:
    """200 while the records answer. Without the index the queue still works, so that alone is no 503."""
    rules = "ok" if desk.rules_refusal() is None else "rules_refused"
    try:
        hits = hits_in(desk.records)
    except RecordsError as error:
        return json_answer(request, Health("unavailable", error.kind, _state(desk.index), rules), 503)
    try:
        found = report(desk.records, desk.index)
    except IndexUnavailable as error:
        return json_answer(request, Health("ok", "ok", error.kind, rules, hits=hits))
    view = Health(
        status="ok",
        records="ok",
        index=IndexUnavailable.kind if found.state.problem else "ok",
        rules=rules,
        hits=found.hits,
        indexed=found.state.hits,
        waiting=found.waiting,
        waiting_since=found.waiting_since,
        refused=found.refused,
        is_rebuilding=found.is_rebuilding,
        filling=found.state.filling,
        needs_rebuild=found.needs_rebuild,
    )
    return json_answer(request, view)


def _state(index: Index) -> str:
    try:
        return IndexUnavailable.kind if index.state().problem else "ok"
    except IndexUnavailable as error:
        return error.kind
