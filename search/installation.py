"""Which index an installation searches: the embedded one, in the records' own file where that is SQLite."""

from __future__ import annotations

from pathlib import Path

from search.embedded import EmbeddedIndex
from search.records import Records


def open_index(records: Records, data_dir: Path) -> EmbeddedIndex:
    """The index beside these records. Raises IndexUnavailable."""
    return EmbeddedIndex(records.sqlite_path or data_dir / "index.db")
