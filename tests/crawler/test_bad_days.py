"""Days on which everything goes wrong: each ends in a named failure, and no hit that was recorded is lost."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from crawler.service import AlreadyUp, only_one
from search.hits import load_hits
from search.runs import RunState, close_dead_runs
from tests.crawler.installation import REPOSITORY, Installation
from tests.crawler.site import LOAN_SCAM, Request, Site, scam


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until `condition` holds."""
    ends_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends_at, "it did not come to pass"
        time.sleep(0.05)


def lay_out_slowly(web: Site, host: str, count: int, gate: threading.Event, first: int = 3) -> str:
    """A list of `count` scams; those after the first few are answered only when `gate` is open. Returns its address."""

    def later(request: Request) -> None:
        gate.wait(60)
        request.answer(scam(f"Vay {request.path}", f"{LOAN_SCAM} Số {request.path}"))

    for number in range(count):
        if number < first:
            web.page(host, f"/{number}", scam(f"Vay {number}", f"{LOAN_SCAM} Số {number}"))
        else:
            web.on(host, f"/{number}", later)
    addresses = "\n".join(web.url(host, f"/{number}") for number in range(count))
    return web.page(host, "/list.txt", addresses, "text/plain")


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def recorded(installation: Installation) -> int:
    if not installation.database.exists():
        return 0
    with closing(sqlite3.connect(f"file:{installation.database}?mode=ro", uri=True)) as database:
        has_table = database.execute("SELECT 1 FROM sqlite_master WHERE name = 'hits'").fetchone()
        return int(database.execute("SELECT count(*) FROM hits").fetchone()[0]) if has_table else 0


def is_over(process: subprocess.Popen[str]) -> bool:
    return process.poll() is not None


def test_a_broken_source_is_told_and_stops_nothing_else(installation: Installation) -> None:
    installation.source("good", "links")
    (installation.sources / "bad.yaml").write_text("name: bad\ntitle: [", "utf-8")
    assert installation.crawl("good").exit_status == 0
    crawl = installation.crawl("bad")
    assert crawl.exit_status == 2
    assert crawl.ending["failures"] == {"configuration_error": 1}
    assert "bad.yaml:2: not YAML" in crawl.ending["detail"]
    assert crawl.run is not None
    assert (crawl.run.state, dict(crawl.run.failures)) == (RunState.FAILED, {"configuration_error": 1})
    assert "bad.yaml:2: not YAML" in crawl.run.detail


def test_broken_settings_keep_a_crawl_from_starting(installation: Installation) -> None:
    installation.source("good", "links")
    unknown = installation.crawl("khong-co")
    assert (unknown.exit_status, unknown.ending["failures"]) == (2, {"source_unknown": 1})
    installation.settings_file.write_text("[crawl]\nretries = 'x'\n", "utf-8")
    process = installation.start("crawler.process", "good")
    printed, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "crawl.retries: 'x' does not fit" in json.loads(printed.splitlines()[-1])["detail"]


def test_a_source_of_which_nothing_could_be_read_has_failed(web: Site, installation: Installation) -> None:
    name = installation.source("dead", "news", web.url("dead-news.test", "/rss.xml"), "http://khong-co.invalid/rss")
    crawl = installation.crawl(name)
    assert crawl.exit_status == 1
    assert crawl.run is not None
    assert crawl.run.state is RunState.FAILED
    assert dict(crawl.run.failures) == {"http_404": 1, "unresolved_host": 1}
    assert crawl.run.detail.startswith("nothing could be read: ")
    assert "http_404 × 1" in crawl.run.detail


