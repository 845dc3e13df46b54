"""A broken rule file is refused whole, loudly, and the last good rules go on working."""

from __future__ import annotations

import logging
import os
import threading
import time
from pathlib import Path

import pytest

from crawler.last_good import COPIES_KEPT, LastGood, NotKept
from crawler.rules import WATCH_SECONDS, InstalledRules, RulesWatch, read_rules
from crawler.settings import Settings
from matchers.errors import Refusal
from matchers.judge import Judge
from matchers.rules import load_rules
from search.runs import RunState
from tests.crawler.installation import Installation
from tests.crawler.site import Site
from tests.matchers.material import page
from tests.matchers.test_rules import PACK

TEXT = "Nước thần chữa bách bệnh đây bà con ơi"


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    """A folder with one good pack, saved a while ago."""
    folder = tmp_path / "packs"
    folder.mkdir()
    write(folder, PACK)
    return folder


@pytest.fixture
def last_good(tmp_path: Path) -> LastGood:
    return LastGood(tmp_path / "data" / "rules")


def write(folder: Path, text: str, name: str = "water.yaml") -> None:
    """A pack saved long enough ago that nobody is still writing it."""
    (folder / name).write_text(text, "utf-8")
    os.utime(folder / name, (time.time() - 60, time.time() - 60))


def category(installed: InstalledRules) -> str:
    return Judge(installed.rules).judge(page(TEXT)).category


def test_the_last_good_rules_judge_while_the_files_are_wrong(
    packs: Path, last_good: LastGood, caplog: pytest.LogCaptureFixture
) -> None:
    good = read_rules((packs,), last_good)
    assert (good.refusal, category(good)) == (None, "water_scam")
    write(packs, PACK.replace("weight: 1.1", "weight: heavy"))
    with caplog.at_level(logging.ERROR):
        held = read_rules((packs,), last_good)
    assert held.rules.version == good.rules.version
    assert category(held) == "water_scam"
    assert held.refusal is not None
    assert held.refusal.is_last_good
    assert [problem.line for problem in held.refusal.problems] == [8]
    [line] = [record for record in caplog.records if record.message == "rules_refused"]
    assert "water.yaml:8" in line.detail  # type: ignore[attr-defined]
    assert "last good" in line.detail  # type: ignore[attr-defined]
    write(packs, PACK.replace("weight: 1.1", "weight: 1.2"))
    mended = read_rules((packs,), last_good)
    assert mended.refusal is None
    assert mended.rules.version != good.rules.version


def test_before_there_were_good_rules_the_built_in_packs_judge(packs: Path, last_good: LastGood) -> None:
    write(packs, "id: [")
    held = read_rules((packs,), last_good)
    assert held.rules.version == load_rules().version
    assert held.refusal is not None
    assert not held.refusal.is_last_good
    assert "built-in packs alone" in str(held.refusal)


