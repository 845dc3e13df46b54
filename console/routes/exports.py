"""Exports: the answers of a search, in a format other programs read, streamed as they are read."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import StreamingResponse

from console.audit import Deed, note
from console.desk import AtDesk
from console.gate import reading
from console.language import VIETNAM
from console.pages import address
from console.queue import QUESTION_PARAMETERS, Question, matching
from console.roles import Action
from console.sessions import UserSession
from console.stream import written

router = APIRouter(tags=["exports"])
Exporting = Annotated[UserSession, Depends(reading(Action.EXPORT))]


@router.get(
    "/export/{format_name}",
    response_class=StreamingResponse,
    openapi_extra={"parameters": QUESTION_PARAMETERS},
)
def export(format_name: str, request: Request, desk: AtDesk, user: Exporting) -> Response:
    """All hits that fit the search, facets and dates of the queue, as a file."""
    exporter = desk.exporters.get(format_name)
    if exporter is None:
        raise HTTPException(404)
    question = Question.of(request.query_params)
    total, hits = matching(desk.records, desk.index, question)
    note(
        desk.records,
        user.account.name,
        Deed.EXPORTED,
        f"{format_name}, {total} hits",
        address("/hits", question.parameters),
    )
    name = f"luoitroi-{datetime.now(VIETNAM):%Y%m%d-%H%M}.{exporter.suffix}"
    return StreamingResponse(
        written(exporter, hits),
        media_type=exporter.media_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
