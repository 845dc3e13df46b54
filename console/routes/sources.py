"""The sources: what is watched, how the last runs went, and what failed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response

from console.desk import AtDesk
from console.gate import reading
from console.roles import Action
from console.sessions import UserSession
from console.views import SourcesView, SourceView
from search.runs import failures_of, latest_runs, source_summaries

router = APIRouter(tags=["sources"])
Reader = Annotated[UserSession, Depends(reading(Action.SEE_SOURCES))]


@router.get("/sources", response_model=SourcesView)
def sources(request: Request, desk: AtDesk, user: Reader) -> Response:
    """Every source: when it last ran and runs next, what it brought, what failed by kind."""
    return desk.pages.answer(request, "sources.html", SourcesView(tuple(source_summaries(desk.records))), user)


@router.get("/sources/{name}", response_model=SourceView)
def source(name: str, request: Request, desk: AtDesk, user: Reader) -> Response:
    """One source: its newest runs, and the failures of the newest (or of `run`)."""
    summary = next((known for known in source_summaries(desk.records) if known.name == name), None)
    if summary is None:
        raise HTTPException(404)
    runs = latest_runs(desk.records, name)
    asked = request.query_params.get("run", "")
    run = next((known for known in runs if str(known.id) == asked), None) if asked else next(iter(runs), None)
    if asked and run is None:
        raise HTTPException(404)
    failures = failures_of(desk.records, run.id) if run else []
    view = SourceView(summary, tuple(runs), run, tuple(failures))
    return desk.pages.answer(request, "source.html", view, user)
