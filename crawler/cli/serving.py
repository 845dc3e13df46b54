"""`luoitroi up`, `schedule` and `serve`: the parts that keep running."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
import uvicorn
from fastapi import FastAPI
from rich.table import Table

from console.app import create_app
from console.settings import ConsoleSettings, load_console_settings
from crawler.cli.output import AsJson, err, fail, out, print_json, warn_of_private_addresses
from crawler.cli.watched import usable_sources
from crawler.installed import opened
from crawler.log import start_logging
from crawler.rebuilding import Rebuilding
from crawler.rules import RulesWatch
from crawler.schedule import TIME_ZONE, plan
from crawler.service import Service, last_started, only_one
from crawler.settings import Settings, load_settings, settings_file
from evidence.signing import KeyRing, SigningKey
from evidence.vault import FolderVault
from search.indexes.index import Index
from search.records import Records


def up() -> None:
    """Run schedule and console together until Ctrl-C.

    Example: luoitroi up
    """
    settings, console = load_settings(), load_console_settings(settings_file())
    warn_of_private_addresses(settings)
    start_logging()
    with only_one(settings.data_dir), opened(settings) as (records, index), listen(console) as listening:
        app = console_app(settings, console, records, index)
        service = Service(settings, usable_sources(settings)[0], records, index)
        asyncio.run(until_stopped(service, app, listening))


def schedule(
    show_plan: Annotated[bool, typer.Option("--plan", help="Print the next 24 hours and end.")] = False,
    as_json: Annotated[bool, AsJson] = False,
) -> None:
    """Crawl every source when it is due, without the console, until Ctrl-C.

    Example: luoitroi schedule --plan
    """
    settings = load_settings()
    with opened(settings) as (records, index):
        if show_plan:
            _show_plan(settings, records, as_json)
            return
        start_logging()
        with only_one(settings.data_dir):
            service = Service(settings, usable_sources(settings)[0], records, index)
            asyncio.run(until_stopped(service, None, None))


def serve() -> None:
    """Serve the console alone until Ctrl-C.

    Example: luoitroi serve
    """
    settings, console = load_settings(), load_console_settings(settings_file())
    start_logging()
    with opened(settings) as (records, index), listen(console) as listening:
        app = console_app(settings, console, records, index)
        asyncio.run(until_stopped(None, app, listening, Rebuilding(records, index, settings.data_dir / "logs")))


def console_app(settings: Settings, console: ConsoleSettings, records: Records, index: Index) -> FastAPI:
    """The console over this installation's records, index, vault and categories."""
    # Made here on the first start, so that captures taken later are signed by a key the console already trusts.
    SigningKey.load_or_create(settings.keys_dir)
    trusted = KeyRing.from_folder(settings.keys_dir)
    watch = RulesWatch(settings)
    vault = FolderVault(settings.vault_dir)
    brands = watch.installed().rules.brands
    return create_app(
        records, index, vault, watch.categories, console, trusted, brands=brands, rules_refusal=watch.refusal
    )


class ConsoleServer(uvicorn.Server):
    """uvicorn, leaving signals to whoever runs it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def server(app: FastAPI) -> ConsoleServer:
    """A server of the console, not yet running."""
    return ConsoleServer(uvicorn.Config(app, log_level="warning", access_log=False, server_header=False))


def listen(console: ConsoleSettings) -> socket.socket:
    """A socket at the console's address; ends the command, saying so, when the address is taken."""
    try:
        listening = socket.create_server((console.host, console.port), backlog=512)
    except OSError as error:
        fail(f"{console.host}:{console.port}: {error.strerror}; set console.port to a free one")
    # asyncio sets it only on sockets that it makes itself; without, answers wait for the client's delayed ACKs.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def address(listening: socket.socket) -> str:
    """The console's address for a browser on this machine."""
    host, port = listening.getsockname()[:2]
    return f"http://{host}:{port}/"


async def until_stopped(
    service: Service | None,
    app: FastAPI | None,
    listening: socket.socket | None,
    rebuilding: Rebuilding | None = None,
) -> None:
    """Run what is given until a signal to stop or the console's end, then end it in order.

    A service has a rebuilding of its own.
    """
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    if service is not None:
        service.start()
    keeping = asyncio.create_task(rebuilding.keep()) if rebuilding is not None else None
    web_server: ConsoleServer | None = None
    web: asyncio.Task[None] | None = None
    if app is not None and listening is not None:
        web_server = server(app)
        web = asyncio.create_task(web_server.serve(sockets=[listening]))
        web.add_done_callback(lambda _: stopping.set())
        err.print(f"Bảng điều khiển / Console: {address(listening)}", highlight=False)
    err.print("Ctrl-C để dừng / Ctrl-C to stop")
    await stopping.wait()
    err.print("Đang dừng / Stopping…")
    if web_server is not None and web is not None:
        web_server.should_exit = True
        await asyncio.gather(web, return_exceptions=True)
    if service is not None:
        await service.stop()
    if keeping is not None and rebuilding is not None:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await rebuilding.stop()


def _show_plan(settings: Settings, records: Records, as_json: bool) -> None:
    sources, _ = usable_sources(settings)
    runs = plan(sources, last_started(records), datetime.now(UTC), timedelta(hours=24))
    if as_json:
        print_json([{"at": run.at.astimezone(UTC).isoformat(), "source": run.source} for run in runs])
        return
    table = Table("Giờ / Time", "Nguồn / Source", title="24 giờ tới / The next 24 hours")
    for run in runs:
        table.add_row(f"{run.at.astimezone(ZoneInfo(TIME_ZONE)):%Y-%m-%d %H:%M}", run.source)
    out.print(table)
