"""The words of a document as every index holds them: folded, and with their marks."""

from __future__ import annotations

from dataclasses import dataclass

from matchers.text.wording import words_to_index
from search.indexes.index import Document
from search.indexes.word import words_parted


@dataclass(frozen=True, slots=True)
class Wording:
    """Texts of a document as words with spaces between: folded, and the `exact_` ones in lower case, marks kept."""

    title: str
    text: str
    evidence: str
    url: str
    identifiers: str
    exact_title: str
    exact_text: str
    exact_evidence: str


def worded(document: Document) -> Wording:
    """The words of a document: those that `words_of` and `exact_words_of` of `search.language.condition` give."""
    identifiers = " ".join([one.value for one in document.identifiers])
    texts = (document.title, document.text, document.evidence, document.url, identifiers)
    # Folding works within lines, so five lines after an empty one fold as five texts behind a space, in one call.
    lines = "\n".join(("", *[text.replace("\n", " ") for text in texts]))
    folded, exact = words_to_index(lines)
    _, title, text, evidence, url, identifiers = words_parted(folded).split("\n")
    _, exact_title, exact_text, exact_evidence, _ = words_parted(exact).split("\n", 4)
    return Wording(title, text, evidence, url, identifiers, exact_title, exact_text, exact_evidence)
