import re
from datetime import timedelta

from search.runs import (
    Counts,
    Failure,
    RunState,
    SourceSummary,
    finish_run,
    keep_sources,
    latest_runs,
    start_run,
    update_run,
)
from tests.console.world import NOW, World


def crawled(world: World) -> list[int]:
    """Two sources; one ran twice, the second time with failures."""
    keep_sources(
        world.records,
        [
            SourceSummary("bao-mau", "Báo Mẫu", "news", "30m", True, NOW + timedelta(minutes=30)),
            SourceSummary("tat", "Nguồn tắt", "links", "1h", False, None),
        ],
    )
    first = start_run(world.records, "bao-mau")
    update_run(world.records, first, Counts(61, 12, 3, 9))
    finish_run(world.records, first, RunState.FINISHED)
    second = start_run(world.records, "bao-mau")
    failures = [
        Failure(NOW, "http_404", "https://bao-mau.vn/cu", "gone"),
        Failure(NOW, "http_404", "https://bao-mau.vn/cu2", "gone"),
        Failure(NOW, "redirect_loop", "https://vong.vn/", "a → b → a"),
        Failure(NOW, "never_heard_of", "https://la.vn/", ""),
    ]
    update_run(world.records, second, Counts(7, 0, 0, 0), failures)
    finish_run(world.records, second, RunState.FAILED, "the process was killed")
    return [first, second]


def test_no_source_is_known_yet(world: World) -> None:
    assert "Chưa biết nguồn nào" in world.signed_in().get("/sources").text


def test_each_source_tells_its_last_run_and_the_next(world: World) -> None:
    crawled(world)
    page = world.signed_in().get("/sources").text
    for said in (
        "Báo Mẫu",
        "Báo điện tử",
        "Thất bại",
        "the process was killed",
        "<b>2</b> Máy chủ trả lời 404",
        "<b>1</b> Chuyển hướng không dứt",
        "<b>1</b> never_heard_of",
        "11:00 20/11/2026",
        "đang tắt",
        "chưa chạy",
    ):
        assert said in page, said


def test_a_source_lists_its_runs_and_the_failures_of_one(world: World) -> None:
    first, second = crawled(world)
    client = world.signed_in()
    page = client.get("/sources/bao-mau").text
    assert f"Lỗi của lần chạy {second}" in page
    assert "hxxps://<wbr>" not in page.split("Lỗi của lần chạy")[0]
    assert "vong[.]<wbr>vn" in page
    earlier = client.get(f"/sources/bao-mau?run={first}").text
    assert "Không có lỗi nào" in earlier
    assert client.get(f"/sources/bao-mau?run={first}&format=json").json()["run"]["counts"]["pages"] == 61
    assert client.get("/sources/bao-mau?run=999").status_code == 404
    assert client.get("/sources/nothing").status_code == 404
    assert "chưa chạy lần nào" in client.get("/sources/tat").text


def test_english_of_programs_is_folded_away_behind_words(world: World) -> None:
    run = start_run(world.records, "bao-mau")
    update_run(world.records, run, Counts(), [Failure(NOW, "configuration_error", "", "sources/a.yaml:3: no start")])
    finish_run(world.records, run, RunState.FAILED, "sources/a.yaml:3: no start")
    keep_sources(world.records, [SourceSummary("bao-mau", "Báo Mẫu", "news", "30m", True, None)])
    for path in ("/sources", "/sources/bao-mau"):
        page = world.signed_in().get(path).text
        assert "Tệp nguồn hoặc bộ quy tắc có lỗi" in page
        shown = re.sub(r'<details class="technical">.*?</details>', "", page, flags=re.DOTALL)
        assert page != shown and "no start" in page and "no start" not in shown, path
        assert "<summary>Chi tiết kỹ thuật (tiếng Anh)</summary>" in page


def test_sources_as_json(world: World) -> None:
    crawled(world)
    sources = world.signed_in().get("/sources?format=json").json()["sources"]
    assert [source["name"] for source in sources] == ["bao-mau", "tat"]
    assert sources[0]["last_run"]["failures"] == {"http_404": 2, "never_heard_of": 1, "redirect_loop": 1}
    assert len(latest_runs(world.records)) == 2