def test_a_database_locked_in_mid_crawl(web: Site, installation: Installation, gate: threading.Event) -> None:
    listed = lay_out_slowly(web, "locked.test", 8, gate)
    installation.environment["LUOITROI_RECORDS__LOCK_WAIT_SECONDS"] = "2"
    process = installation.start("crawler.process", installation.source("locked", "links", listed))
    until(lambda: recorded(installation) == 3)
    with closing(sqlite3.connect(installation.database, isolation_level=None)) as locker:
        locker.execute("PRAGMA busy_timeout=20000")
        locker.execute("BEGIN IMMEDIATE")
        gate.set()
        until(lambda: is_over(process), 100)
        locker.execute("ROLLBACK")
    crawl = installation.finish(process, "locked")
    assert crawl.exit_status == 1
    assert crawl.ending["state"] == "failed"
    assert crawl.ending["failures"]["records_locked"] == 1
    assert "luoitroi doctor" in crawl.ending["detail"]
    assert len(installation.hits()) == 3


ON_A_SMALL_DISK = """
mount -t tmpfs -o size=2m none "$1" && shift && "$@"; status=$?
mkdir -p "$KEPT" && cp -r "$DISK"/. "$KEPT" && exit $status
"""


def test_a_disk_that_fills_up_in_mid_crawl(web: Site, installation: Installation, tmp_path: Path) -> None:
    """On a file system of 2 MB where we may mount one, else under a limit on the size of files."""
    text = " ".join(f"Dòng thứ {number} của bài." for number in range(1000))
    for number in range(100):
        web.page("full.test", f"/{number}", scam(f"Vay {number}", f"{LOAN_SCAM} Số {number}. {text}"))
    addresses = "\n".join(web.url("full.test", f"/{number}") for number in range(100))
    installation.source("full", "links", web.page("full.test", "/list.txt", addresses, "text/plain"))
    disk, kept = installation.database.parent, tmp_path / "kept"
    disk.mkdir()
    may_mount = subprocess.run(["unshare", "-rm", "mount", "-t", "tmpfs", "none", disk], check=False).returncode == 0
    crawl = [sys.executable, "-m", "crawler.process", "full"]
    if may_mount:
        crawl = ["unshare", "-rm", "sh", "-c", ON_A_SMALL_DISK, "sh", str(disk), *crawl]
    done = subprocess.run(
        crawl,
        cwd=REPOSITORY,
        env=installation.environ() | {"KEPT": str(kept), "DISK": str(disk)},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
        preexec_fn=None if may_mount else limit_files,
    )
    ending = json.loads(done.stdout.splitlines()[-1])
    assert done.returncode == 1
    assert ending["state"] == "failed"
    assert len(ending["failures"]) == 1
    assert set(ending["failures"]) <= ({"disk_full"} if may_mount else {"disk_full", "records_unavailable"})
    if may_mount:
        shutil.copytree(kept, disk, dirs_exist_ok=True)
    hits = installation.hits()
    assert 10 < len(hits) == ending["hits_new"] < 100
    with closing(installation.records()) as records:
        assert [hit.id for hit in load_hits(records, [hit.id for hit in hits])] == [hit.id for hit in hits]


def limit_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))


def bound_by_permissions(arguments: list[str]) -> list[str]:
    """A command under which file modes hold, also for root."""
    return ["setpriv", "--bounding-set=-dac_override", *arguments] if os.geteuid() == 0 else arguments


