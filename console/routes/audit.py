"""The audit log, for those who check afterwards what was done."""

from __future__ import annotations

import math
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from console.audit import audit_lines
from console.desk import AtDesk
from console.gate import reading
from console.roles import Action
from console.sessions import UserSession
from console.views import AuditView

router = APIRouter(tags=["audit"])
PAGE_SIZE = 100


@router.get("/audit", response_model=AuditView)
def audit(
    request: Request,
    desk: AtDesk,
    user: Annotated[UserSession, Depends(reading(Action.SEE_AUDIT))],
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
) -> Response:
    """Who signed in, saw, decided, reported and exported what, newest first."""
    lines, total = audit_lines(desk.records, PAGE_SIZE, (page - 1) * PAGE_SIZE)
    view = AuditView(tuple(lines), total, page, math.ceil(total / PAGE_SIZE))
    return desk.pages.answer(request, "audit.html", view, user)
