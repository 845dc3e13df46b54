"""Saved searches: those that an account keeps for itself, and nobody else sees."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Depends, HTTPException, Path, Request, Response
from fastapi.responses import RedirectResponse

from console.desk import AtDesk, Desk
from console.forms import SearchForm, described, read
from console.gate import Posted, changing, reading
from console.pages import json_answer, wants_json
from console.roles import Action
from console.sessions import UserSession
from console.views import QueryProblem, SearchesView, SearchLine, SearchRefusal, SearchView
from search.indexes.index import Index, IndexUnavailable
from search.language.mistakes import QueryError
from search.language.query import parse
from search.saved import (
    NameTaken,
    NoSuchSearch,
    SavedSearch,
    SavedSearchError,
    TooManySearches,
    WrongName,
    change_search,
    delete_search,
    save_search,
    saved_search,
    saved_searches,
)

router = APIRouter(tags=["searches"])
SearchId = Annotated[int, Path(ge=1, le=2**31 - 1)]
Reader = Annotated[UserSession, Depends(reading(Action.SEE_HITS))]
Keeper = Annotated[UserSession, Depends(changing(Action.SEE_HITS))]
COUNTING_SECONDS: Final = 1.0
"""How long a page may take to count what fits; searches that are not reached then go without a number."""
REFUSALS: Final[Mapping[type[SavedSearchError], str]] = {
    NameTaken: "name_taken",
    WrongName: "wrong_name",
    TooManySearches: "too_many_searches",
}


@router.get("/searches", response_model=SearchesView)
def searches(request: Request, desk: AtDesk, user: Reader) -> Response:
    """The account's saved searches by name: how many hits fit each now, and how many alerts of it are unseen."""
    return desk.pages.answer(request, "searches.html", _all(desk, user), user)


@router.post("/searches", response_model=SearchLine, status_code=201, openapi_extra=described(SearchForm))
def save(request: Request, desk: AtDesk, user: Keeper, fields: Posted) -> Response:
    """Keep the `query` under a `name`; with `alerts`, what comes to fit from now on is told of."""
    form = read(SearchForm, fields)
    try:
        saved = save_search(desk.records, user.account.name, form.name, form.query, form.alerts)
    except (SavedSearchError, QueryError) as error:
        view = _all(desk, user, _refusal(form, error))
        return desk.pages.answer(request, "searches.html", view, user, status_code=400)
    if wants_json(request):
        return json_answer(request, _line(saved, None), 201)
    return RedirectResponse("/searches", 303)


@router.get("/searches/{search_id}", response_model=SearchView)
def search_page(search_id: SearchId, request: Request, desk: AtDesk, user: Reader) -> Response:
    """One saved search, to be changed or deleted."""
    view = SearchView(_line(_own(desk, user, search_id), None))
    return desk.pages.answer(request, "search.html", view, user)


@router.post("/searches/{search_id}", response_model=SearchLine, openapi_extra=described(SearchForm))
def change(search_id: SearchId, request: Request, desk: AtDesk, user: Keeper, fields: Posted) -> Response:
    """Give a saved search this `name`, `query` and `alerts`. The alerts there are stay."""
    form = read(SearchForm, fields)
    own = _own(desk, user, search_id)
    try:
        changed = change_search(
            desk.records,
            user.account.name,
            search_id,
            name=form.name,
            query_text=form.query,
            is_alerting=form.alerts,
        )
    except NoSuchSearch:
        raise HTTPException(404) from None
    except (SavedSearchError, QueryError) as error:
        view = SearchView(_line(own, None), _refusal(form, error))
        return desk.pages.answer(request, "search.html", view, user, status_code=400)
    if wants_json(request):
        return json_answer(request, _line(changed, None))
    return RedirectResponse("/searches", 303)


@router.post("/searches/{search_id}/delete", status_code=303, response_class=RedirectResponse)
def delete(search_id: SearchId, request: Request, desk: AtDesk, user: Keeper) -> Response:
    """Forget a saved search, and its alerts with it."""
    try:
        delete_search(desk.records, user.account.name, search_id)
    except NoSuchSearch:
        raise HTTPException(404) from None
    return RedirectResponse("/searches", 303)


def _own(desk: Desk, user: UserSession, search_id: int) -> SavedSearch:
    try:
        return saved_search(desk.records, user.account.name, search_id)
    except NoSuchSearch:
        raise HTTPException(404) from None


def _all(desk: Desk, user: UserSession, refusal: SearchRefusal | None = None) -> SearchesView:
    kept = saved_searches(desk.records, user.account.name)
    return SearchesView(tuple(_counted(desk.index, kept)), refusal)


def _counted(index: Index, kept: list[SavedSearch]) -> Iterator[SearchLine]:
    """Each search with how many hits fit; None where that could not be found out, or not soon enough."""
    end = time.monotonic() + COUNTING_SECONDS
    is_answering = True
    for search in kept:
        fitting = None
        if is_answering and search.mistake is None and time.monotonic() < end:
            try:
                fitting = index.search(parse(search.query).page(1, 0)).total
            except IndexUnavailable:
                # Told by the missing numbers here, and in full by the queue and /healthz.
                is_answering = False
        yield _line(search, fitting)


def _line(search: SavedSearch, fitting: int | None) -> SearchLine:
    return SearchLine(
        id=search.id,
        name=search.name,
        query=search.query,
        is_alerting=search.is_alerting,
        created_at=search.created_at,
        unseen=search.unseen,
        fitting=fitting,
        problem=None if search.mistake is None else QueryProblem.of(search.query, search.mistake),
    )


def _refusal(form: SearchForm, error: SavedSearchError | QueryError) -> SearchRefusal:
    if isinstance(error, QueryError):
        return SearchRefusal(
            "query_error", form.name, form.query, form.alerts, QueryProblem.of(form.query.strip(), error)
        )
    return SearchRefusal(REFUSALS[type(error)], form.name, form.query, form.alerts, None)