def test_a_read_only_database(web: Site, installation: Installation, gate: threading.Event) -> None:
    gate.set()
    installation.source("frozen", "links", lay_out_slowly(web, "frozen.test", 3, gate))
    assert installation.crawl("frozen").exit_status == 0
    folder = installation.database.parent
    modes = {path: path.stat().st_mode for path in (folder, *folder.iterdir())}
    for path in modes:
        path.chmod(0o555 if path.is_dir() else 0o444)
    done = subprocess.run(
        bound_by_permissions([sys.executable, "-m", "crawler.process", "frozen"]),
        cwd=REPOSITORY,
        env=installation.environ(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    for path, mode in modes.items():
        path.chmod(mode)
    ending = json.loads(done.stdout.splitlines()[-1])
    assert done.returncode in (1, 2)
    assert ending["failures"] == {"records_read_only": 1}
    assert "write access" in ending["detail"]
    assert len(installation.hits()) == 3


def test_asked_to_stop_a_crawl_ends_its_run(web: Site, installation: Installation, gate: threading.Event) -> None:
    listed = lay_out_slowly(web, "stopped.test", 8, gate)
    process = installation.start("crawler.process", installation.source("stopped", "links", listed))
    until(lambda: recorded(installation) == 3)
    process.send_signal(signal.SIGTERM)
    gate.set()
    crawl = installation.finish(process, "stopped", timeout=30)
    assert crawl.exit_status == 1
    assert crawl.run is not None
    assert crawl.run.state is RunState.KILLED
    assert crawl.run.finished_at is not None
    assert crawl.run.detail
    assert crawl.run.counts.hits_new == len(installation.hits()) >= 3


@pytest.mark.browser
def test_killed_at_once_a_crawl_keeps_its_hits_and_leaves_no_browser(
    web: Site, installation: Installation, gate: threading.Event
) -> None:
    listed = lay_out_slowly(web, "killed.test", 8, gate)
    process = installation.start("crawler.process", installation.source("killed", "links", listed, render=True))
    until(lambda: recorded(installation) == 3)
    started = psutil.Process(process.pid).children(recursive=True)
    assert any("--headless" in child.cmdline() for child in started if child.is_running())
    process.kill()
    process.communicate()
    _, alive = psutil.wait_procs(started, timeout=20)
    assert [child.pid for child in alive if child.status() != psutil.STATUS_ZOMBIE] == []
    assert len(installation.hits()) == 3
    with closing(installation.records()) as records:
        assert close_dead_runs(records) == ["killed"]
        assert close_dead_runs(records) == []
    run = installation.last_run("killed")
    assert run is not None
    assert (run.state, run.detail) == (RunState.KILLED, "its process ended without a word")
    assert run.finished_at is not None


def test_a_crawl_outlives_whoever_watched_it(web: Site, installation: Installation, gate: threading.Event) -> None:
    installation = Installation(installation.folder, {"crawl": {"timeout_seconds": 30}})
    listed = lay_out_slowly(web, "watched.test", 6, gate)
    process = installation.start("crawler.process", installation.source("watched", "links", listed))
    until(lambda: recorded(installation) == 3)
    assert process.stdout is not None
    process.stdout.close()
    # Two ticks of progress that nobody reads.
    time.sleep(4.5)
    gate.set()
    process.wait(60)
    run = installation.last_run("watched")
    assert run is not None
    assert run.state is RunState.FINISHED
    assert run.counts.hits_new == len(installation.hits()) == 6


HOLD = """
import sys; from pathlib import Path; from crawler.service import only_one
with only_one(Path(sys.argv[1])): print(1, flush=True); sys.stdin.read()
"""


def test_two_at_once_over_one_data_folder(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "1\n"
    with pytest.raises(AlreadyUp, match=rf"already served by process {holder.pid}; stop it first"), only_one(folder):
        raise AssertionError("let in")
    with only_one(tmp_path / "other"):
        pass
    holder.kill()
    holder.communicate()
    with only_one(folder):
        assert (folder / "up.lock").read_text() == str(os.getpid())


def test_scrapys_own_commands(web: Site, installation: Installation) -> None:
    installation.source("one", "links", web.page("scrapy.test", "/a.txt", web.page("scrapy.vn", "/", scam())))
    installation.source("two", "links")
    scrapy = Path(sys.executable).with_name("scrapy")
    assert scrapy.exists() or shutil.which("scrapy")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(scrapy), *arguments]
        environment = installation.environ()
        return subprocess.run(
            command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=90, check=False
        )

    assert run("list").stdout.split() == ["one", "two"]
    assert run("crawl", "one").returncode == 0
    assert [hit.host for hit in installation.hits()] == ["scrapy.vn"]
