"""`luoitroi bench`: the project's figures, each beside its baseline in the same run."""

from __future__ import annotations

from dataclasses import asdict, is_dataclass
from importlib import import_module
from typing import Annotated, Any, Final

import typer
from rich.table import Table

from crawler.cli.output import AsJson, err, fail, out, print_json

BENCHMARKS: Final = ("crawl", "match", "search", "capture", "pictures")


def bench(
    name: Annotated[str, typer.Argument(help=f"One of {', '.join(BENCHMARKS)}, or all.")],
    is_growth: Annotated[
        bool,
        typer.Option(
            "--growth",
            help="For search: how cost grows to a million hits, into docs/performance.md. Half an hour and longer.",
        ),
    ] = False,
    as_json: Annotated[bool, AsJson] = False,
) -> None:
    """Measure against a baseline in one run and print the figures.

    Example: luoitroi bench crawl --json
    """
    if name != "all" and name not in BENCHMARKS:
        fail(f"there is no benchmark {name!r}; there are {', '.join(BENCHMARKS)}, and all")
    if is_growth and name != "search":
        fail("--growth is for the search benchmark alone; write `luoitroi bench search --growth`")
    for each in BENCHMARKS if name == "all" else (name,):
        figures = _measure(each, is_growth)
        if as_json:
            print_json({"benchmark": each, **figures})
        else:
            table = Table("Figure", "Value", title=f"bench {each}")
            for figure, value in figures.items():
                table.add_row(figure, str(value))
            out.print(table)


def _measure(name: str, is_growth: bool) -> dict[str, Any]:
    try:
        module = import_module(f"benchmarks.{name}")
    except ModuleNotFoundError as error:
        if error.name is None or not error.name.startswith("benchmarks"):
            raise
        fail("the benchmarks are part of the source checkout, not of an installed package; run this from a clone")
    figures = module.grow(_tell) if is_growth else module.measure()
    return asdict(figures) if is_dataclass(figures) and not isinstance(figures, type) else dict(figures)


def _tell(progress: str) -> None:
    err.print(progress, highlight=False, markup=False)
