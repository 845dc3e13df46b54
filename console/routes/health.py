"""Whether the console can do its work, for whatever watches over it."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from console.desk import AtDesk
from console.pages import json_answer
from console.views import Health
from search.index import IndexUnavailable
from search.outbox import waiting
from search.records import RecordsError

router = APIRouter(tags=["health"])


@router.get("/healthz", response_model=Health)
def health(request: Request, desk: AtDesk) -> Response:
    """200 while the records answer. Without the index the queue still works, so that alone is no 503."""
    try:
        waiting(desk.records)
        records = "ok"
    except RecordsError as error:
        records = error.kind
    try:
        desk.index.count()
        index = "ok"
    except IndexUnavailable as error:
        index = error.kind
    is_well = records == "ok"
    return json_answer(request, Health("ok" if is_well else "unavailable", records, index), 200 if is_well else 503)
