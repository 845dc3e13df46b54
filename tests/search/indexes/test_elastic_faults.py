"""What goes wrong with a real Elasticsearch: each is named in words, loses nothing, and is caught up with."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import signal
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from search.indexes.elastic import ElasticsearchIndex
from search.indexes.elastic_alias import first_index
from search.indexes.elastic_documents import MAPPING
from search.indexes.elastic_server import ElasticsearchAddress
from search.indexes.index import DocumentsRefused, IndexUnavailable
from search.language.query import parse
from search.outbox import deliver, refusals, waiting
from search.rebuild import rebuild
from search.records import Records, open_records
from tests.search.elasticsearch_server import ElasticsearchServer, opened, running_elasticsearch
from tests.search.material import LOAN_TEXT, document, page, record

pytestmark = pytest.mark.elasticsearch

FIRST = first_index("hits")
DISK_SECONDS = 40
"""The server looks at its disk every ten seconds, and may be slow to act on it."""


def _fails(records: Records, index: ElasticsearchIndex, said: str) -> None:
    """Delivery fails for the sake of the server, says so, and keeps everything."""
    before = waiting(records)[0]
    with pytest.raises(IndexUnavailable, match=said) as caught:
        deliver(records, index)
    assert type(caught.value) is IndexUnavailable
    assert waiting(records)[0] == before > 0


def _some(records: Records, count: int, start: int = 0) -> list[int]:
    """Hits of as many sites, the oldest first."""
    sites = range(start, start + count)
    return [record(records, page(f"https://vay-{site}.top/", minutes=site)).hit_id for site in sites]


def test_a_full_disk_is_named_and_deliveries_go_on_by_themselves_once_it_has_room(
    elasticsearch_index: ElasticsearchIndex, elasticsearch_client: Elasticsearch, sqlite_records: Records
) -> None:
    """The flood-stage watermark itself, set above what any disk has."""
    marks = "cluster.routing.allocation.disk.watermark"
    index, settings = elasticsearch_index, elasticsearch_client.cluster.put_settings
    first = _some(sqlite_records, 1)
    deliver(sqlite_records, index)
    later = _some(sqlite_records, 3, start=1)
    try:
        full = {f"{marks}.low": "90000gb", f"{marks}.high": "80000gb", f"{marks}.flood_stage": "70000gb"}
        settings(persistent=full)
        _until(lambda: "read_only_allow_delete" in str(elasticsearch_client.indices.get_settings(index="hits")))
        _fails(sqlite_records, index, "disk is full and it takes no writes .*flood-stage.*; give it room")
        assert index.search(parse("vay")).ids == tuple(first)
    finally:
        settings(persistent={f"{marks}.*": None})
    _until(lambda: "read_only_allow_delete" not in str(elasticsearch_client.indices.get_settings(index="hits")))
    assert deliver(sqlite_records, index) == 3
    assert index.search(parse("vay")).ids == tuple(reversed(first + later))


def _until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DISK_SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_a_server_that_stands_still_is_not_waited_for_beyond_the_timeout(
    elasticsearch_server: ElasticsearchServer, elasticsearch_index: ElasticsearchIndex, sqlite_records: Records
) -> None:
    ids = _some(sqlite_records, 3)
    with opened(replace(elasticsearch_index.address, timeout_seconds=0.7)) as index:
        assert index.count() == 0
        elasticsearch_server.signal(signal.SIGSTOP)
        try:
            started = time.monotonic()
            _fails(sqlite_records, index, "did not answer in time; trying later")
            with pytest.raises(IndexUnavailable, match="did not answer in time"):
                index.search(parse("vay"))
            assert 1.2 < time.monotonic() - started < 5
        finally:
            elasticsearch_server.signal(signal.SIGCONT)
    # What it was asked while it stood still it does now, or not: either way it is delivered once.
    assert deliver(sqlite_records, elasticsearch_index) == 3
    assert elasticsearch_index.search(parse("vay")).ids == tuple(reversed(ids))


def test_a_server_that_has_no_room_for_more_writes_is_tried_later(
    elasticsearch_index: ElasticsearchIndex, elasticsearch_client: Elasticsearch, sqlite_records: Records
) -> None:
    """Rejected with 429: other writes, which wait for a replica that never comes, fill the memory kept for them."""
    index = elasticsearch_index
    ids = _some(sqlite_records, 3)
    index.count()
    stats = elasticsearch_client.nodes.stats(metric="indexing_pressure", human=False)["nodes"]
    (memory,) = (node["indexing_pressure"]["memory"] for node in stats.values())
    other = elasticsearch_client.options(request_timeout=30)
    other.indices.create(index="khac", mappings={"enabled": False}, settings={"number_of_replicas": 1})
    part = "x" * (int(memory["limit_in_bytes"]) // 2 - 2_000)

    def occupy() -> None:
        operations: list[dict[str, Any]] = [{"index": {}}, {"x": part}]
        other.bulk(index="khac", operations=operations, wait_for_active_shards=2, timeout="3s")

    busy = [threading.Thread(target=occupy) for _ in range(2)]
    for thread in busy:
        thread.start()
    try:
        _until(lambda: _held(elasticsearch_client) > int(memory["limit_in_bytes"]) - 6_000)
        _fails(sqlite_records, index, r"the server is too busy \(rejected execution of .*; trying later")
    finally:
        for thread in busy:
            thread.join()
        elasticsearch_client.indices.delete(index="khac")
    assert deliver(sqlite_records, index) == 3
    assert index.search(parse("vay")).ids == tuple(reversed(ids))


def _held(client: Elasticsearch) -> int:
    """Bytes of writes that the server has in its hands."""
    (node,) = client.nodes.stats(metric="indexing_pressure", human=False)["nodes"].values()
    return int(node["indexing_pressure"]["memory"]["current"]["all_in_bytes"])


def test_a_hit_that_the_mapping_refuses_holds_up_no_other(
    elasticsearch_index: ElasticsearchIndex,
    elasticsearch_client: Elasticsearch,
    sqlite_records: Records,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An index of ours put in by hand, with a field of another type: it takes sources that are numbers alone."""
    monkeypatch.setattr("search.outbox.BATCH", 2)
    index = elasticsearch_index
    _replace_indices(elasticsearch_client)
    fields: dict[str, Any] = MAPPING["properties"]  # type: ignore[assignment]
    by_hand = {**MAPPING, "properties": {**fields, "source": {"type": "long"}}}
    elasticsearch_client.indices.create(index=FIRST, mappings=by_hand, aliases={"hits": {}})
    sources = ("1", "quang-cao", "3", "4", "5")
    ids = [
        record(sqlite_records, page(f"https://vay-{number}.top/", minutes=number, source=source)).hit_id
        for number, source in enumerate(sources)
    ]
    refused = rf"refused 1 of the hits, the first of them {ids[1]}: .*quang-cao"
    with pytest.raises(DocumentsRefused, match=refused) as caught:
        deliver(sqlite_records, index)
    assert set(caught.value.reasons) == {ids[1]}
    assert LOAN_TEXT[:20] not in str(caught.value)
    assert waiting(sqlite_records)[0] == 0
    assert list(refusals(sqlite_records)) == [ids[1]]
    assert index.search(parse("vay")).ids == (ids[4], ids[3], ids[2], ids[0])
    assert rebuild(sqlite_records, index) == 5
    assert deliver(sqlite_records, index) == 1
    assert index.search(parse("vay")).ids == tuple(reversed(ids))


