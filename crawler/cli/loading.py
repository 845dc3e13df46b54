"""Rules for commands that look at rules: as the files are, or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from crawler.cli.output import err
from crawler.settings import load_settings
from matchers.errors import RulesError
from matchers.rules import Rules, load_rules

Packs = Annotated[
    list[Path] | None,
    typer.Option("--packs", help="Thêm thư mục luật; dùng được nhiều lần / A further folder of rules; may repeat."),
]


def load_strictly(packs: list[Path] | None = None) -> Rules:
    """The built-in rules, those of the settings' folders, and those of `packs`; every mistake ends the command."""
    try:
        return load_rules((*load_settings().rules.folders, *(packs or ())))
    except RulesError as error:
        for problem in error.problems:
            err.print(escape(str(problem)), highlight=False, soft_wrap=True)
        raise typer.Exit(2) from error
