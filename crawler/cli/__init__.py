"""`luoitroi`: the command line, the only place that sees every package."""

from __future__ import annotations

import sys

import typer

from crawler.cli import crawling, demo, doctor, evaluate, evidence, hits, measuring, rules, serving, sources, users
from crawler.cli.output import fail
from crawler.service import AlreadyUp
from crawler.settings import SettingsError
from crawler.source import SourceError
from matchers.errors import RulesError
from search.index import IndexUnavailable
from search.records import RecordsError

app = typer.Typer(
    name="luoitroi",
    help="Lưới Trời: find fraudulent sites and advertisements aimed at people in Vietnam, and act on them.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("demo")(demo.demo)
app.command("crawl")(crawling.crawl)
app.command("up")(serving.up)
app.command("schedule")(serving.schedule)
app.command("serve")(serving.serve)
app.command("search")(hits.search)
app.command("export")(hits.export)
app.command("doctor")(doctor.doctor)
app.command("bench")(measuring.bench)
app.add_typer(sources.app, name="sources")
app.add_typer(rules.app, name="rules")
app.add_typer(hits.index_app, name="index")
app.add_typer(evidence.app, name="evidence")
app.add_typer(evaluate.app, name="evaluate")
app.add_typer(users.app, name="users")


def main() -> None:
    """Run the command; what is wrong with the installation is said in a line, with exit status 2."""
    try:
        app()
    except (SettingsError, SourceError, RulesError) as error:
        fail(str(error))
    except (RecordsError, IndexUnavailable, AlreadyUp) as error:
        fail(f"{error.kind}: {error}")
    except BrokenPipeError:
        # Whoever read our output has what they wanted.
        sys.stderr.close()
        sys.exit(0)
