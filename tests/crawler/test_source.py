"""Sources: what a file may say, and that every mistake in it gets its line and its remedy."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from crawler.settings import BUILT_IN_SOURCES
from crawler.source import (
    Device,
    Source,
    SourceError,
    SourceKind,
    cron_trigger,
    load_source,
    load_sources,
    parse_interval,
)

GOLDEN = Path(__file__).parent / "golden"
FIELDS = {"name": "a", "title": "A", "kind": "news", "every": "1h", "start": ["https://a.vn/rss"]}


def write(path: Path, **fields: object) -> Path:
    path.write_text(yaml.safe_dump(FIELDS | fields, allow_unicode=True), "utf-8")
    return path


def test_every_mistake_of_every_file_has_its_line_and_its_remedy() -> None:
    with pytest.raises(SourceError) as caught:
        load_sources([GOLDEN / "sources", GOLDEN / "no-such-folder"])
    messages = str(caught.value).replace(f"{GOLDEN}/", "") + "\n"
    # Why a selector is none is the library's to say, in its own words.
    messages = re.sub(r"(is not a CSS selector): \S.*", r"\1: …", messages)
    assert messages == (GOLDEN / "source_messages.txt").read_text("utf-8")


def test_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "bao.yaml"
    path.write_text(
        "\ufeffname: bao-que\ntitle: Báo Quê\nkind: news\nevery: '*/30 6-22 * * *'\nstart: [https://baoque.vn/rss.xml]\n"
        "render: true\ndevice: mobile\nselectors: {text: .noi-dung}\nscrolls: 3\nfollow: false\n"
        "limits: {pages: 20, delay_seconds: 2.5, concurrency: 1}\nrobots_lifted_by: QĐ 12/QĐ-STTTT\nenabled: false\n"
        "unverified: true\n",
        "utf-8",
    )
    source = load_source(path)
    assert (source.name, source.title, source.kind) == ("bao-que", "Báo Quê", SourceKind.NEWS)
    assert (source.render, source.device, source.scrolls, source.follow) == (True, Device.MOBILE, 3, False)
    assert (source.limits.pages, source.limits.delay_seconds, source.limits.concurrency) == (20, 2.5, 1)
    assert source.selectors.text == ".noi-dung"
    assert source.interval is None
    assert (source.enabled, source.unverified, source.robots_lifted_by) == (False, True, "QĐ 12/QĐ-STTTT")
    with pytest.raises(ValidationError):
        source.name = "khac"  # type: ignore[misc]


def test_what_a_file_leaves_out_is_polite(tmp_path: Path) -> None:
    source = load_source(write(tmp_path / "a.yaml"))
    assert source.limits.delay_seconds >= 1
    assert source.limits.concurrency <= 2
    assert not source.robots_lifted_by
    assert source.enabled
    assert not source.render


def test_files_named_under_start_are_found_beside_the_source(tmp_path: Path) -> None:
    start = ["ten-mien.txt", "/var/lib/danh-sach.csv", "https://a.vn/moi.txt"]
    source = load_source(write(tmp_path / "a.yaml", kind="domains", start=start))
    assert source.start == (str(tmp_path / "ten-mien.txt"), "/var/lib/danh-sach.csv", "https://a.vn/moi.txt")


def test_both_endings_are_read_and_sources_come_by_name(tmp_path: Path) -> None:
    write(tmp_path / "z.yaml", name="b")
    write(tmp_path / "y.yml", name="a")
    write(tmp_path / "x.txt", name="c")
    assert [source.name for source in load_sources([tmp_path])] == ["a", "b"]


def test_a_name_taken_in_another_folder_is_told(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder / "a.yaml")
    with pytest.raises(SourceError, match=r"two/a.yaml:1: the name 'a' is taken by .*one/a.yaml; give it another"):
        load_sources([tmp_path / "one", tmp_path / "two"])


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").mkdir()
    with pytest.raises(SourceError, match=r"a.yaml: cannot be read: Is a directory"):
        load_sources([tmp_path])


@pytest.mark.parametrize(
    ("every", "interval"),
    [
        ("1m", timedelta(minutes=1)),
        ("90m", timedelta(minutes=90)),
        ("2h", timedelta(hours=2)),
        ("1d", timedelta(days=1)),
        ("5 mins", None),
        ("m", None),
        ("0 6 * * *", None),
    ],
)
def test_intervals(every: str, interval: timedelta | None) -> None:
    assert parse_interval(every) == interval


@pytest.mark.parametrize(
    ("days", "named"),
    [
        ("0", "sun"),
        ("7", "sun"),
        ("1-5", "mon,tue,wed,thu,fri"),
        ("5-7", "fri,sat,sun"),
        ("0-2", "sun,mon,tue"),
        ("*/2", "sun,tue,thu,sat"),
        ("1,3", "mon,wed"),
        ("mon-fri", "mon-fri"),
        ("*", "*"),
    ],
)
def test_weekdays_are_numbered_as_in_cron(days: str, named: str) -> None:
    assert f"day_of_week='{named}'" in repr(cron_trigger(f"0 6 * * {days}"))


@pytest.mark.parametrize("line", ["0 6 * * 8", "0 6 * * 5-1", "0 6 * *", "@daily", "61 * * * *"])
def test_what_is_no_cron_line_raises(line: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        cron_trigger(line)


@given(st.text(alphabet="0123456789*/,-mhd lunsat@", max_size=16))
def test_no_schedule_gets_past_that_does_not_come(every: str) -> None:
    try:
        source = Source.model_validate(FIELDS | {"every": every})
    except ValidationError as error:
        assert "is not a schedule" in str(error) or "never comes" in str(error) or "is no interval" in str(error)
        return
    assert source.interval or cron_trigger(every)


@given(st.binary(max_size=80) | st.text(max_size=80).map(str.encode))
def test_no_file_makes_it_raise_anything_else(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(content)
    with pytest.raises(SourceError) as caught:
        load_source(path)
    assert all(problem.message for problem in caught.value.problems)


def test_the_sources_we_ship_load_are_polite_and_say_that_nobody_ran_them() -> None:
    sources = load_sources([BUILT_IN_SOURCES])
    assert [source.kind for source in sources].count(SourceKind.NEWS) >= 2
    assert any(source.kind is SourceKind.SOCIAL and "//t.me/s/" in source.start[0] for source in sources)
    assert any(source.kind is SourceKind.LINKS and source.enabled for source in sources), "who visits what is reported?"
    for source in (source for source in sources if source.start):
        assert source.unverified, source.name
        assert source.limits.delay_seconds >= 1, source.name
        assert source.limits.concurrency <= 2, source.name
        assert source.interval is None or source.interval >= timedelta(minutes=15), source.name
        assert not source.robots_lifted_by, source.name
        assert all(address.startswith("https://") for address in source.start), source.name
