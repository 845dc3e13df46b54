"""`luoitroi search` and `export`: what was found, from the command line."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from rich.cells import cell_len
from rich.markup import escape

from crawler.cli.found import PASSAGE_CHARACTERS, json_of, table_of
from crawler.cli.output import AsJson, err, fail, out, print_json
from crawler.installed import opened
from crawler.rules import load_installed_rules
from crawler.settings import load_settings
from matchers.hosts.defang import plain
from search.exporters import FORMATS, Written, exporters
from search.hits import Hit, load_hits
from search.indexes.index import DocumentsRefused, Index
from search.language.mistakes import QueryError
from search.language.query import MAX_PAGE_SIZE, Query, parse
from search.outbox import deliver
from search.passages import found_in
from search.records import Records


def search(
    query: Annotated[str, typer.Argument(help='For example: lừa đảo category:loan_credit severity>=3 "chuyển tiền"')],
    limit: Annotated[int, typer.Option(min=1, max=MAX_PAGE_SIZE)] = 20,
    offset: Annotated[int, typer.Option(min=0)] = 0,
    as_json: Annotated[bool, AsJson] = False,
) -> None:
    """Search the hits; accents do not matter. The words found are marked, in a passage that shows most of them.

    Example: luoitroi search 'viec nhe luong cao severity>=3 seen:7d'
    """
    parsed = _parse(query).page(limit, offset)
    with opened(load_settings()) as (records, index):
        bring_up_to_date(records, index)
        results = index.search(parsed)
        hits = load_hits(records, results.ids)
        found = found_in(records, parsed, hits, PASSAGE_CHARACTERS)
    if as_json:
        print_json(json_of(results, hits, found))
    else:
        out.print(table_of(results, hits, found))


def export(
    form: Annotated[str, typer.Argument(metavar="FORMAT", help=f"One of {', '.join(FORMATS)}.")],
    query: Annotated[str, typer.Argument(help="Only the hits that this query finds; all of them without.")] = "",
    output: Annotated[Path | None, typer.Option(help="A file; standard output without.")] = None,
) -> None:
    """Export hits in a format other programs read.

    Example: luoitroi export csv 'status:confirmed' --output xac-nhan.csv
    """
    if form not in FORMATS:
        fail(f"there is no format {form!r}; formats are {', '.join(FORMATS)}")
    parsed = _parse(query)
    exporter = exporters(load_installed_rules(load_settings()).brands)[form]
    with opened(load_settings()) as (records, index):
        bring_up_to_date(records, index)
        hits = found_hits(records, index, parsed)
        if output is None:
            written = exporter.write(hits, sys.stdout)
        else:
            with output.open("w", encoding="utf-8", newline="") as file:
                written = exporter.write(hits, file)
    _tell(written, output)


def _tell(written: Written, output: Path | None) -> None:
    if output is not None:
        err.print(f"{written.count} written to {output}", highlight=False, markup=False, soft_wrap=True)
    if written.kept_out:
        err.print(
            f"{len(written.kept_out)} tên miền không chặn vì là của người khác / hosts not blocked, being others': "
            f"{', '.join(written.kept_out)}",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )


def bring_up_to_date(records: Records, index: Index) -> None:
    """Deliver what the index has not heard. What it refuses is said, and no reason to answer nothing."""
    try:
        deliver(records, index)
    except DocumentsRefused as error:
        err.print(f"[yellow]luoitroi:[/] {escape(str(error))}", highlight=False, soft_wrap=True)


def found_hits(records: Records, index: Index, query: Query) -> Iterator[Hit]:
    """Every hit that a query finds, a batch in memory at a time."""
    ids = index.ids(query)
    while batch := list(islice(ids, MAX_PAGE_SIZE)):
        yield from load_hits(records, batch)


def _parse(query: str) -> Query:
    try:
        return parse(query)
    except QueryError as error:
        shown = plain(query).replace("\n", " ")
        caret = f"{' ' * (len('luoitroi: ') + cell_len(shown[: error.column - 1]))}^"
        suggestion = f"\nCó phải ý bạn là / Did you mean: {plain(error.suggestion)}" if error.suggestion else ""
        fail(f"{shown}\n{caret} {error.message_vi} / {error.message}{suggestion}")
