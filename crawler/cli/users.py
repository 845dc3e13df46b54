"""`luoitroi users`: the accounts of the console."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from console.accounts import AccountRefused, add_account, all_accounts
from console.roles import Role
from crawler.cli.output import AsJson, err, fail, out, print_json
from crawler.settings import load_settings
from search.records import open_records

app = typer.Typer(help="The accounts of the console.", no_args_is_help=True)


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="2 to 64 of a-z, 0-9, dot, dash and underscore.")],
    role: Annotated[Role, typer.Option(help="What the account is for.")],
    full_name: Annotated[str, typer.Option(help="The person's name, as the console shows it.")] = "",
) -> None:
    """Add an account. The password is asked for twice, or read as one line from standard input.

    Example: luoitroi users add hoa.nt --role inspector --full-name "Nguyễn Thị Hòa"
    """
    records = open_records(load_settings().records.url)
    try:
        account = add_account(records, name, _password(), role, full_name)
    except AccountRefused as error:
        fail(str(error))
    finally:
        records.close()
    err.print(f"Đã thêm / Added: {escape(account.name)} ({account.role})", highlight=False)


@app.command("list")
def show(as_json: Annotated[bool, AsJson] = False) -> None:
    """List the accounts.

    Example: luoitroi users list --json
    """
    records = open_records(load_settings().records.url)
    try:
        accounts = all_accounts(records)
    finally:
        records.close()
    if as_json:
        print_json(
            [
                {
                    "name": account.name,
                    "full_name": account.full_name,
                    "role": account.role,
                    "is_active": account.is_active,
                    "created_at": account.created_at.isoformat(),
                    "locked_until": account.locked_until.isoformat() if account.locked_until else None,
                }
                for account in accounts
            ]
        )
        return
    table = Table("Tài khoản / Account", "Họ tên / Name", "Vai trò / Role", "Hoạt động / Active", "Tạo lúc / Created")
    for account in accounts:
        table.add_row(
            escape(account.name),
            escape(account.full_name),
            account.role,
            "✓" if account.is_active else "—",
            f"{account.created_at:%Y-%m-%d %H:%M} UTC",
        )
    out.print(table)


def _password() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("Mật khẩu / Password", hide_input=True, confirmation_prompt=True, err=True))
    return sys.stdin.readline().rstrip("\r\n")
