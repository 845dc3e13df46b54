"""The index that the settings choose: beside the records, or on a real Elasticsearch server."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.installed import index_place, installed_index
from crawler.settings import IndexSettings, Settings
from search.language.query import parse
from search.outbox import deliver, waiting
from search.records import open_records
from tests.search.elasticsearch_server import ElasticsearchServer
from tests.search.material import page, record, verdict


def ask(settings: Settings) -> tuple[int, str]:
    """Record a hit, deliver it to the index that `settings` choose, and search it there."""
    records = open_records(settings.records.url)
    index = installed_index(settings, records)
    hit_id = record(records, page(), verdict()).hit_id
    deliver(records, index)
    assert waiting(records) == (0, None)
    assert index.search(parse("vay nhanh")).ids == (hit_id,)
    held, place = index.count(), index_place(settings, records)
    index.close()
    records.close()
    return held, place


def test_without_a_server_hits_are_searched_beside_the_records(tmp_path: Path) -> None:
    assert ask(Settings(data_dir=tmp_path)) == (1, str(tmp_path / "luoitroi.db"))


@pytest.mark.elasticsearch
def test_with_a_server_hits_are_searched_there(tmp_path: Path, elasticsearch_server: ElasticsearchServer) -> None:
    url = elasticsearch_server.address.url
    chosen = IndexSettings(elasticsearch=url, alias="thu")
    assert ask(Settings(data_dir=tmp_path, index=chosen)) == (1, f"{url}/thu")
