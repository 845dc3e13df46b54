import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from console.accounts import LoginOutcome, sign_in
from crawler.cli.users import app
from search.records import open_records

PASSWORD = "mot-mat-khau-rat-dai"


@pytest.fixture(autouse=True)
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh installation in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LUOITROI_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def run(*arguments: str, typed: str = "") -> tuple[int, str]:
    """The command's exit status, and all it said."""
    result = CliRunner().invoke(app, list(arguments), input=typed)
    return result.exit_code, result.output


def test_an_account_is_added_with_a_password_from_standard_input(installation: Path) -> None:
    status, said = run("add", "hoa.nt", "--role", "inspector", "--full-name", "Nguyễn Thị Hòa", typed=f"{PASSWORD}\n")
    assert status == 0, said
    assert PASSWORD not in said
    records = open_records(f"sqlite:///{installation / 'luoitroi.db'}")
    assert sign_in(records, "hoa.nt", PASSWORD)[0] is LoginOutcome.ACCEPTED
    status, said = run("list", "--json")
    (account,) = json.loads(said)
    assert (account["name"], account["full_name"], account["role"]) == ("hoa.nt", "Nguyễn Thị Hòa", "inspector")
    assert "hoa.nt" in run("list")[1]
    assert "password" not in said and "argon2" not in said


@pytest.mark.parametrize(
    ("arguments", "typed", "said"),
    [
        (("add", "hoa", "--role", "inspector"), "ngan\n", "12 to"),
        (("add", "hoa", "--role", "inspector"), "", "12 to"),
        (("add", "Có Dấu", "--role", "inspector"), f"{PASSWORD}\n", "not an account name"),
        (("add", "hoa", "--role", "boss"), f"{PASSWORD}\n", "boss"),
        (("add", "hoa"), f"{PASSWORD}\n", "--role"),
    ],
)
def test_what_cannot_be_an_account_is_refused(arguments: tuple[str, ...], typed: str, said: str) -> None:
    status, output = run(*arguments, typed=typed)
    assert status == 2
    assert said in output
    assert json.loads(run("list", "--json")[1]) == []


def test_a_name_that_is_taken(installation: Path) -> None:
    run("add", "hoa", "--role", "inspector", typed=f"{PASSWORD}\n")
    status, output = run("add", "hoa", "--role", "admin", typed=f"{PASSWORD}\n")
    assert status == 2
    assert "already" in output
