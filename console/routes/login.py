"""Signing in and out."""

from __future__ import annotations

import logging
import secrets

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from console.accounts import LoginOutcome, sign_in
from console.audit import Deed, note
from console.desk import AtDesk
from console.forms import LoginForm, described, read
from console.gate import Posted, Visitor, check_token, session_cookie, session_token, signed_in
from console.pages import json_answer, wants_json
from console.sessions import UserSession, close_session, open_session
from console.views import LoginView

router = APIRouter(tags=["login"])
_COOKIE = "luoitroi_login"
_COOKIE_SECONDS = 3600
_logger = logging.getLogger(__name__)


def local_address(address: str) -> str:
    """The address if it leads back into the console, else the start page."""
    is_local = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    return address if is_local else "/"


@router.get("/login", response_model=LoginView)
def login_page(request: Request, desk: AtDesk, user: Visitor, next: str = "/") -> Response:
    """The form to sign in."""
    if user is not None and not wants_json(request):
        return RedirectResponse(local_address(next), 303)
    return _form(request, desk, local_address(next), is_refused=False)


@router.post("/login", response_model=LoginView, openapi_extra=described(LoginForm))
def login(request: Request, desk: AtDesk, fields: Posted) -> Response:
    """Sign in with `name` and `password`; the form's token must match the cookie that came with the form."""
    check_token(request, fields, request.cookies.get(_COOKIE, ""))
    form = read(LoginForm, fields)
    outcome, account = sign_in(desk.records, form.name, form.password)
    place = f"from {request.client.host}" if request.client else ""
    if account is None:
        # What was typed as a name may be a password: only names of accounts are written down.
        named = form.name.strip().lower() if outcome is not LoginOutcome.UNKNOWN_NAME else "unknown name"
        note(desk.records, named, Deed.LOGIN_FAILED, outcome, place)
        _logger.warning("login refused outcome=%s %s", outcome, place)
        return _form(request, desk, local_address(form.next), is_refused=True)
    # Whoever was signed in here is not any more.
    close_session(desk.records, session_token(request, desk.settings))
    token = open_session(desk.records, account, desk.settings.session_hours)
    note(desk.records, account.name, Deed.LOGIN, account.name, place)
    response: Response
    if wants_json(request):
        response = json_answer(request, LoginView(is_refused=False, account=account))
    else:
        response = RedirectResponse(local_address(form.next), 303)
    response.set_cookie(
        session_cookie(desk.settings),
        token,
        max_age=int(desk.settings.session_hours * 3600),
        httponly=True,
        samesite="lax",
        secure=desk.settings.secure_cookies,
    )
    response.delete_cookie(_COOKIE)
    return response


@router.post("/logout", status_code=303, response_class=RedirectResponse)
def logout(
    request: Request,
    desk: AtDesk,
    fields: Posted,
    user: UserSession = Depends(signed_in),  # noqa: B008
) -> Response:
    """Sign out."""
    check_token(request, fields, user.csrf_token)
    close_session(desk.records, session_token(request, desk.settings))
    note(desk.records, user.account.name, Deed.LOGOUT, user.account.name)
    response = RedirectResponse("/login", 303)
    response.delete_cookie(
        session_cookie(desk.settings), httponly=True, samesite="lax", secure=desk.settings.secure_cookies
    )
    return response


def _form(request: Request, desk: AtDesk, next: str, is_refused: bool) -> Response:
    token = request.cookies.get(_COOKIE) or secrets.token_urlsafe(32)
    response = desk.pages.answer(
        request,
        "login.html",
        LoginView(is_refused),
        None,
        status_code=401 if is_refused else 200,
        next=next,
        login_token=token,
    )
    response.set_cookie(
        _COOKIE,
        token,
        max_age=_COOKIE_SECONDS,
        httponly=True,
        samesite="strict",
        secure=desk.settings.secure_cookies,
    )
    return response
