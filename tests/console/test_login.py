from http.cookies import SimpleCookie

import pytest
from starlette.testclient import TestClient

from console.accounts import LOCK_AFTER_FAILURES
from console.app import create_app
from console.audit import audit_lines
from console.routes.login import local_address
from console.settings import ConsoleSettings
from tests.console.world import PASSWORD, World, csrf_token


def test_without_a_login_every_page_leads_to_it_and_back(world: World) -> None:
    client = world.client()
    answer = client.get("/hits?q=vay&page=2")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=%2Fhits%3Fq%3Dvay%26page%3D2")
    form = client.get(answer.headers["location"])
    assert form.status_code == 200
    answer = client.post(
        "/login",
        data={
            "name": "inspector",
            "password": PASSWORD,
            "next": "/hits?q=vay&page=2",
            "csrf_token": csrf_token(form.text),
        },
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/hits?q=vay&page=2")
    assert client.get("/hits").status_code == 200


def test_a_program_is_told_to_sign_in(world: World) -> None:
    answer = world.client(accept="application/json").get("/hits")
    assert answer.status_code == 401
    assert answer.json()["kind"] == "not_signed_in"


def test_htmx_is_sent_to_the_login_as_a_whole(world: World) -> None:
    answer = world.client(**{"hx-request": "true"}).get("/hits")
    assert (answer.status_code, answer.headers["hx-redirect"]) == (401, "/login?next=%2Fhits")


def test_a_program_signs_in_with_json(world: World) -> None:
    client = world.client(accept="application/json")
    client.get("/login")
    token = client.cookies["luoitroi_login"]
    answer = client.post("/login", json={"name": "inspector", "password": PASSWORD}, headers={"x-csrf-token": token})
    assert answer.status_code == 200
    assert answer.json()["account"]["role"] == "inspector"
    assert client.get("/hits").json()["total"] == 5


@pytest.mark.parametrize("name", ["inspector", "nobody-of-this-name"])
def test_wrong_names_and_passwords_read_the_same(world: World, name: str) -> None:
    client = world.client()
    token = csrf_token(client.get("/login").text)
    answer = client.post("/login", data={"name": name, "password": "sai", "csrf_token": token})
    assert answer.status_code == 401
    assert "Tên hoặc mật khẩu không đúng" in answer.text
    assert "luoitroi_session" not in client.cookies


def test_the_lock_holds_at_the_door(world: World) -> None:
    client = world.client()
    token = csrf_token(client.get("/login").text)
    for _ in range(LOCK_AFTER_FAILURES):
        client.post("/login", data={"name": "inspector", "password": "sai", "csrf_token": token})
    answer = client.post("/login", data={"name": "inspector", "password": PASSWORD, "csrf_token": token})
    assert answer.status_code == 401
    assert "tài khoản bị khóa" in answer.text


@pytest.mark.parametrize("sent", [None, "", "x" * 43])
def test_a_login_form_from_elsewhere_is_refused(world: World, sent: str | None) -> None:
    client = world.client()
    client.get("/login")
    data = {"name": "inspector", "password": PASSWORD}
    answer = client.post("/login", data=data if sent is None else {**data, "csrf_token": sent})
    assert answer.status_code == 403
    assert client.get("/hits").status_code == 303


def test_signing_out_ends_the_session_itself(world: World) -> None:
    client = world.signed_in()
    stolen = client.cookies["luoitroi_session"]
    token = csrf_token(client.get("/hits").text)
    assert client.post("/logout", data={"csrf_token": "x"}).status_code == 403
    assert client.post("/logout", data={"csrf_token": token}).headers["location"] == "/login"
    thief = world.client()
    thief.cookies.set("luoitroi_session", stolen)
    assert thief.get("/hits").status_code == 303


def test_each_login_gets_a_token_of_its_own_and_ends_the_one_before(world: World) -> None:
    client = world.signed_in()
    before = client.cookies["luoitroi_session"]
    client.get("/login", headers={"accept": "application/json"})
    token = client.cookies["luoitroi_login"]
    client.post("/login", data={"name": "admin", "password": PASSWORD, "csrf_token": token})
    assert client.cookies["luoitroi_session"] != before
    thief = world.client()
    thief.cookies.set("luoitroi_session", before)
    assert thief.get("/hits").status_code == 303


@pytest.mark.parametrize("is_secure", [False, True])
def test_cookies_are_out_of_reach_of_scripts_and_other_sites(world: World, is_secure: bool) -> None:
    settings = ConsoleSettings(secure_cookies=is_secure)
    app = create_app(world.records, world.index, world.vault, {}, settings)
    client = TestClient(app, base_url="https://testserver", follow_redirects=False, headers={"accept": "text/html"})
    token = csrf_token(client.get("/login").text)
    answer = client.post("/login", data={"name": "inspector", "password": PASSWORD, "csrf_token": token})
    cookie = SimpleCookie(next(value for value in answer.headers.get_list("set-cookie") if "_session" in value))
    name, morsel = next(iter(cookie.items()))
    assert name == ("__Host-luoitroi_session" if is_secure else "luoitroi_session")
    assert morsel["httponly"] and morsel["samesite"].lower() == "lax" and morsel["path"] == "/"
    assert bool(morsel["secure"]) is is_secure
    assert client.get("/hits").status_code == 200


@pytest.mark.parametrize(
    ("asked", "led"),
    [
        ("/hits?q=a b", "/hits?q=a b"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/hits\r\nSet-Cookie: a=b", "/"),
        ("", "/"),
    ],
)
def test_a_login_leads_back_into_the_console_alone(asked: str, led: str) -> None:
    assert local_address(asked) == led


def test_logins_are_in_the_audit_log_without_what_may_be_a_password(world: World) -> None:
    client = world.client()
    token = csrf_token(client.get("/login").text)
    for name in ("inspector", "my-secret-password-typed-here"):
        client.post("/login", data={"name": name, "password": "sai", "csrf_token": token})
    client.post("/login", data={"name": "inspector", "password": PASSWORD, "csrf_token": token})
    lines, _ = audit_lines(world.records, 10)
    assert [(line.actor, line.action, line.subject) for line in lines] == [
        ("inspector", "login", "inspector"),
        ("unknown name", "login_failed", "unknown_name"),
        ("inspector", "login_failed", "wrong_password"),
    ]
