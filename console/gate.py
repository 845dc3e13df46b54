"""The gate: who asks, whether they may, and whether the form they sent came from our own page."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from typing import Annotated

from fastapi import Depends, Request

from console.audit import Deed, note
from console.desk import AtDesk
from console.forms import CSRF_FIELD, UnreadableForm
from console.roles import Action, may
from console.sessions import UserSession, find_session
from console.settings import ConsoleSettings

CSRF_HEADER = "x-csrf-token"


class NotSignedIn(Exception):
    """The page wants a login first."""


class NotAllowed(Exception):
    """The account's role does not reach this far."""

    def __init__(self, user: UserSession, action: Action) -> None:
        super().__init__(f"{user.account.name} ({user.account.role}) may not {action}")
        self.user = user
        self.action = action


class ForgedForm(Exception):
    """A form without the token that our pages carry."""


def session_cookie(settings: ConsoleSettings) -> str:
    """The name of the session's cookie; with the `__Host-` prefix browsers bind it to this very host and https."""
    return "__Host-luoitroi_session" if settings.secure_cookies else "luoitroi_session"


def session_token(request: Request, settings: ConsoleSettings) -> str:
    """The token of the request's session, "" when it carries none."""
    return request.cookies.get(session_cookie(settings), "")


def visitor(request: Request, desk: AtDesk) -> UserSession | None:
    """Who asks, None where nobody is signed in."""
    return find_session(desk.records, session_token(request, desk.settings))


async def posted(request: Request) -> Mapping[str, str]:
    """The fields of the body, a form's or a JSON object's. Raises UnreadableForm."""
    if request.headers.get("content-type", "").partition(";")[0].strip() == "application/json":
        try:
            fields = json.loads(await request.body())
        except ValueError:
            raise UnreadableForm("the body is not JSON") from None
        if not isinstance(fields, dict) or any(isinstance(value, dict | list) for value in fields.values()):
            raise UnreadableForm("the body must be one JSON object of texts and numbers")
        return {name: "" if value is None else str(value) for name, value in fields.items()}
    async with request.form(max_files=0, max_fields=100) as form:
        return {name: value for name, value in form.items() if isinstance(value, str)}


Posted = Annotated[Mapping[str, str], Depends(posted)]
Visitor = Annotated[UserSession | None, Depends(visitor)]


def reading(action: Action) -> Callable[..., UserSession]:
    """A dependency: the signed-in user, who may do this. For pages that change nothing."""

    def reader(user: Visitor, desk: AtDesk, request: Request) -> UserSession:
        return _let_in(user, action, desk, request)

    return reader


def changing(action: Action) -> Callable[..., UserSession]:
    """A dependency: the signed-in user, who may do this and sent the token of our own page along."""

    def writer(user: Visitor, desk: AtDesk, request: Request, fields: Posted) -> UserSession:
        allowed = _let_in(user, action, desk, request)
        check_token(request, fields, allowed.csrf_token)
        return allowed

    return writer


def signed_in(user: Visitor) -> UserSession:
    """A dependency: the signed-in user, whatever the role."""
    if user is None:
        raise NotSignedIn
    return user


def check_token(request: Request, fields: Mapping[str, str], expected: str) -> None:
    """Raises ForgedForm unless the form's field or the header holds the token expected."""
    sent = request.headers.get(CSRF_HEADER) or fields.get(CSRF_FIELD, "")
    if not expected or not hmac.compare_digest(sent.encode(), expected.encode()):
        raise ForgedForm


def _let_in(user: UserSession | None, action: Action, desk: AtDesk, request: Request) -> UserSession:
    if user is None:
        raise NotSignedIn
    if not may(user.account.role, action):
        note(desk.records, user.account.name, Deed.REFUSED, f"{request.method} {request.url.path}", action)
        raise NotAllowed(user, action)
    return user