def _replace_indices(client: Elasticsearch, **bodies: dict[str, Any]) -> None:
    """Nothing of ours on the server but these indices, by name with _ for -."""
    for name in client.indices.get(index=["hits*", "khac*"], expand_wildcards="all"):
        client.indices.delete(index=name)
    for name, body in bodies.items():
        client.indices.create(index=name.replace("_", "-"), **body)


OURS = {"mappings": MAPPING}
BEHIND = {"aliases": {"hits": {}}}


@pytest.mark.parametrize(
    ("bodies", "said"),
    [
        ({FIRST: OURS}, f"{FIRST} is there, but hits does not stand for it"),
        ({f"{FIRST}_2": OURS}, f"{FIRST}-2 is there, but hits does not stand for it"),
        (
            {FIRST: {**OURS, **BEHIND}, f"{FIRST}_2": {**OURS, **BEHIND}},
            f"hits stands for {FIRST} and {FIRST}-2 at once",
        ),
        ({"khac": BEHIND}, "hits stands for khac, which this program did not make"),
        ({"khac": BEHIND, FIRST: {**OURS, **BEHIND}}, "hits stands for khac, which this program did not make"),
        ({"hits_v0": BEHIND}, f"hits is of another version of the program, this one needs {FIRST}"),
        ({FIRST: BEHIND}, f"{FIRST} has not the fields that this version of the program needs"),
    ],
    ids=["no alias", "unfinished", "two", "foreign", "foreign and ours", "version", "fields"],
)
def test_an_alias_or_index_in_disorder_is_named_and_rebuilt(
    elasticsearch_index: ElasticsearchIndex,
    elasticsearch_client: Elasticsearch,
    sqlite_records: Records,
    bodies: dict[str, dict[str, Any]],
    said: str,
) -> None:
    ids = _some(sqlite_records, 2)
    _replace_indices(elasticsearch_client, **bodies)
    with opened(elasticsearch_index.address) as index:
        _fails(sqlite_records, index, f"{said}; build it anew with `luoitroi index rebuild`")
        with pytest.raises(IndexUnavailable, match=said):
            index.search(parse("vay"))
        assert rebuild(sqlite_records, index) == 2
        assert deliver(sqlite_records, index) == 2
        assert index.search(parse("vay")).ids == tuple(reversed(ids))
    (current,) = elasticsearch_client.indices.get_alias(name="hits")
    # What is not ours is not deleted; what is ours is in one index.
    assert set(elasticsearch_client.indices.get(index=["hits*", "khac*"])) == {current, *({"khac"} & set(bodies))}


