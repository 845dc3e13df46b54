"""Evidence: a capture in the vault, whether it is whole, and its picture.

The picture is made of what a watched site sent. It is served from an address of its own, as a PNG or not at all, with
headers under which nothing in it could run, and only when it still is what was sealed.
"""

from __future__ import annotations

import hashlib
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from sqlalchemy import select

from console.audit import Deed, note
from console.desk import AtDesk, Desk
from console.gate import reading
from console.headers import SANDBOX_POLICY
from console.roles import Action
from console.sessions import UserSession
from console.views import EvidenceView, VerdictView
from evidence.custody import parse_entry
from evidence.failure import Damaged
from evidence.vault import CaptureRecord
from evidence.verify import verify
from search.tables import CaptureRow

router = APIRouter(tags=["evidence"])
Reader = Annotated[UserSession, Depends(reading(Action.SEE_EVIDENCE))]
SCREENSHOT = "capture/screenshot.png"
_PNG = b"\x89PNG\r\n\x1a\n"
_PICTURE_HEADERS = {
    "Content-Security-Policy": SANDBOX_POLICY,
    "Content-Disposition": 'inline; filename="screenshot.png"',
    "Cache-Control": "private, max-age=600",
    "Vary": "Cookie",
}


def has_picture(record: CaptureRecord) -> bool:
    """Whether a picture of the page was taken; none is where no browser was to be had."""
    return SCREENSHOT in record.files


@router.get("/evidence/{evidence_id}", response_model=EvidenceView)
def evidence_page(evidence_id: str, request: Request, desk: AtDesk, user: Reader) -> Response:
    """A capture, checked now: its files, its custody, and what is not as it was sealed."""
    record = desk.vault.get(evidence_id)
    note(desk.records, user.account.name, Deed.EVIDENCE_VIEWED, f"evidence {evidence_id}")
    custody = []
    for line in desk.vault.read_log(f"custody/{evidence_id}"):
        try:
            custody.append(parse_entry(line))
        except ValueError:
            continue  # told by the verdict
    view = EvidenceView(
        _hit_of(desk, evidence_id), record, has_picture(record), tuple(custody), _verdict(desk, evidence_id)
    )
    return desk.pages.answer(request, "evidence.html", view, user)


@router.get("/evidence/{evidence_id}/verdict", response_model=VerdictView)
def verdict(evidence_id: str, request: Request, desk: AtDesk, user: Reader) -> Response:
    """Whether a capture is as it was sealed, checked now."""
    return desk.pages.answer(request, "verdict.html", _verdict(desk, evidence_id), user)


@router.get("/evidence/{evidence_id}/screenshot.png", response_class=Response)
def screenshot(evidence_id: str, desk: AtDesk, user: Reader) -> Response:
    """The picture of the page. Raises Damaged when it is not what was sealed."""
    record = desk.vault.get(evidence_id)
    stored = record.files.get(SCREENSHOT)
    if stored is None:
        raise HTTPException(404)
    with desk.vault.open(stored.sha256) as stream:
        picture = stream.read()
    if hashlib.sha256(picture).hexdigest() != stored.sha256 or not picture.startswith(_PNG):
        raise Damaged(f"the screenshot of capture {evidence_id} is not what was sealed")
    return Response(picture, media_type="image/png", headers=_PICTURE_HEADERS)


def _hit_of(desk: Desk, evidence_id: str) -> int | None:
    with desk.records.read() as session:
        return session.scalar(select(CaptureRow.hit_id).where(CaptureRow.evidence_id == evidence_id))


def _verdict(desk: Desk, evidence_id: str) -> VerdictView:
    report = verify(desk.vault, evidence_id, desk.trusted)
    return VerdictView(
        is_whole=report.is_whole,
        signed_by=report.signed_by,
        files=report.files,
        records=report.records,
        custody_entries=report.custody_entries,
        faults=tuple(report.faults),
    )
