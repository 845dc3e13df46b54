"""`luoitroi rules`: see, check and try the rule packs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from crawler.cli.output import AsJson, err, fail, out, print_json
from crawler.settings import load_settings
from matchers.errors import RulesError
from matchers.examples import NEUTRAL_URL, count_examples, failing_examples, lint
from matchers.judge import Judge
from matchers.match import Match, Verdict
from matchers.page import Page, PageKind
from matchers.rules import Rules, load_rules

app = typer.Typer(
    name="rules",
    help="Xem, kiểm và thử các bộ luật so khớp / See, check and try the rule packs.",
    no_args_is_help=True,
)

Packs = Annotated[list[Path] | None, typer.Option("--packs", help="A further folder of rule packs; may repeat.")]
Json = Annotated[bool, AsJson]


@app.command("list")
def list_rules(packs: Packs = None, as_json: Json = False) -> None:
    """Categories and how many rules, phrases and examples each has. Example: luoitroi rules list"""
    rules = _load(packs)
    rows = [
        {
            "id": category.id,
            "title_vi": category.title_vi,
            "title_en": category.title_en,
            "severity": category.severity.name.lower(),
            "rules": sum(len(pack.rules) for pack in rules.packs if pack.id == category.id),
            "phrases": sum(
                sum(1 for _ in rule.phrases()) for pack in rules.packs if pack.id == category.id for rule in pack.rules
            ),
            "examples": sum(
                len(pack.must_match) + len(pack.must_not_match) for pack in rules.packs if pack.id == category.id
            ),
        }
        for category in rules.categories.values()
    ]
    if as_json:
        print_json({"version": rules.version, "brands": len(rules.brands.brands), "categories": rows})
        return
    table = Table(title=f"{len(rows)} categories, {len(rules.brands.brands)} brands, version {rules.version}")
    table.add_column("id", no_wrap=True)
    for column in ("Tên", "severity", "rules", "phrases", "examples"):
        table.add_column(column)
    for row in rows:
        table.add_row(*(str(row[name]) for name in ("id", "title_vi", "severity", "rules", "phrases", "examples")))
    out.print(table)


@app.command("lint")
def lint_rules(packs: Packs = None, as_json: Json = False) -> None:
    """Mistakes and weaknesses of the packs, each with file, line and remedy.

    Example: luoitroi rules lint --packs my-packs/
    """
    problems = lint(_load(packs))
    if as_json:
        print_json([{"file": p.file, "line": p.line, "message": p.message, "remedy": p.remedy} for p in problems])
    else:
        for problem in problems:
            out.print(escape(str(problem)), highlight=False, soft_wrap=True)
        out.print(f"{len(problems)} problems")
    if problems:
        raise typer.Exit(1)


@app.command("test")
def test_rules(packs: Packs = None, as_json: Json = False) -> None:
    """Run the examples written in the packs. Example: luoitroi rules test"""
    rules = _load(packs)
    failures = failing_examples(rules)
    count = count_examples(rules)
    if as_json:
        print_json(
            {
                "examples": count,
                "failures": [
                    {
                        "pack": failure.pack,
                        "rule": failure.rule,
                        "text": failure.text,
                        "expected": failure.expected,
                        "got": failure.verdict.category,
                        "score": failure.verdict.score,
                    }
                    for failure in failures
                ],
            }
        )
    else:
        for failure in failures:
            out.print(f"[red]✗[/] {escape(str(failure))}", highlight=False, soft_wrap=True)
        out.print(f"{count - len(failures)} of {count} examples hold")
    if failures:
        raise typer.Exit(1)


@app.command("try")
def try_rules(
    what: Annotated[str, typer.Argument(help="A text, or a file that holds one.", metavar="TEXT|FILE")],
    packs: Packs = None,
    kind: Annotated[PageKind, typer.Option(help="What sort of page to take the text for.")] = PageKind.POST,
    url: Annotated[str, typer.Option(help="The page's address, for rules that look at the host.")] = NEUTRAL_URL,
    title: Annotated[str, typer.Option(help="The page's title.")] = "",
    as_json: Json = False,
) -> None:
    """What fires on a text, and why.

    Example: luoitroi rules try "Vay nhanh, nợ xấu vẫn vay được, zalo 0900 000 000"
    """
    judge = Judge(_load(packs))
    text = _text(what)
    page = Page(url=url, fetched_at=datetime.now(UTC), source="try", kind=kind, title=title, text=text)
    verdict = judge.judge(page)
    if as_json:
        print_json(_verdict_json(verdict))
        return
    _tell(page, verdict)


def _load(packs: list[Path] | None) -> Rules:
    """The built-in rules, those of the settings' folders, and those of `packs`."""
    try:
        return load_rules((*load_settings().rules.folders, *(packs or ())))
    except RulesError as error:
        for problem in error.problems:
            err.print(escape(str(problem)), highlight=False, soft_wrap=True)
        raise typer.Exit(2) from error


_LONGEST_PATH = 1024


def _text(what: str) -> str:
    path = Path(what)
    try:
        is_file = len(what) < _LONGEST_PATH and path.is_file()
    except (OSError, ValueError):
        is_file = False
    if not is_file:
        return what
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        fail(f"{path}: cannot be read: {error}; save it as UTF-8 text")


def _verdict_json(verdict: Verdict) -> dict[str, object]:
    return {
        "is_hit": verdict.is_hit,
        "category": verdict.category,
        "severity": verdict.severity.name.lower(),
        "score": verdict.score,
        "reason_vi": verdict.reason_vi,
        "reason_en": verdict.reason_en,
        "rules_version": verdict.rules_version,
        "matches": [
            {
                "rule": match.rule,
                "category": match.category,
                "weight": round(match.weight, 3),
                "confidence": match.confidence,
                "quote": match.quote,
                "reason_vi": match.reason_vi,
                "span": (
                    {"field": match.span.field, "start": match.span.start, "end": match.span.end}
                    if match.span
                    else None
                ),
            }
            for match in verdict.matches
        ],
    }


def _tell(page: Page, verdict: Verdict) -> None:
    shown = Text(page.text)
    for match in verdict.matches:
        if match.span is not None and match.span.field == "text":
            shown.stylize(_style(match), match.span.start, match.span.end)
    out.print(shown)
    for match in verdict.matches:
        points = f"{match.weight * match.confidence:+.2f}" if match.weight else "     "
        out.print(f"{points}  {escape(match.rule)}  {escape(match.reason_vi)}", highlight=False, soft_wrap=True)
    if verdict.is_hit:
        severity = verdict.severity.name.lower()
        out.print(f"[bold red]{verdict.category}[/] ({severity}), {verdict.score:.2f}", highlight=False)
        out.print(escape(verdict.reason_vi), highlight=False)
    else:
        out.print(f"[green]không có dấu hiệu / no hit[/], {verdict.score:.2f}", highlight=False)


def _style(match: Match) -> str:
    if match.identifier is not None:
        return "bold cyan"
    return "bold green" if match.weight < 0 else "bold white on red"
