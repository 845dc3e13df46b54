from dataclasses import replace

import pytest

from console.lag import lag_of
from console.roles import Role
from search.documents import load_documents
from search.outbox import waiting
from search.rebuild import only_one
from search.review import decide
from search.status import Status
from tests.console.world import World


def test_an_index_that_is_up_to_date_has_no_lag(world: World) -> None:
    assert lag_of(world.records, world.index) is None
    assert 'class="notice"' not in world.signed_in().get("/hits").text


def test_what_waits_is_told_with_the_time(world: World) -> None:
    decide(world.records, 1, Status.CONFIRMED, "ai đó")
    lag = lag_of(world.records, world.index)
    assert lag is not None
    assert (lag.count, lag.since) == waiting(world.records)
    page = world.signed_in().get("/hits").text
    assert "Chỉ mục đang trễ 1 mục, từ" in page and "tự bắt kịp" in page
    world.deliver()
    assert lag_of(world.records, world.index) is None


def test_a_rebuild_tells_how_far_it_is(world: World) -> None:
    with only_one(world.records), world.index.renewal() as fresh:
        fresh.put(load_documents(world.records, [1, 2]))
        page = world.signed_in().get("/hits").text
        assert "Chỉ mục đang được dựng lại. Chỉ mục mới đã có 2 trên 5 mục (40%)." in page
        view = world.signed_in().get("/hits?format=json").json()
        assert (view["lag"]["is_rebuilding"], view["lag"]["filled"], view["lag"]["hits"]) == (True, 2, 5)
        assert len(view["hits"]) == 5


@pytest.mark.parametrize(("role", "sees"), [(Role.OPERATOR, True), (Role.ADMIN, True), (Role.INSPECTOR, False)])
def test_what_the_index_refuses_is_told_and_why_to_those_who_can_mend_it(world: World, role: Role, sees: bool) -> None:
    world.refuse(4, "field <b>x</b> is \u202e no date")
    client = world.signed_in(role)
    page = client.get("/hits").text
    assert "Chỉ mục từ chối 1 mục" in page
    assert ("field &lt;b&gt;x&lt;/b&gt;" in page) is sees and "\u202e" not in page
    lag = client.get("/hits?format=json").json()["lag"]
    assert (lag["refused"], lag["count"], bool(lag["reasons"])) == (1, 0, sees)


@pytest.mark.parametrize(("role", "sees"), [(Role.ADMIN, True), (Role.AUDITOR, False)])
def test_an_index_that_is_away_and_behind_says_both(world: World, role: Role, sees: bool) -> None:
    decide(world.records, 1, Status.CONFIRMED, "ai đó")
    world.index.path = world.folder / "not-a-database"
    world.index.path.mkdir()
    world.app.state.desk = replace(world.app.state.desk, index=world.index)
    with only_one(world.records):
        page = world.signed_in(role).get("/hits").text
    for said in ("Không kết nối được chỉ mục", "đang trễ 1 mục", "đang được dựng lại"):
        assert said in page
    assert ("luoitroi doctor" in page) is sees
