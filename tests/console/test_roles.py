"""Every route against every role: a new route fails here until it has its line in the table."""

import pytest
from conftest import World, csrf_token
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from console.roles import ALLOWED, Action, Role
from search.review import Status, decide

I, O, A, U = Role.INSPECTOR, Role.OPERATOR, Role.ADMIN, Role.AUDITOR  # noqa: E741
EVERYONE = {I, O, A, U}
# (method, path) -> who may. None: needs no login at all.
TABLE: dict[tuple[str, str], set[Role] | None] = {
    ("GET", "/login"): None,
    ("POST", "/login"): None,
    ("GET", "/healthz"): None,
    ("POST", "/logout"): EVERYONE,
    ("GET", "/openapi.json"): EVERYONE,
    ("GET", "/"): EVERYONE,
    ("GET", "/hits"): EVERYONE,
    ("GET", "/hits/{hit_id}"): EVERYONE,
    ("POST", "/hits/{hit_id}/decisions"): {I, A},
    ("GET", "/evidence/{evidence_id}"): EVERYONE,
    ("GET", "/evidence/{evidence_id}/{picture}.png"): EVERYONE,
    ("GET", "/export/{format_name}"): {I, A},
    ("GET", "/sources"): EVERYONE,
    ("GET", "/sources/{name}"): EVERYONE,
    ("GET", "/reports"): EVERYONE,
    ("POST", "/reports"): {I, O, A},
    ("GET", "/reports/{receipt}"): EVERYONE,
    ("GET", "/audit"): {A, U},
}


def routes(world: World) -> set[tuple[str, str]]:
    """Every (method, path) that the application answers."""
    return {
        (method, route.path) for route in world.app.routes if isinstance(route, APIRoute) for method in route.methods
    }
