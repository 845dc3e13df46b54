"""`luoitroi rules`: see, check and try the rule packs."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from crawler.cli.loading import Packs, load_strictly
from crawler.cli.output import AsJson, err, out, print_json
from crawler.cli.rejudging import apply
from crawler.cli.trying import try_rules
from crawler.rules import InstalledRules, installed_rules
from crawler.settings import load_settings
from matchers.examples import count_examples, failing_examples
from matchers.lint import lint
from matchers.pack import PackFile

app = typer.Typer(
    name="rules",
    help="Xem, kiểm và thử các bộ luật so khớp / See, check and try the rule packs.",
    no_args_is_help=True,
)
Json = Annotated[bool, AsJson]
app.command("try")(try_rules)
app.command("apply")(apply)


@app.command("list")
def list_rules(packs: Packs = None, as_json: Json = False) -> None:
    """Các loại vi phạm và bộ luật đang dùng / Categories and packs in force, with what is disabled and why.

    Ví dụ / Example: luoitroi rules list
    """
    installed = InstalledRules(load_strictly(packs)) if packs else installed_rules(load_settings())
    rules, refusal = installed.rules, installed.refusal
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
        print_json(
            {
                "version": rules.version,
                "brands": len(rules.brands.brands),
                "categories": rows,
                "packs": [_pack_json(pack) for pack in rules.packs],
                "refused": [str(problem) for problem in refusal.problems] if refusal else [],
                "is_last_good": refusal is not None and refusal.is_last_good,
            }
        )
        return
    table = Table(title=f"{len(rows)} categories, {len(rules.brands.brands)} brands, version {rules.version}")
    table.add_column("id", no_wrap=True)
    for column in ("Tên", "severity", "rules", "phrases", "examples"):
        table.add_column(column)
    for row in rows:
        table.add_row(*(str(row[name]) for name in ("id", "title_vi", "severity", "rules", "phrases", "examples")))
    out.print(table)
    for pack in rules.packs:
        author = f", {pack.author}" if pack.author else ""
        out.print(f"{escape(pack.label + author)}  {escape(pack.path)}", highlight=False, soft_wrap=True)
        for rule in pack.rules:
            if rule.disabled:
                out.print(f"  tắt / disabled: {rule.id}: {escape(rule.disabled)}", highlight=False, soft_wrap=True)
    if refusal is not None:
        err.print(f"[bold red]rules_refused[/] {escape(str(refusal))}", highlight=False, soft_wrap=True)


def _pack_json(pack: PackFile) -> dict[str, Any]:
    return {
        "id": pack.id,
        "label": pack.label,
        "version": pack.version,
        "sha256": pack.digest,
        "author": pack.author,
        "file": pack.path,
        "rules": len(pack.rules),
        "disabled": {rule.id: rule.disabled for rule in pack.rules if rule.disabled},
        "references": {rule.id: rule.references for rule in pack.rules if rule.references},
    }


@app.command("lint")
def lint_rules(packs: Packs = None, as_json: Json = False) -> None:
    """Mistakes and weaknesses of the packs, each with file, line and remedy.

    Example: luoitroi rules lint --packs my-packs/
    """
    problems = lint(load_strictly(packs))
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
    rules = load_strictly(packs)
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
