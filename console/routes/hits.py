"""A hit, and all that is known of it."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Request, Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from console.audit import Deed, note
from console.decision import decisive_events
from console.desk import AtDesk, Desk
from console.gate import reading
from console.highlight import excerpt, highlight
from console.place import Place
from console.queue import AT_PARAMETER, QUESTION_PARAMETERS, neighbours
from console.roles import Action
from console.routes.evidence import has_picture
from console.sessions import UserSession
from console.views import CampaignOfHit, Evidence, HitView, SeenIdentifier
from evidence.failure import EvidenceError
from matchers.identifiers.cards import without_cards
from matchers.match import Match
from search.campaigns.related import identifier_counts, related_hits
from search.captures import CaptureJob, captures_of
from search.hits import Hit, history, load_hit
from search.review import FOLLOWS
from search.saved import mark_seen, unseen_count
from search.tables import CampaignMemberRow, CampaignRow, HitRow

router = APIRouter(tags=["hits"])
HitId = Annotated[int, Path(ge=1, le=2**31 - 1)]
"""What a database takes as an id; any other number names no hit."""
Reader = Annotated[UserSession, Depends(reading(Action.SEE_HITS))]
_logger = logging.getLogger(__name__)


@router.get(
    "/hits/{hit_id}", response_model=HitView, openapi_extra={"parameters": [*QUESTION_PARAMETERS, AT_PARAMETER]}
)
def hit_page(hit_id: HitId, request: Request, desk: AtDesk, user: Reader) -> Response:
    """A hit: what it is, why it was flagged, where it came from, who is behind it and what was done.

    With the parameters of a search and `at`, its position there, the hits beside it come along. Alerts of it have been
    seen then.
    """
    hit = load_hit(desk.records, hit_id)
    if hit is None:
        raise HTTPException(404)
    note(desk.records, user.account.name, Deed.HIT_VIEWED, f"hit {hit_id}")
    if unseen_count(desk.records, user.account.name):
        mark_seen(desk.records, user.account.name, hit_id=hit_id)
    place = Place.of(request)
    text = highlight(without_cards(hit.text), hit.matches, "text")
    return desk.pages.answer(
        request,
        "hit.html",
        _view(desk, hit, place),
        user,
        place=place,
        decided=place.decided(desk),
        title=highlight(without_cards(hit.title), hit.matches, "title"),
        text=text if request.query_params.get("text") == "whole" else excerpt(text),
        reasons=_reasons(hit),
        source_titles=desk.source_titles(),
    )


def _view(desk: Desk, hit: Hit, place: Place) -> HitView:
    events = history(desk.records, hit.id)
    counts = identifier_counts(desk.records, hit.identifiers)
    with desk.records.read() as session:
        newer = select(HitRow.id).where(HitRow.supersedes_id == hit.id).order_by(HitRow.id.desc())
        superseded_by = tuple(session.scalars(newer))
        campaign = _campaign(session, hit.id)
    return HitView(
        hit=hit,
        identifiers=tuple(SeenIdentifier(found.kind, found.value, counts[found]) for found in hit.identifiers),
        campaign=campaign,
        related=tuple(related_hits(desk.records, hit.id)),
        history=tuple(events),
        captures=tuple(_evidence(desk, job) for job in captures_of(desk.records, hit.id)),
        superseded_by=superseded_by,
        next_statuses=FOLLOWS[hit.status],
        decisive_events=decisive_events(events),
        neighbours=(None if place.position is None else neighbours(desk.index, place.question, place.position, hit.id)),
    )


def _campaign(session: Session, hit_id: int) -> CampaignOfHit | None:
    own, other = aliased(CampaignMemberRow), aliased(CampaignMemberRow)
    counted = (
        select(CampaignRow.id, CampaignRow.name, func.count(other.hit_id))
        .join(own, own.campaign_id == CampaignRow.id)
        .join(other, other.campaign_id == CampaignRow.id)
        .where(own.hit_id == hit_id)
        .group_by(CampaignRow.id, CampaignRow.name)
    )
    row = session.execute(counted).one_or_none()
    return None if row is None else CampaignOfHit(*row)


def _evidence(desk: Desk, job: CaptureJob) -> Evidence:
    if not job.evidence_id:
        return Evidence(job, None, False)
    try:
        record = desk.vault.get(job.evidence_id)
    except EvidenceError:
        # Evidence that was taken and cannot be read is told on the page, which shows all the rest.
        _logger.exception("evidence %s of hit %s cannot be read", job.evidence_id, job.hit_id)
        return Evidence(job, None, False)
    return Evidence(job, record, has_picture(record))


def _reasons(hit: Hit) -> list[tuple[int, Match]]:
    """The matches that counted, by their index, the heaviest first."""
    shown = (replace(match, quote=without_cards(match.quote)) for match in hit.matches)
    counted = [(index, match) for index, match in enumerate(shown) if match.weight or match.category]
    return sorted(counted, key=lambda reason: -abs(reason[1].weight))