@pytest.mark.parametrize("harm", ["gone", "brands", "not_utf8"])
def test_whatever_is_wrong_the_good_copy_serves(packs: Path, last_good: LastGood, harm: str) -> None:
    write(packs, "id,name,sector,aliases,official_domains\nsaomaibank,Sao Mai,bank,,saomaibank.vn\n", "brands.csv")
    (packs / "logos").mkdir()
    (packs / "logos" / "saomaibank.png").write_bytes(b"\x89PNG picture")
    good = read_rules((packs,), last_good)
    if harm == "gone":
        for path in sorted(packs.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        packs.rmdir()
    elif harm == "brands":
        write(packs, "id,name\n,\n", "brands.csv")
    else:
        (packs / "water.yaml").write_bytes(b"\xff\xfe")
    held = read_rules((packs,), last_good)
    assert held.rules.version == good.rules.version
    assert "saomaibank" in held.rules.brands.by_id
    [copy] = last_good.folders() or ()
    assert (copy / "logos" / "saomaibank.png").read_bytes() == b"\x89PNG picture"


def test_folders_keep_their_order(tmp_path: Path, packs: Path, last_good: LastGood) -> None:
    other = tmp_path / "a-later-one"
    other.mkdir()
    for folder, name in ((packs, "first"), (other, "second")):
        text = f"id,name,sector,aliases,official_domains\nsaomaibank,{name},bank,,saomaibank.vn\n"
        write(folder, text, "brands.csv")
    read_rules((packs, other), last_good)
    write(packs, "id: [")
    assert read_rules((packs, other), last_good).rules.brands.by_id["saomaibank"].name == "second"


def test_the_same_rules_are_copied_once_and_old_copies_go(packs: Path, last_good: LastGood) -> None:
    for number in range(COPIES_KEPT + 3):
        write(packs, f"{PACK}# {number}\n")
        read_rules((packs,), last_good)
        read_rules((packs,), last_good)
    kept = [path.name for path in last_good.folder.iterdir() if path.is_dir()]
    assert len(kept) == COPIES_KEPT
    write(packs, "id: [")
    assert read_rules((packs,), last_good).rules.version == load_rules(last_good.folders() or ()).version


def test_what_changed_while_it_was_copied_is_not_kept(packs: Path, last_good: LastGood) -> None:
    with pytest.raises(NotKept, match="changed while"):
        last_good.keep((packs,), "another version")
    assert last_good.folders() is None
    assert list(last_good.folder.iterdir()) == []


def test_rules_work_where_no_copy_can_be_kept(packs: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "data").write_text("a file where the data folder should be", "utf-8")
    installed = read_rules((packs,), LastGood(tmp_path / "data" / "rules"))
    assert (category(installed), installed.refusal) == ("water_scam", None)
    assert "rules_not_kept" in caplog.messages


def test_a_folder_of_something_else_is_not_copied(packs: Path, last_good: LastGood) -> None:
    with (packs / "film.mp4").open("wb") as film:
        film.truncate(21_000_000)
    with pytest.raises(NotKept, match="more than rules can need"):
        last_good.keep((packs,), load_rules((packs,)).version)


@pytest.mark.parametrize("pause", [0.1, 1.0])
def test_half_a_file_is_never_in_force_while_somebody_saves(packs: Path, last_good: LastGood, pause: float) -> None:
    """An editor that writes a pack again and again in two pieces, and readers all the while."""
    halves = PACK[: PACK.index("    unless")], PACK[PACK.index("    unless") :]
    versions = {read_rules((packs,), last_good).rules.version}
    stopped = threading.Event()

    def save() -> None:
        while not stopped.is_set():
            with (packs / "water.yaml").open("w", encoding="utf-8") as file:
                file.write(halves[0])
                file.flush()
                time.sleep(0.05)
                file.write(halves[1])
            time.sleep(pause)

    saver = threading.Thread(target=save)
    saver.start()
    try:
        seen = {read_rules((packs,), last_good).rules.version for _ in range(4)}
    finally:
        stopped.set()
        saver.join()
    assert seen == versions


def test_many_at_once_keep_one_copy(packs: Path, last_good: LastGood) -> None:
    errors: list[Exception] = []

    def keep() -> None:
        try:
            last_good.keep((packs,), version)
        except (OSError, NotKept) as error:
            errors.append(error)

    version = load_rules((packs,)).version
    threads = [threading.Thread(target=keep) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert [path.name for path in last_good.folder.iterdir() if path.name.startswith(".")] == []
    assert load_rules(last_good.folders() or ()).version == version


def test_a_process_that_keeps_running_sees_the_change(packs: Path, tmp_path: Path) -> None:
    now = [0.0]
    settings = Settings(data_dir=tmp_path / "data", rules={"folders": [packs]})  # type: ignore[arg-type]
    watch = RulesWatch(settings, lambda: now[0])
    assert watch.refusal() is None
    write(packs, "id: [\n")
    assert watch.refusal() is None, "it is not looked at for every page"
    now[0] += WATCH_SECONDS
    assert isinstance(watch.refusal(), Refusal)
    assert "water_scam" in watch.categories
    write(packs, PACK.replace("water_scam", "air_scam"))
    now[0] += WATCH_SECONDS
    assert watch.refusal() is None
    assert "air_scam" in set(watch.categories)
    assert len(watch.categories) == len(load_rules().categories) + 1


def test_crawls_go_on_by_the_last_good_rules(web: Site, tmp_path: Path, packs: Path) -> None:
    installation = Installation(tmp_path / "here", {"rules": {"folders": [str(packs)]}})
    first = web.page("nuoc.test", "/1", f"<title>x</title><p>{TEXT}</p>")
    second = web.page("nuoc.test", "/2", f"<title>y</title><p>{TEXT}, gọi ngay kẻo hết</p>")
    good = installation.crawl(installation.source("mot", "links", web.page("ds.test", "/1.txt", first, "text/plain")))
    assert good.exit_status == 0
    write(packs, PACK.replace("weight: 1.1", "weight: heavy"))
    held = installation.crawl(installation.source("hai", "links", web.page("ds.test", "/2.txt", second, "text/plain")))
    assert held.exit_status == 3
    assert dict(held.ending["failures"]) == {"rules_refused": 1}
    [failure] = held.failures
    assert "water.yaml:8" in failure.detail
    assert [line for line in held.log if line["event"] == "rules_refused"]
    assert held.run is not None
    assert held.run.state is RunState.FINISHED
    one, two = installation.hits()
    assert (one.category, two.category) == ("water_scam", "water_scam")
    assert one.rules_version == two.rules_version
    assert all(match.facts["pack"].startswith("water_scam (") for match in two.matches if match.matcher == "phrases")
