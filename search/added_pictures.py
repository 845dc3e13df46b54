"""Pictures that are read after their hit was recorded: the screenshot of its capture, mostly. The hit is judged again.

What a picture adds is taken: reasons, identifiers that stand in it alone, a higher score. It takes nothing away: where
the page is worth less with the picture than without, or a person has decided, the judgement stays and its history says
so. Everything is written in one transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import select

from matchers.match import Identifier, Match, Severity, Verdict
from matchers.page import Page, Picture, PictureRole
from search.campaigns.membership import hold_campaigns, retie
from search.hits import link_identifiers, match_to_json
from search.outbox import announce
from search.records import Records
from search.rejudging import UNDECIDED, Judges
from search.saved import before_change
from search.seen import is_seen_whole, seen_json, seen_page
from search.tables import HitEventRow, HitRow
from search.text import storable

PICTURE_READ: Final = "picture_read"
"""The action in the history of a hit."""
ACTOR: Final = "crawler"


@dataclass(frozen=True, slots=True)
class Added:
    """What pictures added to a hit: the identifiers that nothing else of it showed, and its score before and after.

    `is_raised`: the judgement is the one with the pictures. `is_told`: something that people see became another.
    """

    gained: tuple[Identifier, ...]
    score_before: float
    score_after: float
    is_raised: bool
    is_told: bool


def add_pictures(records: Records, hit_id: int, pictures: Sequence[Picture], judge: Judges) -> Added | None:
    """Keep `pictures` with a hit, a screenshot in place of the one before, and judge it with them.

    None, and nothing changed, where there is no such hit or its page was not kept whole. Raises RecordsError.
    """
    if not pictures:
        return None
    with records.write() as session:
        # Before the hit is locked, as everybody does who needs both.
        hold_campaigns(session)
        hit = session.scalars(select(HitRow).where(HitRow.id == hit_id).with_for_update()).one_or_none()
        if hit is None or not is_seen_whole(hit):
            return None
        page = with_pictures(seen_page(hit), pictures)
        verdict = judge(page)
        before = before_change(session, hit)
        added = _add(hit, verdict)
        hit.seen = seen_json(page)
        if not added.is_told:
            return added
        hit.version += 1
        session.flush()
        link_identifiers(session, hit.id, added.gained)
        retie(session, hit)
        note = _note(added, verdict)
        session.add(HitEventRow(hit_id=hit.id, at=datetime.now(UTC), actor=ACTOR, action=PICTURE_READ, note=note))
        announce(session, hit.id, before)
        return added


def with_pictures(page: Page, pictures: Sequence[Picture]) -> Page:
    """`page` with `pictures` beside its own; a new screenshot takes the place of the old one."""
    roles = {one.role for one in pictures}
    has_screenshot = PictureRole.SCREENSHOT in roles
    kept = [one for one in page.pictures if not (has_screenshot and one.role is PictureRole.SCREENSHOT)]
    return replace(page, pictures=(*kept, *pictures))


def _add(hit: HitRow, verdict: Verdict) -> Added:
    shown = {Identifier(**match["identifier"]) for match in hit.matches if match["identifier"]}
    found = tuple(Identifier(one.kind, storable(one.value)) for one in verdict.identifiers)
    gained = tuple(one for one in found if one not in shown)
    score_before, told_before = hit.score, _told(hit)
    is_raised = hit.status in UNDECIDED and verdict.is_hit and verdict.score >= hit.score
    if is_raised:
        hit.category = verdict.category
        hit.severity = max(Severity(hit.severity), verdict.severity)
        hit.score = verdict.score
        hit.reason_vi, hit.reason_en = storable(verdict.reason_vi), storable(verdict.reason_en)
        hit.rules_version = verdict.rules_version
        hit.matches = [match_to_json(match) for match in verdict.matches]
    elif gained:
        hit.matches = [*hit.matches, *(match_to_json(match) for match in verdict.matches if _tells(match, gained))]
    return Added(gained, score_before, hit.score, is_raised, bool(gained) or _told(hit) != told_before)


def _told(hit: HitRow) -> tuple[str, int, str, str, str]:
    """What people see of a judgement."""
    return hit.category, hit.severity, f"{hit.score:.2f}", hit.reason_vi, hit.reason_en


def _tells(match: Match, gained: Sequence[Identifier]) -> bool:
    one = match.identifier
    return one is not None and Identifier(one.kind, storable(one.value)) in gained


def _note(added: Added, verdict: Verdict) -> str:
    """What the history says: the score with the picture, and what it alone shows."""
    parts = [f"score {added.score_before:.2f} → {added.score_after:.2f}"]
    if not added.is_raised:
        parts = [f"score {added.score_before:.2f} stays; {verdict.score:.2f} with the picture"]
    parts.extend(f"+{one.kind} {one.value}" for one in added.gained)
    return "; ".join(parts)
