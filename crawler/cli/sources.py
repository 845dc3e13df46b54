"""`luoitroi sources`: what is watched, whether its files are right, and what a crawl would see."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from crawler.cli.output import AsJson, err, fail, out, print_json
from crawler.cli.watched import usable_sources
from crawler.ending import CLEAN, WITH_FAILURES
from crawler.settings import load_settings
from crawler.source import SourceError, SourceProblem, load_source, load_sources
from matchers.hosts.defang import defang

app = typer.Typer(
    help="The sources: list them, check their files, try one without storing anything.", no_args_is_help=True
)


@app.command("list")
def list_sources(as_json: Annotated[bool, AsJson] = False) -> None:
    """List every source.

    Example: luoitroi sources list
    """
    found, _ = usable_sources(load_settings())
    if as_json:
        print_json([source.model_dump(mode="json") for source in found])
        return
    table = Table("Name", "Kind", "Every", "Renders", "Title", "State", title="Nguồn theo dõi / Sources")
    for source in found:
        state = "off" if not source.enabled else "unverified" if source.unverified else "on"
        table.add_row(
            source.name, source.kind, source.every, "yes" if source.render else "", escape(source.title), state
        )
    out.print(table)


@app.command()
def check(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Files to check; none checks every folder in force.")
    ] = None,
    as_json: Annotated[bool, AsJson] = False,
) -> None:
    """Check source files; every mistake comes with file, line and remedy. Exit status 1 when there is one.

    Example: luoitroi sources check spiders/sources/vnexpress.yaml
    """
    problems: list[SourceProblem] = []
    count = 0
    try:
        if files:
            for path in files:
                try:
                    load_source(path)
                    count += 1
                except SourceError as error:
                    problems.extend(error.problems)
        else:
            count = len(load_sources(load_settings().crawl.sources))
    except SourceError as error:
        problems.extend(error.problems)
    if as_json:
        print_json([{"file": str(p.file), "line": p.line, "message": p.message} for p in problems])
    else:
        for problem in problems:
            err.print(str(problem), markup=False, highlight=False, soft_wrap=True)
        if not problems:
            out.print(f"{count} sources, no mistake")
    if problems:
        raise typer.Exit(1)


@app.command("try")
def try_source(
    name: Annotated[str, typer.Argument(help="The source's name.")],
    limit: Annotated[int, typer.Option(help="How many pages at most.")] = 5,
    as_json: Annotated[bool, AsJson] = False,
) -> None:
    """Fetch a few pages of a source and show what is extracted and matched. Nothing is stored.

    Example: luoitroi sources try vnexpress --limit 3
    """
    if name not in {source.name for source in usable_sources(load_settings())[0]}:
        fail(f"there is no source {name!r}; `luoitroi sources list` shows them")
    command = [sys.executable, "-m", "crawler.process", name, "--limit", str(limit), "--dry-run"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    ending: dict[str, Any] = {}
    if process.stdout is None:
        raise RuntimeError("the crawl's standard output is not piped")
    for line in process.stdout:
        event = json.loads(line)
        if event["event"] == "finished":
            ending = event
        if as_json and event["event"] in ("page", "finished"):
            print_json(event)
        elif event["event"] == "page":
            _show_page(event)
    status = process.wait()
    if not as_json:
        _show_ending(ending)
    if status not in (CLEAN, WITH_FAILURES):
        raise typer.Exit(status)


def _show_page(page: dict[str, Any]) -> None:
    mark = "[bold red]hit[/]" if page["is_hit"] else "[green]nothing[/]"
    rendered = ", rendered" if page["is_rendered"] else ""
    out.print(f"[bold]{escape(page['title'] or '(no title)')}[/]", highlight=False)
    out.print(f"  {escape(defang(page['url']))}  {page['kind']}, status {page['status']}{rendered}", highlight=False)
    out.print(f"  {page['characters']} characters, {page['links']} links, contacts: {len(page['contacts'])}")
    out.print(f"  {escape(page['beginning'])}", highlight=False)
    if page["is_hit"]:
        out.print(
            f"  {mark} {page['category']}, severity {page['severity']}: {escape(page['reason_vi'])}", highlight=False
        )
        out.print(f"  {escape(page['reason_en'])}", highlight=False)
    else:
        out.print(f"  {mark} flagged")


def _show_ending(ending: dict[str, Any]) -> None:
    for kind, count in ending.get("failures", {}).items():
        err.print(f"[yellow]{kind}[/] × {count}")
    if ending.get("detail"):
        err.print(escape(ending["detail"]), highlight=False)
