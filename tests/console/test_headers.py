import re
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from console.headers import CONTENT_SECURITY_POLICY
from tests.console.world import World

EVERY_KIND = [
    "/login",
    "/hits",
    "/hits/1",
    "/nope",
    "/hits/1?format=json",
    "/static/console.css",
    "/static/nope",
    "/healthz",
]


@pytest.mark.parametrize("address", EVERY_KIND)
def test_every_answer_refuses_what_it_can(world: World, address: str) -> None:
    headers = world.signed_in().get(address).headers
    assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["x-dns-prefetch-control"] == "off"


def test_the_policy_lets_nothing_in_from_elsewhere() -> None:
    directives = dict(part.strip().split(" ", 1) for part in CONTENT_SECURITY_POLICY.split(";"))
    assert directives["default-src"] == directives["frame-ancestors"] == directives["base-uri"] == "'none'"
    assert set(directives.values()) == {"'none'", "'self'"}


def test_pages_are_not_kept_and_our_own_scripts_are(world: World) -> None:
    client = world.signed_in()
    page = client.get("/hits")
    assert page.headers["cache-control"] == "no-store"
    for address in re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text):
        answer = client.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"], address
    assert client.get("/static/console.css").headers["cache-control"] == "no-store"


def test_a_fault_of_ours_has_the_headers_too(world: World) -> None:
    world.app.state.desk = replace(world.app.state.desk, categories=None, vault=None)
    client = world.signed_in()
    answer = TestClient(
        world.app, raise_server_exceptions=False, cookies=dict(client.cookies), headers={"accept": "text/html"}
    ).get("/evidence/20261120T033000Z-0123456789")
    assert answer.status_code == 500
    assert "Đã có lỗi xảy ra" in answer.text
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert answer.headers["cache-control"] == "no-store"
