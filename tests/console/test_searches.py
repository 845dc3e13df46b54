import re
from dataclasses import replace
from html import unescape

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from console import labels
from console.roles import Role
from console.routes.searches import REFUSALS
from search.review import decide
from search.saved import NoSuchSearch, SavedSearchError, save_search, saved_searches
from search.status import Status
from search.tables import SavedSearchRow
from tests.console.test_queue import titles
from tests.console.world import World, csrf_token, flagged


def post(client: TestClient, path: str, **fields: str) -> str:
    """Send a form with the token of our page; where it leads."""
    token = csrf_token(client.get("/hits").text)
    answer = client.post(path, data={"csrf_token": token, **fields})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def badge(client: TestClient) -> int:
    """What the badge in the top bar counts, as every page shows it."""
    counts = {
        int(found[1])
        if (found := re.search(r'<span class="badge">(\d+)<span class="visually-hidden"> chưa xem', page))
        else 0
        for page in (client.get(path).text.split("<main")[0] for path in ("/hits", "/sources", "/alerts"))
    }
    (count,) = counts
    return count


def test_a_search_is_saved_from_the_queue_as_it_is_asked_there(world: World) -> None:
    client = world.signed_in()
    page = client.get("/hits?q=vay&severity=3&severity=4&since=2026-11-20&sort=severity").text
    query = re.search(r'name="query" value="([^"]*)"', page)
    assert query
    assert post(client, "/searches", name=" Vay  nặng ", query=unescape(query[1]), alerts="true") == "/searches"
    (line,) = client.get("/searches?format=json").json()["searches"]
    assert (line["name"], line["is_alerting"], line["fitting"], line["unseen"]) == ("Vay nặng", True, 1, 0)
    assert line["query"] == "vay seen:2026-11-20.. severity:3 severity:4 sort:severity"
    listed = client.get("/searches").text
    link = re.search(r'<a href="([^"]+)">Vay nặng</a>', listed)
    assert link and titles(client.get(unescape(link[1])).text) == ["Vay nhanh 24h"]


def test_nothing_is_offered_to_be_saved_where_nothing_is_asked(world: World) -> None:
    client = world.signed_in()
    assert "Lưu tìm kiếm này" not in client.get("/hits").text
    assert "Lưu tìm kiếm này" not in client.get("/hits", params={"q": "severity:9"}).text


def test_what_comes_to_fit_is_told_until_it_was_looked_at(world: World) -> None:
    client = world.signed_in()
    post(client, "/searches", name="Trúng thưởng", query="trung thuong", alerts="true")
    assert badge(client) == 0
    first = world.record(*flagged("https://thuong.top/", "Trúng thưởng lớn", "nhận quà"))
    second = world.record(*flagged("https://thuong.icu/", "Trúng thưởng xe", "nhận xe"))
    assert badge(client) == 2
    page = client.get("/alerts").text
    assert titles(page) == ["Trúng thưởng xe", "Trúng thưởng lớn"]
    assert "2 chưa xem" in page and page.count('class="fresh">mới') == 2
    assert "Phù hợp với <b>Trúng thưởng</b>" in page
    client.get(f"/hits/{first}")
    assert badge(client) == 1
    view = client.get("/alerts?format=json").json()
    assert [(line["hit"]["id"], line["alert"]["seen_at"] is None) for line in view["alerts"]] == [
        (second, True),
        (first, False),
    ]
    assert post(client, "/alerts/seen") == "/alerts"
    assert badge(client) == 0
    assert "Đánh dấu đã xem tất cả" not in client.get("/alerts").text


def test_alerts_of_one_search_can_be_marked_as_seen(world: World) -> None:
    client = world.signed_in()
    for name, query in (("một", "trung thuong"), ("hai", "host:thuong.top")):
        post(client, "/searches", name=name, query=query, alerts="true")
    world.record(*flagged("https://thuong.top/", "Trúng thưởng lớn", "nhận quà"))
    first = client.get("/searches?format=json").json()["searches"][0]
    token = csrf_token(client.get("/hits").text)
    answer = client.post(
        "/alerts/seen",
        json={"search": first["id"]},
        headers={"x-csrf-token": token, "accept": "application/json"},
    )
    assert answer.json() == {"count": 1}
    assert badge(client) == 1


def test_a_search_that_shall_not_tell_does_not(world: World) -> None:
    client = world.signed_in()
    post(client, "/searches", name="Lặng", query="trung thuong")
    world.record(*flagged("https://thuong.top/", "Trúng thưởng lớn", "nhận quà"))
    assert badge(client) == 0
    assert "Chưa có thông báo nào" in client.get("/alerts").text


def test_a_search_is_renamed_changed_and_deleted(world: World) -> None:
    client = world.signed_in()
    post(client, "/searches", name="Cũ", query="vay", alerts="true")
    (saved,) = saved_searches(world.records, "inspector")
    page = client.get(f"/searches/{saved.id}").text
    assert 'value="Cũ"' in page and ">vay</textarea>" in page and 'value="true" checked' in page
    post(client, f"/searches/{saved.id}", name="Mới", query="vay -báo")
    (changed,) = saved_searches(world.records, "inspector")
    assert (changed.name, changed.query, changed.is_alerting) == ("Mới", "vay -báo", False)
    assert "Các thông báo của nó sẽ mất theo" in page
    post(client, f"/searches/{saved.id}/delete")
    assert saved_searches(world.records, "inspector") == []
    for answer in (client.get(f"/searches/{saved.id}"), client.get("/searches/99999999999999999")):
        assert answer.status_code == 404


