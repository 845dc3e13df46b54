"""`luoitroi demo`: the whole way of a page on a small web of our own, from source to console."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from console.accounts import add_account
from console.roles import Role
from console.settings import load_console_settings
from crawler.cli.crawling import crawl_and_capture, reports_table
from crawler.cli.output import AsJson, err, fail, out, print_json
from crawler.cli.serving import console_app, listen, until_stopped
from crawler.demo.trial import MemoryWatch, NotADemoFolder, TrialResult, measure, prepare
from crawler.demo.web import DemoWeb
from crawler.installed import opened
from crawler.service import Service
from crawler.settings import SETTINGS_VARIABLE, Settings, load_settings, settings_file
from crawler.source import load_sources
from search.outbox import deliver

DEMO_USER = "demo"
DEMO_PASSWORD = "demo-luoitroi"


def demo(
    once: Annotated[bool, typer.Option("--once", help="End after the crawl, without the console.")] = False,
    days: Annotated[int, typer.Option(min=1, max=2, help="2 crawls again after the demo web has changed.")] = 1,
    folder: Annotated[Path, typer.Option(help="Where the demo keeps its data; emptied first.")] = Path("demo-data"),
    as_json: Annotated[bool, AsJson] = False,
) -> None:
    """Serve a small invented web on loopback, crawl it, and open the console over what was found.

    Exit status 1 when a planted scam is missed or an innocent page flagged.

    Example: luoitroi demo --once --json
    """
    folder = folder.absolute()
    with DemoWeb.serve(port=0) as web:
        try:
            os.environ[SETTINGS_VARIABLE] = str(prepare(folder, web))
        except NotADemoFolder as error:
            fail(str(error))
        settings = load_settings()
        for day in range(1, days + 1):
            if day > 1:
                web.advance()
            result = asyncio.run(_crawl_day(settings, day, shows=not as_json))
            if not as_json:
                out.print(_result_table(result, day))
        if as_json:
            print_json(result.as_dict())
        if not once:
            _serve(settings)
    if not result.is_good:
        raise typer.Exit(1)


async def _crawl_day(settings: Settings, day: int, *, shows: bool) -> TrialResult:
    sources = load_sources(settings.crawl.sources)
    started = time.monotonic()
    async with MemoryWatch() as memory:
        reports = await crawl_and_capture(settings, sources, sources, shows=shows)
    seconds = time.monotonic() - started
    if shows:
        out.print(reports_table(reports))
    with opened(settings) as (records, index):
        deliver(records, index)
        return measure(records, day, seconds, memory.peak_mb)


def _serve(settings: Settings) -> None:
    console = load_console_settings(settings_file())
    with opened(settings) as (records, index), listen(console) as listening:
        add_account(records, DEMO_USER, DEMO_PASSWORD, Role.ADMIN, "Người dùng thử")
        err.print(f"Đăng nhập / Login: {DEMO_USER}  {DEMO_PASSWORD}", highlight=False)
        service = Service(settings, load_sources(settings.crawl.sources), records, index)
        asyncio.run(until_stopped(service, console_app(settings, console, records, index), listening))


def _result_table(result: TrialResult, day: int) -> Table:
    table = Table("", "", title=f"Bản dùng thử, ngày {day} / Demo, day {day}", show_header=False)
    table.add_row("Trang / Pages", f"{result.pages}, {result.rendered} rendered")
    for category, count in result.hits.items():
        table.add_row(f"  {category}", str(count))
    table.add_row("Bản chụp / Captures", str(result.captures))
    table.add_row("Thời gian / Time", f"{result.seconds} s, peak memory {result.peak_memory_mb} MiB")
    table.add_row("Bỏ sót / Missed", escape("\n".join(result.missed)) or "[green]0[/]")
    table.add_row("Báo nhầm / False alarms", escape("\n".join(result.false_alarms)) or "[green]0[/]")
    table.add_row("Sự cố / Failures", ", ".join(f"{kind} × {count}" for kind, count in result.failures.items()))
    return table