def test_an_index_by_the_name_of_the_alias_is_named_and_left_to_its_owner(
    elasticsearch_index: ElasticsearchIndex, elasticsearch_client: Elasticsearch, sqlite_records: Records
) -> None:
    ids = _some(sqlite_records, 2)
    _replace_indices(elasticsearch_client, hits={})
    said = "hits is an index, and not one that this program made; delete it, or choose another `alias`"
    with opened(elasticsearch_index.address) as index:
        _fails(sqlite_records, index, said)
        with pytest.raises(IndexUnavailable, match=said):
            rebuild(sqlite_records, index)
        assert list(elasticsearch_client.indices.get(index="hits*")) == ["hits"]
        elasticsearch_client.indices.delete(index="hits")
        assert deliver(sqlite_records, index) == 2
        assert index.search(parse("vay")).ids == tuple(reversed(ids))


def test_an_alias_taken_away_while_running_is_not_replaced_by_an_index_that_the_server_makes_up(
    elasticsearch_index: ElasticsearchIndex, elasticsearch_client: Elasticsearch, sqlite_records: Records
) -> None:
    index = elasticsearch_index
    first = _some(sqlite_records, 1)
    deliver(sqlite_records, index)
    (name,) = elasticsearch_client.indices.get_alias(name="hits")
    elasticsearch_client.indices.delete_alias(index=name, name="hits")
    later = _some(sqlite_records, 1, start=1)
    _fails(sqlite_records, index, r"no such index \[hits\].*; build it anew with `luoitroi index rebuild`")
    _fails(sqlite_records, index, f"{name} is there, but hits does not stand for it")
    assert list(elasticsearch_client.indices.get(index="hits*")) == [name]
    elasticsearch_client.indices.put_alias(index=name, name="hits")
    assert deliver(sqlite_records, index) == 1
    assert index.search(parse("vay")).ids == tuple(reversed(first + later))


def test_an_index_lost_while_running_is_named_and_made_again(
    elasticsearch_index: ElasticsearchIndex, elasticsearch_client: Elasticsearch, sqlite_records: Records
) -> None:
    index = elasticsearch_index
    ids = _some(sqlite_records, 1)
    deliver(sqlite_records, index)
    _replace_indices(elasticsearch_client)
    with pytest.raises(IndexUnavailable, match=r"no such index \[hits\]; build it anew"):
        index.search(parse("vay"))
    assert index.search(parse("vay")).total == 0
    rebuild(sqlite_records, index)
    assert index.search(parse("vay")).ids == tuple(ids)


def test_an_index_that_was_closed_is_named_and_deliveries_go_on_once_it_is_open(
    elasticsearch_index: ElasticsearchIndex, elasticsearch_client: Elasticsearch, sqlite_records: Records
) -> None:
    index = elasticsearch_index
    ids = _some(sqlite_records, 2)
    index.count()
    elasticsearch_client.indices.close(index="hits")
    _fails(sqlite_records, index, r"the index is closed .*; open it with POST /hits/_open")
    with pytest.raises(IndexUnavailable, match="the index is closed"):
        index.search(parse("vay"))
    elasticsearch_client.indices.open(index="hits")
    assert deliver(sqlite_records, index) == 2
    assert index.search(parse("vay")).ids == tuple(reversed(ids))


def test_a_text_of_ten_megabytes_is_found_like_any_other(
    elasticsearch_index: ElasticsearchIndex, sqlite_records: Records
) -> None:
    words = random.Random(10)
    sentence = LOAN_TEXT.split()
    text = " ".join(words.choices(sentence, k=1_700_000)) + " vĩ thanh"
    assert len(text.encode()) > 10_000_000
    small = record(sqlite_records).hit_id
    large = record(sqlite_records, page("https://dai.top/", text, minutes=1)).hit_id
    assert deliver(sqlite_records, elasticsearch_index) == 2
    assert elasticsearch_index.search(parse('"vi thanh"')).ids == (large,)
    assert elasticsearch_index.search(parse("vay")).ids == (large, small)


