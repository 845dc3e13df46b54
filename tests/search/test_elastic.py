"""Elasticsearch for real: signing in, what goes wrong with a server, and that nothing is lost by it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest
from elasticsearch import Elasticsearch

from search import elastic_documents
from search.elastic import ElasticsearchIndex
from search.elastic_documents import SCHEMA
from search.elastic_server import ElasticsearchAddress
from search.embedded import EmbeddedIndex
from search.index import DocumentsRefused, IndexUnavailable
from search.installation import open_index
from search.outbox import deliver, rebuild, waiting
from search.query import parse
from search.records import Records
from tests.search.elasticsearch_server import (
    MISSING,
    ElasticsearchServer,
    running_elasticsearch,
    start_without_programs,
)
from tests.search.material import document, page, record

pytestmark = pytest.mark.elasticsearch


@pytest.fixture
def address(elasticsearch_server: ElasticsearchServer) -> ElasticsearchAddress:
    return elasticsearch_server.address


@pytest.fixture
def client(address: ElasticsearchAddress) -> Iterator[Elasticsearch]:
    """A client of our own, to look behind the index."""
    with Elasticsearch(address.url) as opened:
        yield opened


@pytest.fixture
def index(address: ElasticsearchAddress) -> Iterator[ElasticsearchIndex]:
    opened = ElasticsearchIndex(address)
    opened.clear()
    yield opened
    opened.close()


def _drop(client: Elasticsearch) -> None:
    for name in client.indices.get(index="hits-v*"):
        client.indices.delete(index=name)


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def test_a_machine_that_cannot_have_the_server_is_told_what_to_install(tmp_path: Path) -> None:
    code, said = start_without_programs(tmp_path)
    assert code == MISSING
    assert "apt-get install" in said


def test_the_index_is_versioned_behind_an_alias(index: ElasticsearchIndex, client: Elasticsearch) -> None:
    index.put([document(1)])
    (name,) = client.indices.get_alias(name="hits")
    assert name.startswith(f"hits-v{SCHEMA}")
    mapping = client.indices.get_mapping(index="hits")[name]["mappings"]
    assert mapping["_meta"] == {"schema": SCHEMA}
    assert mapping["dynamic"] == "strict"


def test_a_server_without_the_index_gets_one_when_first_asked(
    address: ElasticsearchAddress, client: Elasticsearch, index: ElasticsearchIndex
) -> None:
    _drop(client)
    other = ElasticsearchIndex(address)
    assert other.search(parse("vay")).total == 0
    other.put([document(1)])
    assert other.count() == 1
    other.close()


def test_an_alias_that_vanished_while_running_is_named_and_mended(
    index: ElasticsearchIndex, client: Elasticsearch
) -> None:
    index.put([document(1)])
    _drop(client)
    with pytest.raises(IndexUnavailable, match=r"no such index \[hits\]; build it anew"):
        index.search(parse("vay"))
    assert index.search(parse("vay")).total == 0


def test_a_half_made_index_is_named_and_rebuilt(index: ElasticsearchIndex, client: Elasticsearch) -> None:
    _drop(client)
    client.indices.create(index=index.name)
    half = ElasticsearchIndex(index.address)
    with pytest.raises(IndexUnavailable, match=rf"{index.name} is there, but hits does not stand for it; .* rebuild"):
        half.count()
    half.clear()
    assert half.count() == 0
    half.close()


def test_an_index_of_another_version_is_named_and_replaced_by_a_rebuild(
    index: ElasticsearchIndex, client: Elasticsearch, sqlite_records: Records
) -> None:
    hit_id = record(sqlite_records).hit_id
    _drop(client)
    client.indices.create(index="hits-v0", aliases={"hits": {}})
    newer = ElasticsearchIndex(index.address)
    with pytest.raises(IndexUnavailable, match=f"of another version of the program, this one needs {index.name}"):
        newer.search(parse("vay"))
    rebuild(sqlite_records, newer)
    assert newer.search(parse("vay")).ids == (hit_id,)
    assert not client.indices.exists(index="hits-v0")
    client.indices.create(index="hits-vault")
    rebuild(sqlite_records, newer)
    assert list(client.indices.get_alias(name="hits")) == [f"{index.name}-2"]
    assert set(client.indices.get(index="hits*")) == {f"{index.name}-2", "hits-vault"}
    client.indices.delete(index="hits-vault")
    newer.close()


def test_a_server_that_takes_no_writes_loses_nothing(
    index: ElasticsearchIndex, client: Elasticsearch, sqlite_records: Records
) -> None:
    """The block that a server sets when its disk passes the flood-stage watermark."""
    first = record(sqlite_records).hit_id
    deliver(sqlite_records, index)
    client.indices.put_settings(index="hits", settings={"index.blocks.read_only_allow_delete": True})
    second = record(sqlite_records, page("https://khac.top/", minutes=1)).hit_id
    with pytest.raises(IndexUnavailable):
        deliver(sqlite_records, index)
    assert waiting(sqlite_records)[0] == 1
    assert index.search(parse("vay")).ids == (first,)
    client.indices.put_settings(index="hits", settings={"index.blocks.read_only_allow_delete": None})
    assert deliver(sqlite_records, index) == 1
    assert index.search(parse("vay")).ids == (second, first)


def test_a_document_that_the_server_refuses_holds_up_no_other(
    index: ElasticsearchIndex, sqlite_records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.outbox.BATCH", 2)
    ids = [record(sqlite_records, page(f"https://vay-{number}.top/", minutes=number)).hit_id for number in range(5)]
    with sqlite_records.write() as session:
        # A keyword longer than Lucene's 32,766 bytes can come from nothing but a damaged database.
        session.connection().exec_driver_sql("UPDATE hits SET category = ? WHERE id = ?", ("x" * 40_000, ids[1]))
    with pytest.raises(
        DocumentsRefused, match=f"refused 1 of the hits, the first of them {ids[1]}: .*immense"
    ) as caught:
        deliver(sqlite_records, index)
    assert set(caught.value.reasons) == {ids[1]}
    assert waiting(sqlite_records)[0] == 1
    assert index.search(parse("vay")).ids == (ids[4], ids[3], ids[2], ids[0])
    with sqlite_records.write() as session:
        session.connection().exec_driver_sql("UPDATE hits SET category = 'loan_credit' WHERE id = ?", (ids[1],))
    assert deliver(sqlite_records, index) == 1
    assert index.count() == 5


def test_more_than_one_request_is_sent_for_many_or_large_documents(
    index: ElasticsearchIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(elastic_documents, "BULK_BYTES", 2_000)
    index.put([document(hit_id) for hit_id in range(1, 20)])
    assert index.count() == 19


def test_a_server_that_is_not_there_is_met_when_asked_and_not_before(sqlite_records: Records, tmp_path: Path) -> None:
    nowhere = ElasticsearchAddress(f"http://127.0.0.1:{_free_port()}")
    index = open_index(sqlite_records, tmp_path, nowhere)
    record(sqlite_records)
    with pytest.raises(IndexUnavailable, match="is the server up, and the address right"):
        deliver(sqlite_records, index)
    assert waiting(sqlite_records)[0] == 1
    index.close()


def test_installations_choose_their_index(
    sqlite_records: Records, tmp_path: Path, address: ElasticsearchAddress
) -> None:
    assert isinstance(open_index(sqlite_records, tmp_path), EmbeddedIndex)
    assert isinstance(open_index(sqlite_records, tmp_path, None), EmbeddedIndex)
    assert isinstance(open_index(sqlite_records, tmp_path, address), ElasticsearchIndex)


class _OtherServer(BaseHTTPRequestHandler):
    """Something that answers on the port and is no Elasticsearch 8."""

    version = "7.17.9"
    product = "Elasticsearch"

    def do_GET(self) -> None:
        body = json.dumps({"version": {"number": self.version}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Elastic-Product", self.product)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize(
    ("version", "product", "said"),
    [
        ("7.17.9", "Elasticsearch", "Elasticsearch 7.17.9; this program speaks to version 8"),
        ("2.11.0", "OpenSearch", "not Elasticsearch"),
    ],
)
def test_another_server_is_named(version: str, product: str, said: str) -> None:
    handler = type("Handler", (_OtherServer,), {"version": version, "product": product})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    index = ElasticsearchIndex(ElasticsearchAddress(f"http://127.0.0.1:{server.server_port}"))
    with pytest.raises(IndexUnavailable, match=said):
        index.search(parse("vay"))
    index.close()
    server.shutdown()
    server.server_close()


def test_a_server_killed_in_mid_bulk_and_started_again_has_everything(sqlite_records: Records, tmp_path: Path) -> None:
    data, port = Path("/var/tmp") / f"luoitroi-es-{os.getpid()}", _free_port()
    ids = [record(sqlite_records, page(f"https://vay-{number}.top/")).hit_id for number in range(60)]
    kept = ("--data", str(data), "--port", str(port))
    try:
        with running_elasticsearch(*kept) as server:
            index = ElasticsearchIndex(server.address)
            index.count()

            def kill() -> None:
                time.sleep(0.05)
                for child in _children(server.pid):
                    os.kill(child, signal.SIGKILL)

            killer = threading.Thread(target=kill)
            killer.start()
            with pytest.raises(IndexUnavailable):
                while True:
                    for hit_id in ids[:20]:
                        record(sqlite_records, page(f"https://vay-{hit_id - 1}.top/"))
                    deliver(sqlite_records, index)
            killer.join()
        assert waiting(sqlite_records)[0] > 0
        with running_elasticsearch(*kept):
            deliver(sqlite_records, index)
            assert waiting(sqlite_records)[0] == 0
            assert sorted(index.ids(parse("vay"))) == ids
            index.close()
    finally:
        shutil.rmtree(data, ignore_errors=True)


def _children(pid: int) -> list[int]:
    """The server itself, which the launcher has started."""
    return [child.pid for child in psutil.Process(pid).children(recursive=True)]
