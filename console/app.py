"""The console as an application: records, index and vault in, an ASGI app out."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any

from fastapi import Depends, FastAPI
from starlette.responses import Response
from starlette.staticfiles import PathLike, StaticFiles
from starlette.types import Scope

from console import trouble
from console.desk import Desk
from console.gate import signed_in
from console.headers import SecurityHeaders
from console.pages import STATIC, Pages
from console.routes import (
    alerts,
    audit,
    campaigns,
    decisions,
    evidence,
    exports,
    health,
    hits,
    login,
    queue,
    reports,
    searches,
    sources,
)
from console.sessions import UserSession
from console.settings import ConsoleSettings
from evidence.signing import KeyRing
from evidence.vault import Vault
from matchers.errors import Refusal
from matchers.hosts.brands import BUILT_IN_BRANDS, BrandIndex, read_brands
from matchers.rules import Category
from search.exporters import exporters
from search.indexes.index import Index
from search.records import Records
from search.saved import unseen_count

MAX_BODY_BYTES = 64 * 1024
"""More than any of our forms sends."""
NO_KEYS = KeyRing(())
"""Trusts nobody: every capture is then shown as signed by an unknown key."""
ROUTES = (
    login,
    queue,
    hits,
    decisions,
    campaigns,
    searches,
    alerts,
    evidence,
    exports,
    sources,
    reports,
    audit,
    health,
)
_STATIC_CACHE = "public, max-age=31536000, immutable"


def create_app(
    records: Records,
    index: Index,
    vault: Vault,
    categories: Mapping[str, Category],
    settings: ConsoleSettings,
    trusted: KeyRing = NO_KEYS,
    brands: BrandIndex | None = None,
    rules_refusal: Callable[[], Refusal | None] = lambda: None,
) -> FastAPI:
    """The review console over what is given, which stays open while the app is served and is closed by the caller.

    `trusted` are the keys whose signatures on evidence count; the official domains of `brands` (the built-in ones
    unless told otherwise) are kept out of block lists. `rules_refusal` says why rules are refused, while
    they are: every page asks it. Run it with uvicorn at `settings.host` and `settings.port`.
    """
    # Its own documentation page would load scripts from elsewhere; the description itself is at /openapi.json.
    app = FastAPI(
        title="Lưới Trời",
        description="Every page of the console is also JSON at its own address: send `Accept: application/json`.",
        version="1",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        max_body_size=MAX_BODY_BYTES,
    )
    if brands is None:
        brands = BrandIndex(tuple(read_brands(BUILT_IN_BRANDS)[0]))
    pages = Pages(settings, categories, partial(unseen_count, records), rules_refusal)
    app.state.desk = Desk(records, index, vault, trusted, categories, exporters(brands), settings, pages, rules_refusal)
    app.add_middleware(SecurityHeaders)
    trouble.install(app)
    for module in ROUTES:
        app.include_router(module.router)

    @app.get("/openapi.json", include_in_schema=False)
    def description(user: Annotated[UserSession, Depends(signed_in)]) -> dict[str, Any]:
        return app.openapi()

    app.mount("/static", _Static(directory=STATIC), name="static")
    return app


class _Static(StaticFiles):
    """Our own scripts and styles. Where the address carries the hash of what it holds, browsers may keep it."""

    def file_response(
        self, full_path: PathLike, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        if b"v=" in scope["query_string"]:
            response.headers["Cache-Control"] = _STATIC_CACHE
        return response
