"""An index that is opened when it is first asked, and again after it could not be: nobody waits for it to start."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager

from search.indexes.index import Document, Index, IndexState, Results
from search.language.query import Query


class LateIndex:
    """An `Index` over one that `open_index` opens. Each call raises IndexUnavailable while that cannot be."""

    def __init__(self, open_index: Callable[[], Index]) -> None:
        self._open_index = open_index
        self._index: Index | None = None

    def put(self, documents: Sequence[Document]) -> None:
        self._opened().put(documents)

    def search(self, query: Query) -> Results:
        return self._opened().search(query)

    def ids(self, query: Query) -> Iterator[int]:
        return self._opened().ids(query)

    def count(self) -> int:
        return self._opened().count()

    def clear(self) -> None:
        self._opened().clear()

    def versions(self) -> Iterator[tuple[int, int]]:
        return self._opened().versions()

    def state(self) -> IndexState:
        return self._opened().state()

    def renewal(self, is_anew: bool = False) -> AbstractContextManager[Index]:
        return self._opened().renewal(is_anew)

    def settle(self) -> None:
        self._opened().settle()

    def close(self) -> None:
        if self._index is not None:
            self._index.close()
            self._index = None

    def _opened(self) -> Index:
        if self._index is None:
            self._index = self._open_index()
        return self._index
