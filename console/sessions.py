"""Sessions: signed-in browsers. The token is only in the cookie; the records hold its SHA-256."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select

from console.accounts import Account, account_of
from search.records import Records
from search.tables import UserRow, UserSessionRow


@dataclass(frozen=True, slots=True)
class UserSession:
    """A signed-in browser: whose it is, and the token that its forms must carry."""

    account: Account
    csrf_token: str
    expires_at: datetime


def open_session(records: Records, account: Account, hours: float) -> str:
    """Sign a browser in for so many hours; returns its token. Sessions that ended are forgotten on the way."""
    token = secrets.token_urlsafe(32)
    now = datetime.now(UTC)
    with records.write() as session:
        session.execute(delete(UserSessionRow).where(UserSessionRow.expires_at <= now))
        session.add(
            UserSessionRow(
                token_hash=_hash(token),
                user_id=account.id,
                csrf_token=secrets.token_urlsafe(32),
                created_at=now,
                expires_at=now + timedelta(hours=hours),
            )
        )
    return token


def find_session(records: Records, token: str) -> UserSession | None:
    """The session of this token, or None when it is unknown, over, or its account was closed."""
    if not token:
        return None
    with records.read() as session:
        found = session.execute(
            select(UserSessionRow, UserRow)
            .join(UserRow, UserRow.id == UserSessionRow.user_id)
            .where(
                UserSessionRow.token_hash == _hash(token),
                UserSessionRow.expires_at > datetime.now(UTC),
                UserRow.is_active,
            )
        ).one_or_none()
        if found is None:
            return None
        session_row, user_row = found
        return UserSession(account_of(user_row), session_row.csrf_token, session_row.expires_at)


def close_session(records: Records, token: str) -> None:
    """Sign the browser of this token out."""
    with records.write() as session:
        session.execute(delete(UserSessionRow).where(UserSessionRow.token_hash == _hash(token)))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
