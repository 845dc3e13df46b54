"""From hits of the records to the documents that indexes hold of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchers.match import Identifier
from search.condition import words_of
from search.index import Document
from search.records import Records
from search.tables import CapturedPageRow, HitRow

MAX_EVIDENCE_CHARACTERS: Final = 100_000
"""How much of what captures show is indexed, and how much of the page's own text it is compared with."""


def documents(session: Session, hits: Sequence[HitRow]) -> list[Document]:
    """What the index holds of these hits, in their order; what their captures show is read for all of them at once."""
    captured = captured_texts(session, [hit.id for hit in hits])
    return [document(hit, captured.get(hit.id, ())) for hit in hits]


def captured_texts(session: Session, hit_ids: Collection[int]) -> Mapping[int, list[str]]:
    """The texts that captures of these hits show, the newest first; a hit without any is left out."""
    captured: dict[int, list[str]] = defaultdict(list)
    rows = session.execute(
        select(CapturedPageRow.hit_id, CapturedPageRow.text)
        .where(CapturedPageRow.hit_id.in_(hit_ids), CapturedPageRow.text != "")
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
