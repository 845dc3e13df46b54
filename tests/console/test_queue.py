import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from starlette.datastructures import QueryParams

from console.queue import PAGE_SIZE, Question
from search.review import Status, decide
from search.runs import SourceSummary, keep_sources
from tests.console.world import World, flagged


def titles(html: str) -> list[str]:
    return [title.strip() for title in re.findall(r"<h2><a [^>]*>(.*?)</a></h2>", html, re.DOTALL)]


def test_the_start_is_what_waits_the_most_severe_first(world: World) -> None:
    client = world.signed_in()
    answer = client.get("/")
    assert answer.headers["location"] == "/hits?status=new&status=in_review&sort=severity"
    page = client.get(answer.headers["location"]).text
    assert titles(page) == [
        "Đăng nhập ngân hàng số",
        "Vay nhanh 24h",
        "Đi Hàn Quốc lương 60 triệu",
        "Tiền liền tay",
        "Vay online duyệt tự động",
    ]
    assert "5 mục" in page


def test_a_search_finds_whatever_the_marks(world: World) -> None:
    client = world.signed_in()
    for asked in ("han quoc", "Hàn Quốc", "HAN  QUOC"):
        assert titles(client.get("/hits", params={"q": asked}).text) == ["Đi Hàn Quốc lương 60 triệu"]
    assert titles(client.get("/hits", params={"q": "0912000111"}).text) == []
    assert len(titles(client.get("/hits", params={"q": '"+84912000111"'}).text)) == 2


def test_facets_narrow_and_still_show_what_else_there_is(world: World) -> None:
    client = world.signed_in()
    answer = client.get("/hits?category=fake_bank&category=job_export&format=json").json()
    assert [hit["category"] for hit in answer["hits"]] == ["job_export", "fake_bank"]
    counts = {value["value"]: (value["count"], value["is_chosen"]) for value in answer["facets"]["category"]}
    assert counts == {"loan_credit": (3, False), "fake_bank": (1, True), "job_export": (1, True)}
    assert {value["value"] for value in answer["facets"]["severity"]} == {"4", "2"}
    page = client.get("/hits?category=fake_bank").text
    assert re.search(r'value="fake_bank" data-asks checked', page)
    assert "Giả mạo ngân hàng" in page


def test_a_chosen_value_that_nothing_has_can_be_dropped_again(world: World) -> None:
    page = world.signed_in().get("/hits?source=not-there").text
    assert "Không có mục nào phù hợp" in page
    assert re.search(r'value="not-there" data-asks checked', page)


def test_days_are_days_in_vietnam() -> None:
    question = Question.of(QueryParams("since=2026-11-20&until=2026-11-20&q=x"))
    query = question.query()
    assert query.seen_from == datetime(2026, 11, 19, 17, tzinfo=UTC)
    assert query.seen_until == datetime(2026, 11, 20, 17, tzinfo=UTC)


def test_dates_narrow(world: World) -> None:
    client = world.signed_in()
    assert len(titles(client.get("/hits?since=2026-11-20&until=2026-11-20").text)) == 5
    assert titles(client.get("/hits?since=2026-11-21").text) == []
    assert len(titles(client.get("/hits?since=not-a-day&until=").text)) == 5


@pytest.mark.parametrize(
    ("asked", "column", "word"),
    [
        ("vay severity:9", 5, "severity:9"),
        ('vay "nhanh', 5, '"nhanh'),
        ("nope:1", 1, "nope:1"),
        ("sort:best", 1, "sort:best"),
    ],
)
def test_a_wrong_search_says_where(world: World, asked: str, column: int, word: str) -> None:
    client = world.signed_in()
    answer = client.get("/hits", params={"q": asked})
    assert answer.status_code == 400
    assert f"Cột {column}: không hiểu" in answer.text
    assert " " * (column - 1) + "^" in answer.text
    problem = client.get("/hits", params={"q": asked, "format": "json"}).json()["problem"]
    assert (problem["column"], problem["word"]) == (column, word)


