"""The index on a real Elasticsearch: how it lies there, beyond what every index is held to."""

from __future__ import annotations

from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

from search.indexes import elastic_documents
from search.indexes.elastic import ElasticsearchIndex
from search.indexes.elastic_documents import SCHEMA
from search.indexes.embedded import EmbeddedIndex
from search.indexes.installation import open_index
from search.language.query import parse
from search.rebuild import rebuild
from search.records import Records
from tests.search.elasticsearch_server import MISSING, ElasticsearchServer, start_without_programs
from tests.search.material import document, record

pytestmark = pytest.mark.elasticsearch


def test_a_machine_that_cannot_have_the_server_is_told_what_to_install(tmp_path: Path) -> None:
    code, said = start_without_programs(tmp_path)
    assert code == MISSING
    assert "apt-get install" in said


def test_the_index_is_versioned_behind_an_alias(
    elasticsearch_index: ElasticsearchIndex, elasticsearch_client: Elasticsearch
) -> None:
    elasticsearch_index.put([document(1)])
    (name,) = elasticsearch_client.indices.get_alias(name="hits")
    assert name.startswith(f"hits-v{SCHEMA}")
    mapping = elasticsearch_client.indices.get_mapping(index="hits")[name]["mappings"]
    assert mapping["_meta"] == {"schema": SCHEMA}
    assert mapping["dynamic"] == "strict"


def test_a_server_without_the_index_gets_one_when_first_asked(
    elasticsearch_index: ElasticsearchIndex, elasticsearch_client: Elasticsearch
) -> None:
    for name in elasticsearch_client.indices.get(index="hits-v*"):
        elasticsearch_client.indices.delete(index=name)
    other = ElasticsearchIndex(elasticsearch_index.address)
    assert other.search(parse("vay")).total == 0
    other.put([document(1)])
    assert other.count() == 1
    other.close()


def test_a_rebuild_leaves_one_index_of_ours_and_others_alone(
    elasticsearch_index: ElasticsearchIndex, elasticsearch_client: Elasticsearch, sqlite_records: Records
) -> None:
    hit_id = record(sqlite_records).hit_id
    elasticsearch_client.indices.create(index="hits-vault")
    (before,) = elasticsearch_client.indices.get_alias(name="hits")
    rebuild(sqlite_records, elasticsearch_index)
    (after,) = elasticsearch_client.indices.get_alias(name="hits")
    assert after != before
    assert set(elasticsearch_client.indices.get(index="hits*")) == {after, "hits-vault"}
    assert elasticsearch_index.search(parse("vay")).ids == (hit_id,)
    elasticsearch_client.indices.delete(index="hits-vault")


def test_more_than_one_request_is_sent_for_many_or_large_documents(
    elasticsearch_index: ElasticsearchIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(elastic_documents, "BULK_BYTES", 2_000)
    elasticsearch_index.put([document(hit_id) for hit_id in range(1, 20)])
    assert elasticsearch_index.count() == 19


def test_installations_choose_their_index(
    sqlite_records: Records, tmp_path: Path, elasticsearch_server: ElasticsearchServer
) -> None:
    assert isinstance(open_index(sqlite_records, tmp_path), EmbeddedIndex)
    assert isinstance(open_index(sqlite_records, tmp_path, None), EmbeddedIndex)
    assert isinstance(open_index(sqlite_records, tmp_path, elasticsearch_server.address), ElasticsearchIndex)
