import re
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape

import pytest
from markupsafe import escape
from starlette.datastructures import QueryParams

from console.histogram import histogram
from console.queue import MAX_PAGE, PAGE_SIZE, Answer, Question
from search.language.query import MAX_OFFSET
from search.review import decide
from search.runs import SourceSummary, keep_sources
from search.status import Status
from tests.console.world import World, flagged


def titles(html: str) -> list[str]:
    """The titles of the lines, without the marks in them."""
    return [
        re.sub("</?mark>", "", title).strip() for title in re.findall(r"<h2><a [^>]*>(.*?)</a></h2>", html, re.DOTALL)
    ]


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
    assert str(escape(f": {problem['message_vi']}.")) in answer.text
    english = client.get("/hits", params={"q": asked, "lang": "en"}).text
    assert str(escape(f": {problem['message_en']}.")) in english


def test_what_was_meant_is_a_link_that_keeps_the_filters(world: World) -> None:
    client = world.signed_in()
    page = client.get("/hits", params={"q": "vay categori:loan_credit", "severity": "3"})
    assert page.status_code == 400 and "Ý bạn là:" in page.text
    link = re.search(r'<a href="([^"]+)"><code>vay category:loan_credit</code></a> \?', page.text)
    assert link
    assert titles(client.get(unescape(link[1])).text) == ["Vay nhanh 24h"]
    assert "Ý bạn là" not in client.get("/hits", params={"q": "vay OR"}).text


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
    for page in ("-1", "0", "x", "99999999999"):
        assert len(titles(client.get(f"/hits?page={page}").text)) == PAGE_SIZE


@pytest.mark.parametrize("page", ["2", "999", "20000", "20001"])
def test_beyond_the_last_page_the_way_back_is_shown(world: World, page: str) -> None:
    client = world.signed_in()
    answer = client.get("/hits", params={"page": page, "severity": "2"})
    assert answer.status_code == 200 and titles(answer.text) == []
    assert "Không có trang" in answer.text and "Không có mục nào phù hợp" not in answer.text
    assert 'href="/hits?severity=2&amp;page=1"' in answer.text
    view = client.get("/hits", params={"page": page, "format": "json"}).json()
    assert (view["hits"], view["pages"], view["total"]) == ([], 1, 5)


def test_no_page_lies_beyond_what_an_index_gives() -> None:
    answer = Answer((), (), 7_000_000, {}, histogram({}), True, "", "")
    assert answer.pages == MAX_PAGE
    last = Question().query().page(PAGE_SIZE, (MAX_PAGE - 1) * PAGE_SIZE)
    assert last.offset == MAX_OFFSET - PAGE_SIZE


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
    assert "Chưa xét đến:</b> <code>han quoc</code>" in answer.text
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


@pytest.mark.parametrize(
    ("asked", "ignored", "found"),
    [
        ("severity>=2 -category:fake_bank", "", [4, 2, 1]),
        ("category:fake_bank OR host:*.icu", "", [3, 2]),
        ("NOT (category:loan_credit OR severity:4)", "", [4]),
        ("seen:2026-11-20 source:mang-xa-hoi", "", [4]),
        ("severity:² severity:99999999999999999999", "", []),
        ("(category:fake_bank OR vay) severity:3", "category:fake_bank OR vay", [1]),
        ("phone:0912000111 =vay -báo ngan~ severity:1", "=vay -báo ngan~ phone:0912000111", [5]),
        ("vay sort:relevance category:fake_bank", "vay sort:relevance", [3]),
    ],
)
def test_without_the_index_what_is_left_out_is_told(world: World, asked: str, ignored: str, found: list[int]) -> None:
    world.app.state.desk = _with_broken_index(world)
    client = world.signed_in()
    if "²" in asked:
        parameters = {"severity": ["²", "99999999999999999999"], "format": "json"}
    else:
        parameters = {"q": asked, "format": "json"}
    view = client.get("/hits", params=parameters).json()
    assert (view["ignored"], view["is_indexed"]) == (ignored, False)
    assert [hit["id"] for hit in view["hits"]] == found


def test_without_the_index_filters_still_show_what_else_there_is(world: World) -> None:
    asked = "/hits?category=fake_bank&severity=4&format=json"
    client = world.signed_in()
    indexed = client.get(asked).json()
    world.app.state.desk = _with_broken_index(world)
    assert client.get(asked).json()["facets"] == indexed["facets"]


def test_no_hit_stands_beyond_what_an_index_gives(world: World) -> None:
    client = world.signed_in()
    for position, known in ((MAX_OFFSET - 1, True), (MAX_OFFSET, True), (MAX_OFFSET + 1, False), (999_999_999, False)):
        view = client.get(f"/hits/1?at={position}&format=json").json()
        assert (view["neighbours"] is not None) is known, position


def test_bars_show_when_hits_were_seen_and_narrow_to_it(world: World) -> None:
    world.record(*flagged("https://cu.top/", "Hai ngày trước", "vay", minutes=-2 * 24 * 60))
    world.deliver()
    client = world.signed_in()
    page = client.get("/hits?severity=1&severity=2").text
    bars = [
        (unescape(address), told) for address, told in re.findall(r'<li><a href="([^"]+)" title="([^"]+)"><svg', page)
    ]
    assert bars == [
        ("/hits?severity=1&severity=2&since=2026-11-18&until=2026-11-18", "18/11/2026: 1 mục"),
        ("/hits?severity=1&severity=2&since=2026-11-20&until=2026-11-20", "20/11/2026: 3 mục"),
    ]
    assert page.count('<span class="visually-hidden">18/11/2026: 1 mục</span>') == 1
    narrowed = client.get(bars[0][0]).text
    assert titles(narrowed) == ["Hai ngày trước"]
    assert '<a href="/hits?severity=1&amp;severity=2">Bỏ lọc theo ngày</a>' in narrowed
    view = client.get("/hits?format=json").json()["histogram"]
    assert view["span"] == "day"
    assert [bar["count"] for bar in view["bars"]] == [1, 0, 5]


def test_the_link_asks_the_same_again(world: World) -> None:
    client = world.signed_in()
    page = client.get("/hits?q=vay++nhanh&severity=3&since=2026-11-20&nonsense=1&decided=2").text
    link = re.search(r'id="permalink" value="([^"]+)" readonly', page)
    assert link
    assert unescape(link[1]) == "http://testserver/hits?q=vay++nhanh&severity=3&since=2026-11-20"
    assert 'class="on-paper">Tìm kiếm: <code>vay nhanh seen:2026-11-20.. severity:3</code>' in page
    view = client.get("/hits?q=vay++nhanh&severity=3&since=2026-11-20&format=json").json()
    again = client.get("/hits", params={"q": view["query"], "format": "json"}).json()
    assert [hit["id"] for hit in again["hits"]] == [hit["id"] for hit in view["hits"]] == [1]


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
