"""`luoitroi`: the command line, the only place that sees every package."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperGroup

from crawler.cli.output import fail

COMMANDS: Final = {
    "demo": "demo:demo",
    "crawl": "crawling:crawl",
    "up": "serving:up",
    "schedule": "serving:schedule",
    "serve": "serving:serve",
    "sources": "sources:app",
    "rules": "rules:app",
    "search": "hits:search",
    "export": "hits:export",
    "index": "index:app",
    "campaigns": "campaigns:app",
    "evidence": "evidence:app",
    "evaluate": "evaluate:app",
    "bench": "measuring:bench",
    "users": "users:app",
    "doctor": "doctor:doctor",
}
"""Command to its module of this package and name there: a command imports what it needs only when it is called."""
NAMED_ERRORS: Final = frozenset(
    {
        "crawler.settings.SettingsError",
        "crawler.source.SourceError",
        "crawler.service.AlreadyUp",
        "console.settings.ConsoleSettingsError",
        "matchers.errors.RulesError",
        "search.records.RecordsError",
        "search.indexes.index.IndexUnavailable",
        "evidence.failure.EvidenceError",
    }
)
"""What can be wrong with an installation: said in words, not as a traceback."""


class LazyCommands(TyperGroup):
    """A group that imports the module of a command only when the command is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        found = getattr(import_module(f"crawler.cli.{module}"), name)
        if isinstance(found, typer.Typer):
            group = typer.main.get_group(found)
            group.name = cmd_name
            return group
        alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        alone.command(cmd_name)(found)
        return typer.main.get_command(alone)


app = typer.Typer(
    name="luoitroi",
    cls=LazyCommands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def luoitroi() -> None:
    """Lưới Trời: find fraudulent sites and advertisements aimed at people in Vietnam, and act on them."""


def main() -> None:
    """Run the command; what is wrong with the installation is said in a line, with exit status 2."""
    try:
        app()
    except BrokenPipeError:
        # Whoever read our output has what they wanted.
        sys.stderr.close()
        sys.exit(0)
    except Exception as error:
        names = {f"{kind.__module__}.{kind.__name__}" for kind in type(error).__mro__}
        if not names & NAMED_ERRORS:
            raise
        kind = getattr(error, "kind", "")
        fail(f"{kind}: {error}" if kind else str(error))