def test_pages_follow_one_another(world: World) -> None:
    for number in range(PAGE_SIZE + 3):
        world.record(
            *flagged(f"https://trang-{number}.top/", f"Trang {number}", f"nội dung {number} " * 9, minutes=60 + number)
        )
    world.deliver()
    client = world.signed_in()
    first = client.get("/hits?sort=newest")
    assert len(titles(first.text)) == PAGE_SIZE
    following = re.search(r'rel="next" href="([^"]+)"', first.text)
    assert following
    second = client.get(following[1].replace("&amp;", "&")).text
    assert len(titles(second)) == 8
    assert not set(titles(first.text)) & set(titles(second))
    assert 'start="51"' in second
    assert client.get("/hits?page=99999999999").status_code == 200
    assert client.get("/hits?page=-1").status_code == 200


def test_what_was_decided_a_moment_ago_has_left_the_queue_whatever_the_index_says(world: World) -> None:
    decide(world.records, 3, Status.CONFIRMED, "ai đó")
    page = world.signed_in().get("/hits?status=new").text
    assert "Đăng nhập ngân hàng số" not in page
    assert "Chỉ mục đang trễ 1 mục, từ" in page


def test_without_its_index_the_queue_comes_from_the_records(world: World) -> None:
    world.app.state.desk = _with_broken_index(world)
    client = world.signed_in()
    answer = client.get("/hits?q=han+quoc+host:*.top&severity=4&severity=3&sort=severity")
    assert answer.status_code == 200
    assert "Không kết nối được chỉ mục tìm kiếm" in answer.text
    assert titles(answer.text) == ["Đăng nhập ngân hàng số", "Vay nhanh 24h"]
    facets = client.get("/hits?q=-category:loan_credit&format=json").json()["facets"]
    assert {value["value"] for value in facets["category"]} == {"fake_bank", "job_export"}
    assert client.get("/hits/1?at=0").status_code == 200
    assert client.get("/export/csv").status_code == 503


@pytest.mark.parametrize(
    "pattern", ["vay_tien.*", "*%top", "*_*", "%*", "*.top", "v*y?tien.top", "*\\\\*", "a.b*", "VAY*", "[v]*"]
)
def test_hosts_are_found_alike_with_and_without_the_index(world: World, pattern: str) -> None:
    for host in ("vay_tien.top", "vayxtien.top", "vay%tien.top"):
        world.record(*flagged(f"https://{host}/", f"Vay {host}", f"Vay tiền {host}"))
    world.deliver()
    client = world.signed_in()
    asked = {"q": f"host:{pattern}", "format": "json"}
    indexed = client.get("/hits", params=asked).json()
    world.app.state.desk = _with_broken_index(world)
    fallen_back = client.get("/hits", params=asked).json()
    assert (indexed["is_indexed"], fallen_back["is_indexed"]) == (True, False)
    assert [hit["host"] for hit in fallen_back["hits"]] == [hit["host"] for hit in indexed["hits"]]


def _with_broken_index(world: World) -> object:
    """The same desk over an index whose file is no database."""
    world.index.path = world.folder / "not-a-database"
    world.index.path.mkdir()
    return replace(world.app.state.desk, index=world.index)


def test_an_empty_queue_says_so(world: World) -> None:
    for hit_id in range(1, 6):
        decide(world.records, hit_id, Status.NOT_VIOLATION, "ai đó")
    world.deliver()
    assert "Không còn mục nào chờ" in world.signed_in().get("/hits?status=new&status=in_review").text


def test_the_sources_title_stands_for_its_name(world: World) -> None:
    keep_sources(world.records, [SourceSummary("bao-mau", "Báo Mẫu", "news", "30m", True, None)])
    assert "Báo Mẫu" in world.signed_in().get("/hits").text


def test_a_queue_is_also_json_at_the_same_address(world: World) -> None:
    client = world.signed_in()
    answer = client.get("/hits?status=new", headers={"accept": "application/json"})
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["total"] == 5
    assert answer.json()["hits"][0].keys() >= {"id", "url", "title", "reason_vi", "reason_en", "severity", "version"}
    assert answer.json() == client.get("/hits?status=new&format=json").json()


def test_a_browser_saves_json_and_does_not_show_it(world: World) -> None:
    answer = world.signed_in().get("/hits?format=json", headers={"sec-fetch-mode": "navigate"})
    assert answer.headers["content-disposition"].startswith("attachment")


def test_severity_is_told_in_words(world: World) -> None:
    page = world.signed_in().get("/hits").text
    for word in ("Nghiêm trọng", "Cao", "Trung bình", "Thấp"):
        assert word in page
