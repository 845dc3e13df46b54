"""First sights: where a text or picture was first seen, and which of them a later one is nearly the same as."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import combinations

from sqlalchemy import and_, bindparam, insert, or_, select
from sqlalchemy.orm import Session

from matchers.text.likeness import hamming_distance
from search.tables import Base, FirstSightRow

_BAND_BITS = 16
_BANDS = 4
_table = Base.metadata.tables[FirstSightRow.__tablename__]
# Built once: to build them costs more than to run them, and they run for every hit.
# The kind stands with each band, so that SQLite, too, sees an index that has both.
_CANDIDATES = select(_table.c.id, _table.c.fingerprint).where(
    or_(
        *(
            and_(
                _table.c.kind == bindparam("of_kind"),
                _table.c[f"band_{number}"].in_(bindparam(f"band_{number}", expanding=True)),
            )
            for number in range(_BANDS)
        )
    )
)
_MADE = insert(_table).returning(_table.c.id)


def bands(fingerprint: int) -> tuple[int, int, int, int]:
    """The 16-bit quarters of a fingerprint, lowest first: two within 3 bits of one another share at least one."""
    first, second, third, fourth = ((fingerprint >> shift) & 0xFFFF for shift in (0, 16, 32, 48))
    return first, second, third, fourth


def sights(session: Session, kind: str, fingerprint: int, hit_id: int, within_bits: int) -> list[int]:
    """The ids of the first sights of a kind within so many bits of `fingerprint`; of its own, made now, without any.

    By the pigeonhole principle one of the four quarters differs in at most a fourth of the bits, so that an index
    finds every candidate. The caller holds the campaigns, so that nobody else makes the same one.
    """
    quarters = {f"band_{number}": band for number, band in enumerate(bands(fingerprint))}
    reach = within_bits // _BANDS
    around = {name: list(_around(band, reach)) for name, band in quarters.items()}
    candidates = session.execute(_CANDIDATES, {"of_kind": kind, **around})
    near = [row.id for row in candidates if hamming_distance(row.fingerprint, fingerprint) <= within_bits]
    if near:
        return near
    return [session.scalars(_MADE, {"kind": kind, "fingerprint": fingerprint, "hit_id": hit_id, **quarters}).one()]


def first_hits(session: Session, ids: Collection[int]) -> Mapping[int, int]:
    """The hit that each of these first sights was seen on."""
    rows = session.execute(select(FirstSightRow.id, FirstSightRow.hit_id).where(FirstSightRow.id.in_(ids)))
    return {row.id: row.hit_id for row in rows}


def _around(band: int, reach: int) -> Iterator[int]:
    """Every quarter that differs from `band` in at most `reach` bits."""
    for count in range(reach + 1):
        for flipped in combinations(range(_BAND_BITS), count):
            yield band ^ sum(1 << bit for bit in flipped)
