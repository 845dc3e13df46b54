from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from console.accounts import (
    LOCK_AFTER_FAILURES,
    MIN_PASSWORD_CHARACTERS,
    AccountRefused,
    LoginOutcome,
    add_account,
    all_accounts,
    sign_in,
)
from console.roles import Role
from console.sessions import close_session, find_session, open_session
from search.records import Records, open_records
from search.tables import UserRow, UserSessionRow

PASSWORD = "mua-rao-ngoai-san-14"


@pytest.fixture
def records(tmp_path: Path) -> Records:
    return open_records(f"sqlite:///{tmp_path / 'a.db'}")


def test_a_password_is_kept_as_argon2id_alone(records: Records) -> None:
    account = add_account(records, " Hoa.NT ", PASSWORD, Role.INSPECTOR, "Nguyễn Thị Hòa")
    assert (account.name, account.full_name, account.role) == ("hoa.nt", "Nguyễn Thị Hòa", Role.INSPECTOR)
    with records.read() as session:
        row = session.scalars(select(UserRow)).one()
    assert row.password_hash.startswith("$argon2id$")
    assert PASSWORD not in row.password_hash
    assert sign_in(records, "HOA.NT", PASSWORD) == (LoginOutcome.ACCEPTED, account)


@pytest.mark.parametrize("name", ["", "a", "có dấu", "a b", "-a", "x" * 65, "<script>"])
def test_names_that_are_refused(records: Records, name: str) -> None:
    with pytest.raises(AccountRefused, match="is not an account name"):
        add_account(records, name, PASSWORD, Role.ADMIN)


def test_passwords_that_are_refused(records: Records) -> None:
    with pytest.raises(AccountRefused, match=f"{MIN_PASSWORD_CHARACTERS} to"):
        add_account(records, "hoa", "x" * (MIN_PASSWORD_CHARACTERS - 1), Role.ADMIN)
    with pytest.raises(AccountRefused, match="more than the account's name"):
        add_account(records, "hoa", "HoaHoaHoaHoa-2026", Role.ADMIN)
    assert all_accounts(records) == []


def test_a_name_is_taken_once(records: Records) -> None:
    add_account(records, "hoa", PASSWORD, Role.ADMIN)
    with pytest.raises(AccountRefused, match="already"):
        add_account(records, "hoa", PASSWORD, Role.AUDITOR)
    assert [account.role for account in all_accounts(records)] == [Role.ADMIN]


def test_repeated_failures_lock_the_account_for_a_while(records: Records) -> None:
    add_account(records, "hoa", PASSWORD, Role.INSPECTOR)
    for _ in range(LOCK_AFTER_FAILURES):
        assert sign_in(records, "hoa", "sai")[0] is LoginOutcome.WRONG_PASSWORD
    assert sign_in(records, "hoa", PASSWORD) == (LoginOutcome.LOCKED, None)
    with records.write() as session:
        session.scalars(select(UserRow)).one().locked_until = datetime.now(UTC) - timedelta(seconds=1)
    assert sign_in(records, "hoa", PASSWORD)[0] is LoginOutcome.ACCEPTED


def test_a_right_password_forgets_the_wrong_ones(records: Records) -> None:
    add_account(records, "hoa", PASSWORD, Role.INSPECTOR)
    for _ in range(3):
        for _ in range(LOCK_AFTER_FAILURES - 1):
            sign_in(records, "hoa", "sai")
        assert sign_in(records, "hoa", PASSWORD)[0] is LoginOutcome.ACCEPTED


def test_unknown_and_closed_accounts_do_not_get_in(records: Records) -> None:
    add_account(records, "hoa", PASSWORD, Role.INSPECTOR)
    with records.write() as session:
        session.scalars(select(UserRow)).one().is_active = False
    assert sign_in(records, "hoa", PASSWORD) == (LoginOutcome.INACTIVE, None)
    assert sign_in(records, "nobody", PASSWORD) == (LoginOutcome.UNKNOWN_NAME, None)


def test_a_session_ends(records: Records) -> None:
    account = add_account(records, "hoa", PASSWORD, Role.INSPECTOR)
    token = open_session(records, account, hours=1)
    found = find_session(records, token)
    assert found is not None and found.account == account
    with records.write() as session:
        row = session.scalars(select(UserSessionRow)).one()
        assert token not in (row.token_hash, row.csrf_token)
        row.expires_at = datetime.now(UTC) - timedelta(seconds=1)
    assert find_session(records, token) is None
    open_session(records, account, hours=1)
    with records.read() as session:
        assert len(session.scalars(select(UserSessionRow)).all()) == 1, "what ended was not forgotten"


def test_a_closed_account_loses_its_sessions(records: Records) -> None:
    account = add_account(records, "hoa", PASSWORD, Role.INSPECTOR)
    token = open_session(records, account, hours=1)
    with records.write() as session:
        session.scalars(select(UserRow)).one().is_active = False
    assert find_session(records, token) is None


def test_signing_out_ends_one_session_alone(records: Records) -> None:
    account = add_account(records, "hoa", PASSWORD, Role.INSPECTOR)
    one, other = open_session(records, account, 1), open_session(records, account, 1)
    close_session(records, one)
    assert find_session(records, one) is None
    assert find_session(records, other) is not None
    assert find_session(records, "") is None
