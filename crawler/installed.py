"""The records and index of this installation, as its settings say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from crawler.settings import Settings
from search.indexes.index import Index
from search.indexes.installation import open_index
from search.indexes.late import LateIndex
from search.records import Records, open_records


@contextmanager
def opened(settings: Settings) -> Iterator[tuple[Records, Index]]:
    """The records and the index in force, closed with the block. Raises RecordsError."""
    records = open_records(settings.records.url)
    index = installed_index(settings, records)
    try:
        yield records, index
    finally:
        index.close()
        records.close()


def installed_index(settings: Settings, records: Records) -> Index:
    """The index that these records are searched by; opened when first asked, so that it stops no start."""
    return LateIndex(lambda: _open(settings, records))


def index_place(settings: Settings, records: Records) -> str:
    """Where that index is, for people."""
    chosen = settings.index
    return (
        f"{chosen.elasticsearch}/{chosen.alias}"
        if chosen.elasticsearch
        else str(records.sqlite_path or settings.data_dir)
    )


def _open(settings: Settings, records: Records) -> Index:
    chosen = settings.index
    if not chosen.elasticsearch:
        return open_index(records, settings.data_dir)
    # Imported where it is needed: a process with the embedded index starts three quarters of a second sooner.
    from search.indexes.elastic_server import ElasticsearchAddress

    address = ElasticsearchAddress(
        chosen.elasticsearch,
        api_key=chosen.api_key.get_secret_value(),
        user=chosen.user,
        password=chosen.password.get_secret_value(),
        ca_file=chosen.ca_file,
        alias=chosen.alias,
        replicas=chosen.replicas,
    )
    return open_index(records, settings.data_dir, address)
