"""How commands speak: tables and progress for people, JSON for programs, errors on standard error."""

from __future__ import annotations

import json
import sys
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from crawler.settings import Settings

out = Console()
err = Console(stderr=True)

AsJson = typer.Option("--json", help="Print JSON, for programs.")


def print_json(value: Any) -> None:
    """One JSON value on one line of standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")


def warn_of_private_addresses(settings: Settings) -> None:
    """Say so where fetches may reach loopback and private networks."""
    if settings.allow_private_addresses:
        err.print("[yellow]Private addresses may be fetched (allow_private_addresses): for demos and tests only.[/]")


def fail(message: str, status: int = 2) -> NoReturn:
    """Say what is wrong on standard error and end with `status`."""
    err.print(f"[bold red]luoitroi:[/] {escape(message)}", highlight=False, soft_wrap=True)
    raise SystemExit(status)