@pytest.mark.parametrize(
    ("fields", "kind", "said"),
    [
        ({"name": "Có rồi", "query": "vay"}, "name_taken", "cùng tên này"),
        ({"name": "  ", "query": "vay"}, "wrong_name", "cần có tên"),
        ({"name": "x" * 129, "query": "vay"}, "wrong_name", "dài nhất 128"),
        ({"name": "Sai", "query": "vay severity:9"}, "query_error", "Cột 5: không hiểu"),
    ],
)
def test_what_cannot_be_kept_is_said_beside_what_was_sent(
    world: World, fields: dict[str, str], kind: str, said: str
) -> None:
    client = world.signed_in()
    save_search(world.records, "inspector", "Có rồi", "vay")
    other = save_search(world.records, "inspector", "Khác", "cọc")
    token = csrf_token(client.get("/hits").text)
    for path in ("/searches", f"/searches/{other.id}"):
        answer = client.post(path, data={"csrf_token": token, "alerts": "true", **fields})
        assert answer.status_code == 400
        assert said in answer.text and f'value="{fields["name"]}"' in answer.text
        as_json = client.post(path, json={"csrf_token": token, **fields}, headers={"accept": "application/json"})
        assert (as_json.status_code, as_json.json()["refusal"]["kind"]) == (400, kind)
    assert [search.name for search in saved_searches(world.records, "inspector")] == ["Có rồi", "Khác"]


def test_every_refusal_has_words() -> None:
    assert set(REFUSALS) == set(SavedSearchError.__subclasses__()) - {NoSuchSearch}
    assert set(labels.SEARCH_REFUSALS) == {*REFUSALS.values(), "query_error"}


def test_a_search_as_json(world: World) -> None:
    client = world.signed_in()
    headers = {"x-csrf-token": csrf_token(client.get("/hits").text), "accept": "application/json"}
    kept = client.post("/searches", json={"name": "Vay", "query": "vay", "alerts": True}, headers=headers)
    assert kept.status_code == 201
    line = kept.json()
    changed = client.post(f"/searches/{line['id']}", json={"name": "Vay", "query": "cọc"}, headers=headers)
    assert changed.json() == {**line, "query": "cọc", "is_alerting": False}
    assert client.get(f"/searches/{line['id']}?format=json").json()["search"]["query"] == "cọc"


def test_a_search_that_is_understood_no_more_is_shown_as_such(world: World) -> None:
    client = world.signed_in()
    saved = save_search(world.records, "inspector", "Hỏng", "vay")
    with world.records.write() as session:
        session.execute(update(SavedSearchRow).values(query="vay severity:9"))
    page = client.get("/searches").text
    assert "Không còn hiểu được" in page and "Cột 5" in page
    assert ">Hỏng</a>" not in page
    assert "Không còn hiểu được" in client.get(f"/searches/{saved.id}").text
    (line,) = client.get("/searches?format=json").json()["searches"]
    assert (line["fitting"], line["problem"]["column"]) == (None, 5)


def test_searches_are_listed_without_numbers_while_the_index_is_away(world: World) -> None:
    client = world.signed_in()
    save_search(world.records, "inspector", "Vay", "vay")
    world.index.path = world.folder / "not-a-database"
    world.index.path.mkdir()
    world.app.state.desk = replace(world.app.state.desk, index=world.index)
    assert client.get("/searches?format=json").json()["searches"][0]["fitting"] is None
    assert 'title="chưa đếm"' in client.get("/searches").text


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMIN, Role.OPERATOR])
def test_nobody_sees_or_changes_the_searches_of_others(world: World, role: Role) -> None:
    saved = save_search(world.records, "inspector", "Của tôi", "trung thuong")
    world.record(*flagged("https://thuong.top/", "Trúng thưởng lớn", "nhận quà"))
    other = world.signed_in(role)
    assert badge(other) == 0
    assert "Của tôi" not in other.get("/searches").text + other.get("/alerts").text
    assert other.get(f"/searches/{saved.id}").status_code == 404
    token = csrf_token(other.get("/hits").text)
    for path in (f"/searches/{saved.id}", f"/searches/{saved.id}/delete"):
        answer = other.post(path, data={"csrf_token": token, "name": "x", "query": "vay"})
        assert answer.status_code == 404
    other.post("/alerts/seen", data={"csrf_token": token, "search": str(saved.id)})
    other.get("/hits/6")
    assert badge(world.signed_in()) == 1
    assert [search.name for search in saved_searches(world.records, "inspector")] == ["Của tôi"]


def test_alerts_are_paged(world: World) -> None:
    client = world.signed_in()
    save_search(world.records, "inspector", "Mọi thứ", "")
    for number in range(51):
        world.record(*flagged(f"https://trang-{number}.top/", f"Trang {number}", f"nội dung {number} " * 9))
    first = client.get("/alerts").text
    assert len(titles(first)) == 50 and 'rel="next" href="/alerts?page=2"' in first
    assert titles(client.get("/alerts?page=2").text) == ["Trang 0"]
    assert "Không có trang 3" in client.get("/alerts?page=3").text
    assert badge(client) == 51


def test_a_decision_may_make_a_hit_fit(world: World) -> None:
    client = world.signed_in()
    save_search(world.records, "inspector", "Đã xác nhận", "status:confirmed")
    decide(world.records, 3, Status.CONFIRMED, "ai đó")
    assert badge(client) == 1
