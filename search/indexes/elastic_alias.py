"""The indices of ours on an Elasticsearch server, and which of them the alias stands for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from elasticsearch import Elasticsearch

from search.indexes.elastic_documents import SCHEMA
from search.indexes.index import IndexCondition, IndexUnavailable

_REBUILD = "build it anew with `luoitroi index rebuild`"


def first_index(alias: str) -> str:
    """The first index of this version behind an alias; renewals add a number to it."""
    return f"{alias}-v{SCHEMA}"


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand: every index of ours, of whatever version, half-made ones included, and those behind the alias.

    `schemas` says of each which version it was made for, None where another program or hand made it. `behind` are
    those of renewals that have not settled.
    """

    alias: str
    ours: tuple[str, ...]
    current: tuple[str, ...]
    schemas: Mapping[str, int | None]
    behind: frozenset[str] = frozenset()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing yet."""
        return not self.ours and not self.current

    @property
    def problem(self) -> str | None:
        """Why the alias cannot be searched and filled, with the way out; None when it can, or is yet to be made."""
        if self.alias in self.current:
            return (
                f"{self.alias} is an index, and not one that this program made; delete it, or choose another "
                "`alias` in the settings"
            )
        if foreign := [name for name in self.current if name not in self.ours]:
            return f"{self.alias} stands for {foreign[0]}, which this program did not make; {_REBUILD}"
        if len(self.current) > 1:
            return f"{self.alias} stands for {' and '.join(self.current)} at once; {_REBUILD}"
        if not self.current and self.ours:
            return f"{self.ours[-1]} is there, but {self.alias} does not stand for it; {_REBUILD}"
        if self.current and _schema(self.current[0]) > SCHEMA:
            return (
                f"{self.alias} stands for {self.current[0]}, which a newer version of the program made; run that one, "
                "or choose another `alias` in the settings"
            )
        if self.current and not _numbers(self.alias, self.current):
            needed = first_index(self.alias)
            return f"{self.alias} is of another version of the program, this one needs {needed}; {_REBUILD}"
        if self.current and self.schemas[self.current[0]] != SCHEMA:
            return f"{self.current[0]} has not the fields that this version of the program needs; {_REBUILD}"
        return None

    @property
    def condition(self) -> IndexCondition:
        """What can be done with what the alias stands for."""
        if any(name not in self.ours for name in self.current):
            return IndexCondition.FOREIGN
        if self.is_empty:
            return IndexCondition.GONE
        if self.problem is None:
            return IndexCondition.READY
        made_for = max(map(_schema, self.current), default=SCHEMA)
        if made_for > SCHEMA:
            return IndexCondition.NEWER
        return IndexCondition.OLDER if made_for < SCHEMA else IndexCondition.HALF_MADE

    @property
    def filling(self) -> str | None:
        """The index that an unfinished renewal of this version left."""
        left = [name for name in self.ours if self.schemas[name] == SCHEMA == _schema(name) and name in self.behind]
        return max((name for name in left if name not in self.current), key=_number, default=None)

    @property
    def next_index(self) -> str:
        """A name of this version that is not taken. Raises IndexUnavailable when the alias cannot be moved to it."""
        if self.alias in self.current or self.condition is IndexCondition.NEWER:
            raise IndexUnavailable(str(self.problem))
        number = max(_numbers(self.alias, self.ours), default=0) + 1
        return first_index(self.alias) if number == 1 else f"{first_index(self.alias)}-{number}"

    def moved_to(self, fresh: str) -> list[dict[str, Any]]:
        """What to ask of the server so that the alias stands for `fresh` alone: ours go, others lose the alias."""
        gone = [{"remove_index": {"index": name}} for name in self.ours if name != fresh and _schema(name) <= SCHEMA]
        others = [name for name in self.current if name not in self.ours]
        left = [{"remove": {"index": name, "alias": self.alias}} for name in others]
        return [{"add": {"index": fresh, "alias": self.alias}}, *left, *gone]


def standing(client: Elasticsearch, alias: str) -> Standing:
    """How things stand on the server. Raises what the client raises."""
    found = client.indices.get(
        index=[alias, f"{alias}-v*"],
        features=["aliases", "mappings"],
        expand_wildcards=["open", "closed"],
        ignore_unavailable=True,
    )
    ours = re.compile(f"{re.escape(alias)}-v[0-9]+(-[0-9]+)?")
    return Standing(
        alias,
        ours=tuple(sorted(name for name in found if ours.fullmatch(name))),
        current=tuple(sorted(name for name, held in found.items() if name == alias or alias in held["aliases"])),
        schemas={name: held["mappings"].get("_meta", {}).get("schema") for name, held in found.items()},
        behind=frozenset(name for name, held in found.items() if held["mappings"].get("_meta", {}).get("is_behind")),
    )


def _numbers(alias: str, names: Iterable[str]) -> list[int]:
    """The numbers of the indices of this version, 1 for the first."""
    ours = re.compile(f"{re.escape(first_index(alias))}(?:-([0-9]+))?")
    return [int(found[1] or 1) for found in map(ours.fullmatch, names) if found]


def _schema(name: str) -> int:
    """The version that an index of ours says in its name."""
    return int(name.rpartition("-v")[2].partition("-")[0])


def _number(name: str) -> int:
    return int(name.rpartition("-v")[2].partition("-")[2] or 1)
