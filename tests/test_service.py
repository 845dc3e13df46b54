"""`luoitroi up` for real: schedule and console in one process, each crawl in its own."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from crawler.demo.web import DemoWeb
from search.records import open_records
from search.runs import RunState, latest_runs, source_summaries

SOURCE = """\
name: bao
title: Báo thử
kind: news
every: 1h
start: ["http://baoquemoi.test:{port}/rss.xml"]
limits: {{pages: 30, delay_seconds: {delay}, concurrency: 4}}
"""


@pytest.fixture(scope="module")
def web() -> Iterator[DemoWeb]:
    with DemoWeb.serve(port=0) as served:
        yield served


class Installation:
    """A folder with settings and one source, and the `luoitroi` that runs on it."""

    def __init__(self, folder: Path, web: DemoWeb, delay: float = 0) -> None:
        self.folder = folder
        (folder / "sources").mkdir()
        (folder / "sources" / "bao.yaml").write_text(SOURCE.format(port=web.port, delay=delay), "utf-8")
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.settings = folder / "luoitroi.toml"
        self.settings.write_text(
            f'data_dir = "{folder / "data"}"\nallow_private_addresses = true\n'
            '[host_overrides]\n"*.test" = "127.0.0.1"\n'
            f'[crawl]\nsources = ["{folder / "sources"}"]\ntimeout_seconds = 5\n'
            f"[console]\nport = {self.port}\n",
            "utf-8",
        )

    def start(self, *command: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "crawler.cli", *command],
            env={"PATH": "/usr/bin:/bin", "LUOITROI_SETTINGS": str(self.settings)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def states(self) -> list[RunState]:
        if not (self.folder / "data" / "luoitroi.db").exists():
            return []
        records = open_records(f"sqlite:///{self.folder / 'data' / 'luoitroi.db'}")
        try:
            return [run.state for run in latest_runs(records)]
        finally:
            records.close()


def wait_for(condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.1)


def is_answering(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_up_crawls_on_schedule_serves_the_console_and_ends_on_ctrl_c(tmp_path: Path, web: DemoWeb) -> None:
    here = Installation(tmp_path, web)
    up = here.start("up")
    try:
        wait_for(lambda: is_answering(here.port), "the console")
        wait_for(lambda: here.states() == [RunState.FINISHED], "the first crawl")
        second = here.start("up")
        _, said = second.communicate(timeout=60)
        assert second.returncode == 2
        assert "already_up" in said
        assert str(up.pid) in said
        records = open_records(f"sqlite:///{tmp_path / 'data' / 'luoitroi.db'}")
        wait_for(lambda: source_summaries(records)[0].next_run_at is not None, "the plan of the next run")
        records.close()
        up.send_signal(signal.SIGINT)
        up.communicate(timeout=60)
        assert up.returncode == 0
    finally:
        up.kill()


def test_a_killed_up_loses_nothing_and_the_next_one_names_the_dead_run(tmp_path: Path, web: DemoWeb) -> None:
    here = Installation(tmp_path, web, delay=1.0)
    up = here.start("up")
    wait_for(lambda: here.states() == [RunState.RUNNING], "a running crawl")
    crawls = psutil.Process(up.pid).children()
    up.kill()
    up.wait()
    for crawl in crawls:
        crawl.kill()
    psutil.wait_procs(crawls, timeout=30)
    again = here.start("up")
    try:
        wait_for(lambda: RunState.KILLED in here.states(), "the dead run's name")
        again.send_signal(signal.SIGTERM)
        again.communicate(timeout=60)
        assert again.returncode == 0
    finally:
        again.kill()
    assert not [process for process in psutil.process_iter(["environ"]) if _belongs(process, here.settings)]


def _belongs(process: psutil.Process, settings: Path) -> bool:
    try:
        return process.environ().get("LUOITROI_SETTINGS") == str(settings)
    except psutil.Error:
        return False


def test_a_crawl_killed_under_a_living_up_is_named_at_once(tmp_path: Path, web: DemoWeb) -> None:
    here = Installation(tmp_path, web, delay=1.0)
    up = here.start("up")
    try:
        wait_for(lambda: here.states() == [RunState.RUNNING], "a running crawl")
        for crawl in psutil.Process(up.pid).children():
            if "crawler.process" in crawl.cmdline():
                crawl.kill()
        wait_for(lambda: here.states() == [RunState.KILLED], "the dead run's name")
    finally:
        up.send_signal(signal.SIGINT)
        up.communicate(timeout=60)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_crawl_command_says_so_and_leaves_nothing_running(
    tmp_path: Path, web: DemoWeb, number: signal.Signals
) -> None:
    here = Installation(tmp_path, web, delay=1.0)
    crawl = here.start("crawl")
    wait_for(lambda: here.states() == [RunState.RUNNING], "a running crawl")
    crawl.send_signal(number)
    crawl.send_signal(number)
    _, said = crawl.communicate(timeout=60)
    assert crawl.returncode == 130
    assert "what was found until then is kept" in said
    assert here.states() == [RunState.KILLED]
    assert not [process for process in psutil.process_iter(["environ"]) if _belongs(process, here.settings)]


def test_an_index_that_cannot_be_opened_stops_no_crawl(tmp_path: Path, web: DemoWeb) -> None:
    here = Installation(tmp_path, web)
    records = open_records(f"sqlite:///{tmp_path / 'data' / 'luoitroi.db'}")
    with records.write() as session:
        session.connection().exec_driver_sql("CREATE TABLE index_hits (of_another_shape TEXT)")
    records.close()
    crawl = here.start("crawl", "--json")
    told, _ = crawl.communicate(timeout=120)
    assert crawl.returncode == 3, told
    [report] = json.loads(told)
    assert report["state"] == "finished"
    assert report["failures"]["index_unavailable"] == 1
    assert report["pages"] > 20


def test_a_taken_port_is_said_and_not_a_traceback(tmp_path: Path, web: DemoWeb) -> None:
    here = Installation(tmp_path, web)
    with socket.create_server(("127.0.0.1", here.port)):
        serve = here.start("serve")
        _, said = serve.communicate(timeout=60)
    assert serve.returncode == 2
    assert f"127.0.0.1:{here.port}" in said
    assert "Traceback" not in said


def test_schedule_plan_prints_the_next_day(tmp_path: Path, web: DemoWeb) -> None:
    here = Installation(tmp_path, web)
    told, said = here.start("schedule", "--plan", "--json").communicate(timeout=60)
    assert told.count('"source": "bao"') == 24, said


def test_a_broken_source_file_stops_nothing_else(tmp_path: Path, web: DemoWeb) -> None:
    here = Installation(tmp_path, web)
    (tmp_path / "sources" / "hong.yaml").write_text("name: hong\nkind: tin tức\n", "utf-8")
    up = here.start("up")
    try:
        wait_for(lambda: here.states() == [RunState.FINISHED], "the crawl of the good source")
        up.send_signal(signal.SIGINT)
        _, said = up.communicate(timeout=60)
        assert f"{tmp_path / 'sources' / 'hong.yaml'}:2:" in said
    finally:
        up.kill()
    for named, status in (("hong", 2), ("bao", 0)):
        crawl = here.start("crawl", named, "--limit", "1")
        _, said = crawl.communicate(timeout=60)
        assert crawl.returncode == status, said
        assert "hong.yaml:2:" in said
