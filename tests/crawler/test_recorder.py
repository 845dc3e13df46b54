"""An index that does not answer delays no crawl: what was recorded waits in the outbox."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from search.outbox import waiting
from search.runs import RunState
from tests.crawler.installation import Installation
from tests.crawler.site import LOAN_SCAM, Site, scam

HANGS_UP_AFTER_SECONDS = 18


@pytest.fixture
def silent() -> Iterator[str]:
    """The URL of a server that takes connections and answers none, until it hangs up."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=100)
    hanging_up = threading.Timer(HANGS_UP_AFTER_SECONDS, listening.close)
    hanging_up.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    hanging_up.cancel()
    listening.close()


def test_a_crawl_goes_on_while_the_index_is_silent(tmp_path: Path, web: Site, silent: str) -> None:
    installation = Installation(tmp_path / "installation", {"index": {"elasticsearch": silent}})
    count = 30
    for number in range(count):
        web.page("cam.test", f"/{number}", scam(f"Vay {number}", f"{LOAN_SCAM} Số {number}"))
    start = web.page(
        "cam.test", "/list.txt", "\n".join(web.url("cam.test", f"/{n}") for n in range(count)), "text/plain"
    )
    limits = {"delay_seconds": 0.2, "concurrency": 1}
    source = installation.source("cam", "links", start, limits=limits)
    crawl = installation.crawl(source)
    assert crawl.run is not None
    assert (crawl.run.state, len(installation.hits())) == (RunState.FINISHED, count)
    told = [event for event in crawl.events if event["event"] == "progress"]
    # Some 6 seconds at a page each 0.2 s: progress is told every two, and not once the server hangs up.
    assert len(told) >= 3
    assert crawl.ending["seconds"] < HANGS_UP_AFTER_SECONDS
    assert crawl.urls("index_unavailable") == [""]
    with closing(installation.records()) as records:
        assert waiting(records)[0] == count
