"""From hits of the records to the documents that indexes hold of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchers.match import Identifier
from search.indexes.index import Document
from search.language.condition import words_of
from search.records import Records
from search.tables import CapturedPageRow, HitRow

MAX_EVIDENCE_CHARACTERS: Final = 100_000
"""How much of what captures show is indexed, and how much of the page's own text it is compared with."""

READ_CAPTURES: Final = 3
"""Of how many captures of a hit the words are read, the newest ones: what a page showed long ago its capture keeps."""
READ_CHARACTERS: Final = 2 * MAX_EVIDENCE_CHARACTERS
"""How much of each is read: as much as is indexed, and as much again as may only repeat the page's own text."""
BATCH_CHARACTERS: Final = 10_000_000
"""How much text a batch of documents holds at most, but for the last hits that were read into it."""
_READ_HITS: Final = 50
"""Hits read at once into a batch: 50 million characters if page and captures of each are as long as they may be."""


def documents(session: Session, hits: Sequence[HitRow]) -> list[Document]:
    """What the index holds of these hits, in their order; what their captures show is read for all of them at once."""
    captured = captured_texts(session, [hit.id for hit in hits])
    return [document(hit, captured.get(hit.id, ())) for hit in hits]


def document_batch(session: Session, ids: Sequence[int]) -> tuple[list[Document], int]:
    """The documents of the first of these ids, up to `BATCH_CHARACTERS`, and of how many ids they are.

    In the order of the ids; one without a hit is left out, and counted.
    """
    batch, characters, done = list[Document](), 0, 0
    while done < len(ids) and characters < BATCH_CHARACTERS:
        read = ids[done : done + _READ_HITS]
        found = {
            one.id: one for one in documents(session, session.scalars(select(HitRow).where(HitRow.id.in_(read))).all())
        }
        batch += (found[hit_id] for hit_id in read if hit_id in found)
        characters += sum(len(one.title) + len(one.text) + len(one.evidence) for one in found.values())
        done += len(read)
    return batch, done


def captured_texts(session: Session, hit_ids: Collection[int]) -> Mapping[int, list[str]]:
    """What the newest `READ_CAPTURES` captures of these hits show, the newest first; a hit without any is left out.

    Of each text the first `READ_CHARACTERS`: a page that is captured again and again costs no more than at first.
    """
    captured: dict[int, list[str]] = defaultdict(list)
    age = func.row_number().over(partition_by=CapturedPageRow.hit_id, order_by=CapturedPageRow.capture_id.desc())
    aged = (
        select(CapturedPageRow.capture_id, age.label("age"))
        .where(CapturedPageRow.hit_id.in_(hit_ids), CapturedPageRow.text != "")
        .subquery()
    )
    rows = session.execute(
        select(CapturedPageRow.hit_id, func.substr(CapturedPageRow.text, 1, READ_CHARACTERS))
        .join(aged, aged.c.capture_id == CapturedPageRow.capture_id)
        .where(aged.c.age <= READ_CAPTURES)
        .order_by(CapturedPageRow.capture_id.desc())
    )
    for hit_id, text in rows:
        captured[hit_id].append(text)
    return captured


def load_documents(records: Records, ids: Sequence[int]) -> list[Document]:
    """What the index holds of the hits of these ids, in the order given; an id without a hit is left out."""
    with records.read() as session:
        rows = session.scalars(select(HitRow).where(HitRow.id.in_(ids))).all()
        found = {one.id: one for one in documents(session, rows)}
    return [found[hit_id] for hit_id in ids if hit_id in found]


def document(hit: HitRow, captured: Sequence[str] = ()) -> Document:
    """What the index holds of a hit whose captures show these texts, the newest first."""
    return Document(
        id=hit.id,
        version=hit.version,
        title=hit.title,
        text=hit.text,
        url=hit.url,
        host=hit.host,
        identifiers=tuple(Identifier(identifier.kind, identifier.value) for identifier in hit.identifiers),
        category=hit.category,
        source=hit.source,
        status=hit.status,
        severity=hit.severity,
        last_seen_at=hit.last_seen_at,
        brands=tuple(
            dict.fromkeys(str(match["facts"]["brand"]) for match in hit.matches if match["facts"].get("brand"))
        ),
        rules=tuple(dict.fromkeys(str(match["rule"]) for match in hit.matches)),
        evidence=evidence_of(hit.title, hit.text, captured),
    )


def evidence_of(title: str, text: str, captured: Sequence[str]) -> str:
    """The lines of captured texts that title and text do not hold, each once, `MAX_EVIDENCE_CHARACTERS` in all.

    Lines are compared folded, as words: another spelling or another break of lines is nothing new.

    >>> evidence_of("Vay nhanh", "Giải ngân trong ngày", ["VAY NHANH\\ngiai ngan\\nNạp 200.000đ để rút"])
    'Nạp 200.000đ để rút'
    """
    if not captured:
        return ""
    known = " ".join(("", *words_of(title), "", *words_of(text[:MAX_EVIDENCE_CHARACTERS]), ""))
    new: dict[str, str] = {}
    left = MAX_EVIDENCE_CHARACTERS
    for line in (line.strip() for shown in captured for line in shown.splitlines()):
        words = " ".join(words_of(line[:left]))
        if words and words not in new and f" {words} " not in known:
            new[words] = line[:left]
            left -= len(new[words]) + 1
            if left <= 0:
                break
    return "\n".join(new.values())
