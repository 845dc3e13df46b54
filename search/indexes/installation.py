"""Which index an installation searches: the embedded one beside its records, or a server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, overload

from search.indexes.embedded import EmbeddedIndex
from search.records import Records

if TYPE_CHECKING:
    from search.indexes.elastic import ElasticsearchIndex
    from search.indexes.elastic_server import ElasticsearchAddress


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
        # Imported where it is needed: a process with the embedded index starts three quarters of a second sooner.
        from search.indexes.elastic import ElasticsearchIndex

        return ElasticsearchIndex(elasticsearch)
    return EmbeddedIndex(records.sqlite_path or data_dir / "index.db")
