"""Accounts: who may sign in. Passwords are kept as argon2id; repeated failures lock an account for a while."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from console.roles import Role
from search.records import Records
from search.tables import UserRow

MIN_PASSWORD_CHARACTERS = 12
MAX_PASSWORD_CHARACTERS = 256
MIN_BESIDE_NAME_CHARACTERS = 8
"""What a password must hold besides the account's name, which everybody knows."""
LOCK_AFTER_FAILURES = 5
LOCKED_FOR = timedelta(minutes=15)
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}\Z")
# The library's default is RFC 9106's second recommendation: 64 MiB, 3 passes, 4 lanes. Two at a time, so that a
# flood of logins costs 128 MiB and not the machine.
_HASHER = PasswordHasher()
_HASHING = threading.BoundedSemaphore(2)
_NOBODYS_HASH = _HASHER.hash("an account that does not exist takes as long to refuse")


class AccountRefused(ValueError):
    """An account that cannot be made; the message says what to change."""


class LoginOutcome(StrEnum):
    """What came of a login. The browser is told only whether it was let in."""

    ACCEPTED = "accepted"
    UNKNOWN_NAME = "unknown_name"
    WRONG_PASSWORD = "wrong_password"
    LOCKED = "locked"
    INACTIVE = "inactive"


@dataclass(frozen=True, slots=True)
class Account:
    """A person of the console."""

    id: int
    name: str
    full_name: str
    role: Role
    is_active: bool
    created_at: datetime
    locked_until: datetime | None


def add_account(records: Records, name: str, password: str, role: Role, full_name: str = "") -> Account:
    """Make an account. Raises AccountRefused with what to change."""
    name = name.strip().lower()
    if not _NAME.match(name):
        raise AccountRefused(
            f"{name!r} is not an account name; use 2 to 64 of a-z, 0-9, dot, dash and underscore, letter or digit first"
        )
    if not MIN_PASSWORD_CHARACTERS <= len(password) <= MAX_PASSWORD_CHARACTERS:
        raise AccountRefused(f"a password has {MIN_PASSWORD_CHARACTERS} to {MAX_PASSWORD_CHARACTERS} characters")
    if len(password.lower().replace(name, "")) < MIN_BESIDE_NAME_CHARACTERS:
        raise AccountRefused("the password is little more than the account's name; choose another")
    row = UserRow(
        name=name,
        full_name=full_name.strip() or name,
        role=role,
        password_hash=_HASHER.hash(password),
        created_at=datetime.now(UTC),
        is_active=True,
    )
    try:
        with records.write() as session:
            session.add(row)
            session.flush()
            return account_of(row)
    except IntegrityError:
        raise AccountRefused(f"there is an account {name!r} already; choose another name") from None


def all_accounts(records: Records) -> list[Account]:
    """Every account by name."""
    with records.read() as session:
        return [account_of(row) for row in session.scalars(select(UserRow).order_by(UserRow.name))]


def sign_in(records: Records, name: str, password: str) -> tuple[LoginOutcome, Account | None]:
    """Check a name and password; the account only when they were accepted.

    Takes as long for a name nobody has as for one somebody has. `LOCK_AFTER_FAILURES` wrong passwords in a row
    lock the account for `LOCKED_FOR`, whatever is typed meanwhile.
    """
    name = name.strip().lower()
    with records.read() as session:
        known = session.scalar(select(UserRow).where(UserRow.name == name))
    is_right = _is_right(known.password_hash if known else _NOBODYS_HASH, password)
    if known is None:
        return LoginOutcome.UNKNOWN_NAME, None
    now = datetime.now(UTC)
    with records.write() as session:
        row = session.scalars(select(UserRow).where(UserRow.id == known.id).with_for_update()).one()
        if row.locked_until is not None and row.locked_until > now:
            return LoginOutcome.LOCKED, None
        if not is_right:
            row.failed_logins += 1
            if row.failed_logins >= LOCK_AFTER_FAILURES:
                row.failed_logins, row.locked_until = 0, now + LOCKED_FOR
            return LoginOutcome.WRONG_PASSWORD, None
        if not row.is_active:
            return LoginOutcome.INACTIVE, None
        row.failed_logins, row.locked_until = 0, None
        if _HASHER.check_needs_rehash(row.password_hash):
            row.password_hash = _HASHER.hash(password)
        return LoginOutcome.ACCEPTED, account_of(row)


def _is_right(password_hash: str, password: str) -> bool:
    with _HASHING:
        try:
            return _HASHER.verify(password_hash, password[:MAX_PASSWORD_CHARACTERS])
        except VerificationError:
            return False


def account_of(row: UserRow) -> Account:
    """The account that a row of the records holds."""
    return Account(
        id=row.id,
        name=row.name,
        full_name=row.full_name,
        role=Role(row.role),
        is_active=row.is_active,
        created_at=row.created_at,
        locked_until=row.locked_until,
    )
