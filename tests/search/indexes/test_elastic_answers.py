"""What may answer at the address in place of a sound Elasticsearch 8: real servers on loopback that say such things."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from search.indexes import elastic
from search.indexes.elastic import ElasticsearchIndex
from search.indexes.elastic_alias import first_index
from search.indexes.elastic_documents import SCHEMA
from search.indexes.elastic_server import ElasticsearchAddress
from search.indexes.index import IndexUnavailable
from search.language.query import parse
from search.outbox import deliver, waiting
from search.records import Records
from tests.search.material import page, record

JSON = "application/json"
KEY = "VnVhQ2ZHY0JDZGJrUW0tZTVhT3g6dWkybHAyYXhUTm1zeWFrdzl0dk5udw=="
"""The key of Elasticsearch's own documentation, which opens nothing."""


class Answering(BaseHTTPRequestHandler):
    """Answers every request with what `told` says of its method and path: status, kind of content, content, more."""

    told: Callable[[str, str], tuple[int, str, str, dict[str, str]]]
    asked: list[tuple[str, str, str]]

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.asked.append((self.command, self.path, self.headers.get("Authorization", "")))
        status, kind, content, headers = type(self).told(self.command, self.path)
        body = content.encode()
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else body)

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = answer  # noqa: N815

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


@contextmanager
def answering(
    told: Callable[[str, str], tuple[int, str, str, dict[str, str]]],
) -> Iterator[tuple[ElasticsearchAddress, list[tuple[str, str, str]]]]:
    """A server that answers so, and what it was asked: method, path and login."""
    asked: list[tuple[str, str, str]] = []
    handler = type("Handler", (Answering,), {"told": staticmethod(told), "asked": asked})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield ElasticsearchAddress(f"http://127.0.0.1:{server.server_port}", timeout_seconds=1), asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


ELASTIC = {"X-Elastic-Product": "Elasticsearch"}


def _says_version(version: str) -> str:
    return json.dumps({"version": {"number": version}})


@pytest.mark.parametrize(
    ("status", "kind", "content", "headers", "said"),
    [
        (200, JSON, _says_version("7.17.9"), ELASTIC, "Elasticsearch 7.17.9; the program speaks to version 8"),
        (200, JSON, _says_version("9.1.0"), ELASTIC, "Elasticsearch 9.1.0; the program speaks to version 8"),
        (200, JSON, _says_version("2.11.0"), {}, "is not Elasticsearch; is the address right"),
        (200, JSON, "{}", ELASTIC, "says it is Elasticsearch, but not of which version"),
        (200, JSON, "[]", ELASTIC, "says it is Elasticsearch, but not of which version"),
        (200, JSON, '{"version"', ELASTIC, "is not Elasticsearch; is the address right"),
        (200, "text/html", "<title>Đăng nhập</title>", {}, "is not Elasticsearch; is the address right"),
        (404, "text/html", "<title>Không có trang</title>", {}, r"is not Elasticsearch; .* \(status 404\)"),
        (401, "text/html", "<title>Mật khẩu?</title>", {}, r"is not Elasticsearch; .* \(status 401\)"),
        (403, JSON, '{"message": "no"}', {}, r"is not Elasticsearch; .* \(status 403\)"),
        (
            413,
            "text/html",
            "<title>Too Large</title>",
            {},
            "request of this size is refused; let the server, and any proxy",
        ),
        (500, "text/plain", "Traceback", {}, r"is not Elasticsearch; .* \(status 500\)"),
        (502, "text/html", "<title>Bad Gateway</title>", {}, r"too busy \(status 502\); trying later"),
        (503, "text/html", "<title>Bảo trì</title>", {}, r"too busy \(status 503\); trying later"),
        (302, "text/plain", "", {"Location": "http://127.0.0.1:9/"}, r"is not Elasticsearch; .* \(status 302\)"),
    ],
)
def test_what_is_no_sound_elasticsearch_is_named_and_nothing_is_lost(
    sqlite_records: Records, status: int, kind: str, content: str, headers: dict[str, str], said: str
) -> None:
    record(sqlite_records)
    with answering(lambda *_: (status, kind, content, headers)) as (address, asked):
        index = ElasticsearchIndex(address)
        with pytest.raises(IndexUnavailable, match=said) as caught:
            deliver(sqlite_records, index)
        with pytest.raises(IndexUnavailable, match=said):
            index.search(parse("vay"))
        index.close()
    assert str(caught.value).startswith(address.url)
    assert "title" not in str(caught.value)
    assert waiting(sqlite_records)[0] == 1
    # Each asked for its version alone, and once.
    assert [path for _, path, _ in asked] == ["/", "/"]


