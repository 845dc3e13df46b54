"""Which index an installation searches: the embedded one beside its records, or a server."""

from __future__ import annotations

from pathlib import Path
from typing import overload

from search.elastic import ElasticsearchAddress, ElasticsearchIndex
from search.embedded import EmbeddedIndex
from search.records import Records


@overload
def open_index(records: Records, data_dir: Path, elasticsearch: None = None) -> EmbeddedIndex: ...
@overload
def open_index(
    records: Records, data_dir: Path, elasticsearch: ElasticsearchAddress | None
) -> EmbeddedIndex | ElasticsearchIndex: ...
def open_index(
    records: Records, data_dir: Path, elasticsearch: ElasticsearchAddress | None = None
) -> EmbeddedIndex | ElasticsearchIndex:
    """The index of these records: on the server named, else in the records' own file where that is SQLite.

    Raises IndexUnavailable; never because a server is down, which is met when it is asked.
    """
    if elasticsearch is not None:
        return ElasticsearchIndex(elasticsearch)
    return EmbeddedIndex(records.sqlite_path or data_dir / "index.db")
