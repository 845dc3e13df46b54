"""`luoitroi crawl`: crawl now, watch it, and see what came of it."""

from __future__ import annotations

import asyncio
import signal
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from crawler.cli.output import AsJson, err, fail, out, print_json, warn_of_private_addresses
from crawler.cli.watched import usable_sources
from crawler.ending import CLEAN, FAILED, WITH_FAILURES
from crawler.runner import CrawlReport, run_crawls, stop_process
from crawler.service import start_capturing, summary
from crawler.settings import Settings, load_settings
from crawler.source import Source
from search.captures import CaptureState, captures_in
from search.records import open_records
from search.runs import close_dead_runs, keep_sources


def crawl(
    names: Annotated[list[str] | None, typer.Argument(help="Sources to crawl; none means every enabled one.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many pages of each source.")] = None,
    as_json: Annotated[bool, AsJson] = False,
) -> None:
    """Crawl sources now, capture what deserves it, and say what was found.

    Exit status: 0 clean, 3 finished with failures named, 1 a crawl failed, 2 wrong settings.

    Example: luoitroi crawl vnexpress --limit 50
    """
    settings = load_settings()
    warn_of_private_addresses(settings)
    sources, problems = usable_sources(settings)
    chosen = choose(sources, names or [])
    try:
        reports = asyncio.run(crawl_and_capture(settings, chosen, sources, limit=limit, shows=not as_json))
    except asyncio.CancelledError:
        fail("stopped; what was found until then is kept, and captures still due are taken at the next crawl", 130)
    if as_json:
        print_json([_as_dict(report) for report in reports])
    else:
        out.print(reports_table(reports))
    # Of a broken file nobody can tell whether it was meant, unless the crawl was of named sources.
    raise typer.Exit(FAILED if problems and not names else exit_status(reports))


def choose(sources: list[Source], names: list[str]) -> list[Source]:
    """The sources of these names, or every enabled one when none is named."""
    by_name = {source.name: source for source in sources}
    if unknown := [name for name in names if name not in by_name]:
        fail(f"there is no source {unknown[0]!r}; `luoitroi sources list` shows them")
    return [by_name[name] for name in names] if names else [source for source in sources if source.enabled]


async def crawl_and_capture(
    settings: Settings, sources: list[Source], known: list[Source], *, limit: int | None = None, shows: bool = True
) -> list[CrawlReport]:
    """Crawl `sources` (of all that are `known`) side by side with a capture worker beside them, until both are done.

    The first SIGINT or SIGTERM asks the crawls to end and waits for them, then raises CancelledError.
    """
    records = open_records(settings.records.url)
    close_dead_runs(records)
    keep_sources(records, [summary(source) for source in known])
    logs = settings.data_dir / "logs"
    _stop_on_signals()
    worker = await start_capturing(logs, until_closed=True)
    try:
        with _progress(sources, shows) as watch:
            reports = await run_crawls(
                [source.name for source in sources],
                processes=settings.crawl.processes,
                log_folder=logs,
                limit=limit,
                watch=watch,
            )
            if worker.stdin is not None:
                worker.stdin.close()
            due = captures_in(records, CaptureState.DUE)
            if shows and due:
                err.print(f"{due} captures to finish…")
            await worker.wait()
    finally:
        await stop_process(worker)
        close_dead_runs(records)
        records.close()
    return reports


def _stop_on_signals() -> None:
    """Cancel the current task at the first SIGINT or SIGTERM; a second one must not cut its ending short."""
    main, loop = asyncio.current_task(), asyncio.get_running_loop()
    is_stopping = False

    def stop() -> None:
        nonlocal is_stopping
        if main is not None and not is_stopping:
            is_stopping = True
            err.print("Đang dừng / Stopping…")
            main.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)


def exit_status(reports: list[CrawlReport]) -> int:
    """The command's exit status for these crawls, the worst of them."""
    if not all(report.is_good for report in reports):
        return FAILED
    return WITH_FAILURES if any(report.failures for report in reports) else CLEAN


def reports_table(reports: list[CrawlReport]) -> Table:
    """What each crawl did, a row each, failures by name."""
    table = Table(
        "Source", "State", "Pages", "Rendered", "New hits", "Seen again", "Failures", title="Kết quả / Results"
    )
    for report in reports:
        failures = ", ".join(f"{kind} × {count}" for kind, count in sorted(report.failures.items()))
        state = f"[green]{report.state}[/]" if report.is_good else f"[bold red]{report.state}[/]"
        detail = f" — {report.detail}" if report.detail else ""
        numbers = (report.pages, report.rendered, report.hits_new, report.hits_seen)
        table.add_row(report.source, state, *map(str, numbers), escape(failures + detail))
    return table


@contextmanager
def _progress(sources: list[Source], shows: bool) -> Any:
    if not shows:
        yield None
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        TextColumn("{task.fields[pages]} pages, {task.fields[hits]} hits, {task.fields[failures]} failures"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err) as progress:
        tasks = {
            source.name: progress.add_task(source.name, total=None, pages=0, hits=0, failures=0) for source in sources
        }

        def watch(report: CrawlReport) -> None:
            is_over = report.state != "running"
            progress.update(
                tasks[report.source],
                pages=report.pages,
                hits=report.hits_new + report.hits_seen,
                failures=sum(report.failures.values()),
                total=1 if is_over else None,
                completed=1 if is_over else 0,
            )

        yield watch


def _as_dict(report: CrawlReport) -> dict[str, Any]:
    return {name: getattr(report, name) for name in report.__dataclass_fields__}