def test_a_rebuild_that_is_killed_leaves_searches_as_they_were_and_the_next_one_clears_up(
    elasticsearch_index: ElasticsearchIndex,
    elasticsearch_client: Elasticsearch,
    sqlite_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("search.rebuild.BATCH", 5)
    records = open_records(sqlite_url)
    ids = _some(records, 20)
    deliver(records, elasticsearch_index)
    (before,) = elasticsearch_client.indices.get_alias(name="hits")
    ours, theirs = multiprocessing.get_context("fork").Pipe(duplex=False)

    def work() -> None:
        def halt(done: int, _: int) -> None:
            if done:
                theirs.send(done)
                signal.pause()

        rebuild(open_records(sqlite_url), ElasticsearchIndex(elasticsearch_index.address), halt)

    rebuilding = multiprocessing.get_context("fork").Process(target=work)
    rebuilding.start()
    assert ours.poll(30)
    assert ours.recv() == 5
    rebuilding.kill()
    rebuilding.join()
    assert len(elasticsearch_client.indices.get(index="hits-v*")) == 2
    later = _some(records, 1, start=20)
    assert deliver(records, elasticsearch_index) == 1
    assert elasticsearch_index.search(parse("vay")).ids == tuple(reversed(ids + later))
    assert list(elasticsearch_client.indices.get_alias(name="hits")) == [before]
    assert rebuild(records, elasticsearch_index) == 21
    assert elasticsearch_index.search(parse("vay")).ids == tuple(reversed(ids + later))
    assert len(elasticsearch_client.indices.get(index="hits-v*")) == 1
    records.close()


def test_an_index_that_is_deleted_while_it_is_filled_does_not_take_over(
    elasticsearch_index: ElasticsearchIndex, elasticsearch_client: Elasticsearch, sqlite_records: Records
) -> None:
    """The server makes one of its name anew, with fields that it guesses."""
    index = elasticsearch_index
    ids = _some(sqlite_records, 2)
    deliver(sqlite_records, index)
    (before,) = elasticsearch_client.indices.get_alias(name="hits")
    with pytest.raises(IndexUnavailable, match="was deleted while it was filled"), index.renewal() as fresh:
        fresh.put([document(1)])
        (filling,) = set(elasticsearch_client.indices.get(index="hits-v*")) - {before}
        elasticsearch_client.indices.delete(index=filling)
        fresh.put([document(2)])
    assert list(elasticsearch_client.indices.get_alias(name="hits")) == [before]
    assert index.search(parse("vay")).ids == tuple(reversed(ids))
    rebuild(sqlite_records, index)
    assert index.search(parse("vay")).ids == tuple(reversed(ids))
    assert len(elasticsearch_client.indices.get(index="hits-v*")) == 1


def test_a_server_down_at_start_killed_in_mid_bulk_and_stopped_is_caught_up_with_each_time(
    sqlite_records: Records,
) -> None:
    data = Path("/var/tmp") / f"luoitroi-es-{os.getpid()}"
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = int(listening.getsockname()[1])
    kept = ("--data", str(data), "--port", str(port))
    ids = _some(sqlite_records, 60)
    try:
        with opened(ElasticsearchAddress(f"http://127.0.0.1:{port}")) as index:
            _fails(sqlite_records, index, "Connection refused; is the server up, and the address right")
            with running_elasticsearch(*kept) as server:
                assert deliver(sqlite_records, index) == 60
                killer = threading.Timer(0.05, server.signal, [signal.SIGKILL])
                killer.start()
                with pytest.raises(IndexUnavailable, match="is the server up"):
                    while True:
                        for hit_id in ids[:20]:
                            record(sqlite_records, page(f"https://vay-{hit_id - 1}.top/"))
                        deliver(sqlite_records, index)
                killer.join()
            with running_elasticsearch(*kept):
                deliver(sqlite_records, index)
                assert waiting(sqlite_records)[0] == 0
                assert sorted(index.ids(parse("vay"))) == ids
                _some(sqlite_records, 1, start=60)
            _fails(sqlite_records, index, "is the server up, and the address right")
            with pytest.raises(IndexUnavailable, match="is the server up"):
                index.search(parse("vay"))
    finally:
        shutil.rmtree(data, ignore_errors=True)
