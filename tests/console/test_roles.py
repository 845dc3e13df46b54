"""Every route against every role: a new route fails here until it has its line in the table."""

import pytest
from fastapi.routing import iter_route_contexts

from console.audit import audit_lines
from console.roles import ALLOWED, Action, Role
from search.hits import load_hit
from search.reports import latest_links, report_link
from search.runs import SourceSummary, keep_sources
from search.saved import delete_search, save_search, saved_searches
from search.status import Status
from tests.console.world import PHONE, World, csrf_token

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
    ("GET", "/campaigns"): EVERYONE,
    ("GET", "/campaigns/{campaign_id}"): EVERYONE,
    ("POST", "/campaigns/{campaign_id}/name"): {I, A},
    ("POST", "/campaigns/{campaign_id}/cuts"): {I, A},
    ("POST", "/campaigns/{campaign_id}/restorations"): {I, A},
    ("POST", "/campaigns/{campaign_id}/partings"): {I, A},
    ("GET", "/stop-values"): EVERYONE,
    ("POST", "/stop-values"): {I, A},
    ("GET", "/searches"): EVERYONE,
    ("POST", "/searches"): EVERYONE,
    ("GET", "/searches/{search_id}"): EVERYONE,
    ("POST", "/searches/{search_id}"): EVERYONE,
    ("POST", "/searches/{search_id}/delete"): EVERYONE,
    ("GET", "/alerts"): EVERYONE,
    ("POST", "/alerts/seen"): EVERYONE,
    ("GET", "/evidence/{evidence_id}"): EVERYONE,
    ("GET", "/evidence/{evidence_id}/verdict"): EVERYONE,
    ("GET", "/evidence/{evidence_id}/screenshot.png"): EVERYONE,
    ("GET", "/export/{format_name}"): {I, A},
    ("GET", "/sources"): EVERYONE,
    ("GET", "/sources/{name}"): EVERYONE,
    ("GET", "/reports"): EVERYONE,
    ("POST", "/reports"): {I, O, A},
    ("GET", "/reports/{receipt}"): EVERYONE,
    ("GET", "/audit"): {A, U},
}


def address(world: World, path: str, role: Role | None) -> str:
    """A page that exists behind a route's path; what belongs to an account is that of this role."""
    if "{search_id}" in path:
        owner = role or Role.ADMIN
        for search in saved_searches(world.records, owner):
            delete_search(world.records, owner, search.id)
        return path.format(search_id=save_search(world.records, owner, "Của tôi", "vay").id)
    if "{evidence_id}" in path:
        return path.format(evidence_id=world.keep_evidence(1))
    if "{receipt}" in path:
        return path.format(receipt=report_link(world.records, "https://a.example/", "", "ai đó").receipt)
    return path.format(hit_id=1, campaign_id=1, format_name="csv", name="bao-mau")


def test_the_table_holds_every_route(world: World) -> None:
    answered = {
        (method, route.path)
        for route in iter_route_contexts(world.app.routes)
        if route.path and not route.path.startswith("/static")
        for method in (route.methods or ()) - {"HEAD"}
    }
    assert answered == set(TABLE)


@pytest.mark.parametrize("role", [None, *Role])
def test_each_role_reaches_what_the_table_says_and_nothing_else(world: World, role: Role | None) -> None:
    keep_sources(world.records, [SourceSummary("bao-mau", "Báo Mẫu", "news", "30m", True, None)])
    client = world.client() if role is None else world.signed_in(role)
    token = "" if role is None else csrf_token(client.get("/hits").text)
    version = 1
    own = {"name": "Tên", "query": "vay"}
    tie = {"hit": "2", "kind": PHONE.kind, "value": PHONE.value, "note": "nhầm"}
    fields = {
        "/campaigns/{campaign_id}/cuts": tie,
        "/campaigns/{campaign_id}/restorations": tie,
        "/campaigns/{campaign_id}/partings": tie,
        "/stop-values": {**tie, "is_stopped": "true"},
        "/searches": own,
        "/searches/{search_id}": own,
        "/reports": {"url": "https://b.example/"},
        "/hits/{hit_id}/decisions": {"to": "in_review"},
    }
    for (method, path), roles in sorted(TABLE.items(), key=lambda line: line[0][1] == "/logout"):
        if path == "/login":
            continue
        data = {"csrf_token": token, "version": str(version), **fields.get(path, {})} if method == "POST" else None
        answer = client.request(method, address(world, path, role), data=data)
        said = f"{role} {method} {path}: {answer.status_code}"
        if roles is None or role in roles:
            assert answer.status_code < 400, said
            assert not answer.headers.get("location", "").startswith("/login?"), said
        elif role is None:
            assert answer.status_code == 303 and answer.headers["location"].startswith("/login"), said
        else:
            assert answer.status_code == 403, said


@pytest.mark.parametrize(("method", "path"), [line for line in TABLE if line[0] == "POST"])
@pytest.mark.parametrize("token", [None, "", "wrong"])
def test_no_form_is_taken_without_its_token(world: World, method: str, path: str, token: str | None) -> None:
    client = world.signed_in(Role.ADMIN)
    fields = {"to": "confirmed", "version": "1", "url": "https://b.example/", "name": "admin", "password": "x"}
    data = fields if token is None else {**fields, "csrf_token": token}
    assert client.request(method, address(world, path, Role.ADMIN), data=data).status_code == 403
    as_json = client.request(
        method, address(world, path, Role.ADMIN), json=data, headers={"accept": "application/json"}
    )
    assert (as_json.status_code, as_json.json()["kind"]) == (403, "forged_form")
    assert load_hit(world.records, 1).status is Status.NEW  # type: ignore[union-attr]
    assert latest_links(world.records) == []


def test_another_sessions_token_does_not_do(world: World) -> None:
    other = csrf_token(world.signed_in(Role.INSPECTOR).get("/hits").text)
    mine = world.signed_in(Role.INSPECTOR)
    answer = mine.post("/hits/1/decisions", data={"to": "confirmed", "version": "1", "csrf_token": other})
    assert answer.status_code == 403


def test_a_refusal_is_in_the_audit_log(world: World) -> None:
    world.signed_in(Role.OPERATOR).get("/export/csv")
    line = audit_lines(world.records, 1)[0][0]
    assert (line.actor, line.action, line.subject, line.detail) == (
        "operator",
        "refused",
        "GET /export/csv",
        "export",
    )


def test_every_role_and_action_stands_in_the_roles_table() -> None:
    assert set(ALLOWED) == set(Role)
    assert set().union(*ALLOWED.values()) == set(Action)


def test_an_auditor_changes_nothing(world: World) -> None:
    page = world.signed_in(Role.AUDITOR).get("/hits/1").text
    assert 'name="to"' not in page
    assert not ALLOWED[Role.AUDITOR] & {Action.DECIDE, Action.REPORT, Action.EXPORT}
