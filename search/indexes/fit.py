"""Whether a hit fits a query, told here and now, without an index: what saved searches ask of each hit.

It agrees with every index: a document's words are made as indexes are given them, once for many queries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property

from rapidfuzz.distance import OSA

from search.indexes.index import Document
from search.indexes.word import MAX_WORD_CHARACTERS, value_text, words_parted
from search.indexes.wording import Wording, worded
from search.language.condition import (
    AllOf,
    AnyOf,
    Condition,
    Label,
    Not,
    OneOf,
    SeenRange,
    SeverityRange,
    Term,
    edits_of,
)
from search.language.query import Query


class FoldedDocument:
    """A document with its words, folded: what queries are asked of, as many as there are."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.host = value_text(document.host)
        self.values: Mapping[str, str] = {
            "category": value_text(document.category),
            "source": value_text(document.source),
            "status": value_text(document.status),
            "severity": str(document.severity),
        }

    @cached_property
    def wording(self) -> Wording:
        return worded(self.document)

    @cached_property
    def text(self) -> str:
        """Its words, a space around each, a line for each field: a phrase stands within one line."""
        words = self.wording
        return _lines(words.title, words.text, words.url, words.identifiers, words.evidence)

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(self.text.split())

    @cached_property
    def exact_text(self) -> str:
        """The words of title, text and evidence with their marks, as `text` has them without."""
        words = self.wording
        return _lines(words.exact_title, words.exact_text, words.exact_evidence)

    @cached_property
    def labels(self) -> frozenset[str]:
        return frozenset(self.document.labels)

    @cached_property
    def words_by_letter(self) -> Mapping[str, Sequence[str]]:
        """The words by their first letter, which no fuzzy word forgives."""
        words: dict[str, list[str]] = defaultdict(list)
        for word in self.words:
            words[word[0]].append(word)
        return words


def _lines(*fields: str) -> str:
    return "\n".join([f" {' '.join(field.split())} " for field in fields])


def fits(query: Query, document: FoldedDocument) -> bool:
    """Whether every index that holds the document would find it with this query."""
    return holds(query.condition, document)


def holds(condition: Condition, document: FoldedDocument) -> bool:
    """Whether a condition holds of the document."""
    match condition:
        case Term():
            return _has_words(condition, document) is not condition.is_excluded
        case AllOf(conditions=parts):
            return all(holds(part, document) for part in parts)
        case AnyOf(conditions=parts):
            return any(holds(part, document) for part in parts)
        case OneOf(name="host", values=patterns):
            return any(_fits_pattern(document.host, pattern) for pattern in patterns)
        case OneOf(name=name, values=values):
            return document.values[name] in values
        case SeverityRange(low=low, high=high):
            return low <= document.document.severity <= high
        case SeenRange(start=start, end=end):
            seen_at = document.document.last_seen_at
            return (start is None or start <= seen_at) and (end is None or seen_at < end)
        case Label(is_prefix=True, text=text):
            return any(label.startswith(text) for label in document.labels)
        case Label(text=text):
            return text in document.labels
        case Not(condition=inner):
            return not holds(inner, document)


def _has_words(term: Term, document: FoldedDocument) -> bool:
    words = term.words
    if term.is_fuzzy and len(words[0]) <= MAX_WORD_CHARACTERS:
        return _has_similar(words[0], document)
    if any(len(word) > MAX_WORD_CHARACTERS for word in words):
        words = tuple(words_parted(" ".join(words)).split())
    if len(words) == 1 and not term.is_exact and not term.is_prefix:
        return words[0] in document.words
    phrase = f" {' '.join(words)}" if term.is_prefix else f" {' '.join(words)} "
    return phrase in (document.exact_text if term.is_exact else document.text)


def _has_similar(word: str, document: FoldedDocument) -> bool:
    edits = edits_of(word)
    return any(
        OSA.distance(word, held, score_cutoff=edits) <= edits for held in document.words_by_letter.get(word[0], ())
    )


def _fits_pattern(host: str, pattern: str) -> bool:
    """Whether the stars of the pattern can stand for something that makes it the host."""
    first, *rest = pattern.split("*")
    if not rest:
        return host == pattern
    if not host.startswith(first):
        return False
    place = len(first)
    *between, last = rest
    for part in between:
        found = host.find(part, place)
        if found < 0:
            return False
        place = found + len(part)
    return len(host) - place >= len(last) and host.endswith(last)
