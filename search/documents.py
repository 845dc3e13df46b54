"""From a hit of the records to the document that indexes hold of it."""

from __future__ import annotations

from matchers.match import Identifier
from search.index import Document
from search.tables import HitRow


def document(hit: HitRow) -> Document:
    """What the index holds of a hit."""
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
    )
