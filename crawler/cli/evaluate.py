"""`luoitroi evaluate`: the matchers measured on labelled rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from crawler.cli.loading import Packs, load_strictly
from matchers.evaluate import (
    EvaluationError,
    Report,
    SiteReport,
    evaluate_domains,
    evaluate_sites,
    evaluate_texts,
)

app = typer.Typer(
    name="evaluate",
    help="Đo bộ so khớp trên dữ liệu có nhãn / Measure the matchers on labelled rows.",
    no_args_is_help=True,
)

File = Annotated[Path, typer.Argument(help="Labelled rows: TSV for domains, JSON Lines for texts and sites.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON line and nothing else.")]
Most = Annotated[int, typer.Option("--errors", min=0, help="How many wrongly judged rows to list.")]


@app.command()
def domains(file: File, packs: Packs = None, as_json: AsJson = False, errors: Most = 40) -> None:
    """Host names (host, label). Example: luoitroi evaluate domains hosts.tsv --json"""
    try:
        report = evaluate_domains(file, load_strictly(packs))
    except EvaluationError as error:
        _refuse(error)
    _tell(report, as_json, errors)


@app.command()
def texts(file: File, packs: Packs = None, as_json: AsJson = False, errors: Most = 40) -> None:
    """Short texts (text, label, hardness). Example: luoitroi evaluate texts texts.jsonl --json"""
    try:
        report = evaluate_texts(file, load_strictly(packs))
    except EvaluationError as error:
        _refuse(error)
    _tell(report, as_json, errors)


@app.command()
def sites(file: File, packs: Packs = None, as_json: AsJson = False) -> None:
    """Whole sites (site, kind, text). Example: luoitroi evaluate sites sites.jsonl --json"""
    try:
        report = evaluate_sites(file, load_strictly(packs))
    except EvaluationError as error:
        _refuse(error)
    _tell_sites(report, as_json)


def _refuse(error: EvaluationError) -> None:
    typer.echo(str(error), err=True)
    raise typer.Exit(2) from error


def _tell(report: Report, as_json: bool, most: int) -> None:
    if as_json:
        typer.echo(json.dumps(report.figures()))
        return
    console = Console()
    table = Table(title=f"{report.n} rows")
    for name in report.figures():
        table.add_column(name, justify="right")
    table.add_row(*(f"{value:g}" for value in report.figures().values()))
    console.print(table)
    wrong = report.errors
    listed = Table("line", "label", "row", "why", title=f"{len(wrong)} wrongly judged, {min(len(wrong), most)} shown")
    for outcome in wrong[:most]:
        label = "missed" if outcome.row.is_bad else "false alarm"
        listed.add_row(str(outcome.row.line), label, outcome.row.text[:160], outcome.reason[:160])
    console.print(listed)


def _tell_sites(report: SiteReport, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(report.figures(), ensure_ascii=False))
        return
    table = Table("site", "kind", "flagged", "why", title=f"{report.n} sites, recall {report.recall:g}")
    for outcome in report.outcomes:
        table.add_row(outcome.row.text, outcome.row.source, "yes" if outcome.is_flagged else "no", outcome.reason[:200])
    Console().print(table)
