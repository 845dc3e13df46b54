"""The desk: what every page of the console works with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request
from sqlalchemy import select

from console.pages import Pages
from console.settings import ConsoleSettings
from evidence.signing import KeyRing
from evidence.vault import Vault
from matchers.errors import Refusal
from matchers.rules import Category
from search.exporters import Exporter
from search.indexes.index import Index
from search.records import Records
from search.tables import SourceRow


@dataclass(frozen=True, slots=True)
class Desk:
    """The records, the index, the vault, the exporters and the templates, open while the console is served."""

    records: Records
    index: Index
    vault: Vault
    trusted: KeyRing
    categories: Mapping[str, Category]
    exporters: Mapping[str, Exporter]
    settings: ConsoleSettings
    pages: Pages
    rules_refusal: Callable[[], Refusal | None]
    """Why rules are refused, while they are."""

    def source_titles(self) -> Mapping[str, str]:
        """What people call each source, by its name."""
        with self.records.read() as session:
            return {row.name: row.title for row in session.execute(select(SourceRow.name, SourceRow.title))}


def desk_of(request: Request) -> Desk:
    """The desk of the application that this request came to."""
    return cast(Desk, request.app.state.desk)


AtDesk = Annotated[Desk, Depends(desk_of)]