def test_a_redirect_takes_the_login_nowhere(sqlite_records: Records) -> None:
    record(sqlite_records)
    with answering(lambda *_: (200, JSON, _says_version("8.19.3"), ELASTIC)) as (elsewhere, asked_elsewhere):
        to = {"Location": f"{elsewhere.url}/"}
        with answering(lambda *_: (307, JSON, "{}", to)) as (address, asked):
            index = ElasticsearchIndex(ElasticsearchAddress(address.url, api_key=KEY))
            with pytest.raises(IndexUnavailable, match="not Elasticsearch"):
                deliver(sqlite_records, index)
            index.close()
    assert [login for _, _, login in asked] == [f"ApiKey {KEY}"]
    assert asked_elsewhere == []


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"", "did not answer in time; trying later"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "BadStatusLine.*; is the server up, and the address right"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n{", "did not answer in time; trying later"),
    ],
    ids=["silent", "no HTTP", "half an answer"],
)
def test_what_is_silent_or_speaks_no_http_is_left_within_the_timeout(
    sqlite_records: Records, sent: bytes, said: str
) -> None:
    record(sqlite_records)
    taken: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def take() -> None:
            connection, _ = listening.accept()
            taken.append(connection)
            connection.recv(65_536)
            connection.sendall(sent)

        taking = threading.Thread(target=take)
        taking.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        index = ElasticsearchIndex(ElasticsearchAddress(url, timeout_seconds=0.5))
        started = time.monotonic()
        with pytest.raises(IndexUnavailable, match=said):
            deliver(sqlite_records, index)
        assert time.monotonic() - started < 3
        index.close()
        taking.join()
    for connection in taken:
        connection.close()
    assert waiting(sqlite_records)[0] == 1


def _busy(per_item: bool) -> Callable[[str, str], tuple[int, str, str, dict[str, str]]]:
    """Answers of an Elasticsearch 8 that has the index, and room for no write."""
    why = {"type": "es_rejected_execution_exception", "reason": "rejected execution"}
    held = {first_index("hits"): {"aliases": {"hits": {}}, "mappings": {"_meta": {"schema": SCHEMA}}}}

    def told(method: str, path: str) -> tuple[int, str, str, dict[str, str]]:
        if path == "/":
            return 200, JSON, _says_version("8.19.3"), ELASTIC
        if not path.startswith("/hits/_bulk"):
            return 200, JSON, json.dumps(held), ELASTIC
        if per_item:
            items = [{"index": {"status": 429, "error": why}}, {"index": {"status": 201}}]
            return 200, JSON, json.dumps({"items": items[: 2 if len(asked_bulks) == 0 else 1]}), ELASTIC
        return 429, JSON, json.dumps({"error": why, "status": 429}), ELASTIC

    asked_bulks: list[str] = []

    def counted(method: str, path: str) -> tuple[int, str, str, dict[str, str]]:
        answer = told(method, path)
        if path.startswith("/hits/_bulk"):
            asked_bulks.append(path)
        return answer

    return counted


@pytest.mark.parametrize(("per_item", "times"), [(False, 1), (True, 1 + len(elastic.RETRY_SECONDS))])
def test_a_busy_server_is_asked_a_few_times_and_not_stormed(
    sqlite_records: Records, monkeypatch: pytest.MonkeyPatch, per_item: bool, times: int
) -> None:
    """Refused as a whole it is left until the next delivery; where it took some, the rest is sent thrice more."""
    monkeypatch.setattr(elastic, "RETRY_SECONDS", (0.01,) * len(elastic.RETRY_SECONDS))
    for site in range(2):
        record(sqlite_records, page(f"https://vay-{site}.top/"))
    with answering(_busy(per_item)) as (address, asked):
        index = ElasticsearchIndex(address)
        with pytest.raises(IndexUnavailable, match=r"too busy \(.*rejected execution\); trying later"):
            deliver(sqlite_records, index)
        index.close()
    assert waiting(sqlite_records)[0] == 2
    assert sum(bool(re.match("/hits/_bulk", path)) for _, path, _ in asked) == times
