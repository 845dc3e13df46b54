"""`luoitroi index`: how the search index stands, and building it anew from the records."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Annotated, Any, Final

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from crawler.cli.hits import bring_up_to_date
from crawler.cli.output import AsJson, err, out, print_json
from crawler.installed import index_place, opened
from crawler.settings import load_settings
from search.indexes.index import IndexCondition, IndexUnavailable
from search.outbox import refusals, waiting
from search.rebuild import Difference, IndexReport, check, hits_in, rebuild, report
from search.rebuild import Progress as Told
from search.records import Records

LINE_SECONDS: Final = 10
"""How often a rebuild tells where it is when nobody watches a bar."""
REASONS: Final = 5
"""How many refusals, and ids that differ, people are shown."""
app = typer.Typer(help="The search index: its state, and building it anew.", no_args_is_help=True)
_CONDITIONS = {
    IndexCondition.READY: "dùng được / ready",
    IndexCondition.OLDER: "của bản cũ, cần lập lại / of an older version, to be rebuilt",
    IndexCondition.HALF_MADE: "dở dang, cần lập lại / half made, to be rebuilt",
    IndexCondition.GONE: "chưa có / none yet",
    IndexCondition.NEWER: "của bản mới hơn, không đụng tới / of a newer version, left alone",
    IndexCondition.FOREIGN: "của chương trình khác, không đụng tới / another program's, left alone",
}


@app.command()
def status(
    is_checking: Annotated[
        bool, typer.Option("--check", help="Compare each hit with the records; exit status 1 when any differs.")
    ] = False,
    as_json: Annotated[bool, AsJson] = False,
) -> None:
    """How the index stands beside the records, and what it has yet to hear.

    Ends with 1 when the index cannot be searched.

    Example: luoitroi index status --check
    """
    settings = load_settings()
    with opened(settings) as (records, index):
        place = index_place(settings, records)
        refused = refusals(records)
        try:
            found = report(records, index)
            differing = check(records, index) if is_checking and found.state.hits is not None else None
        except IndexUnavailable as error:
            _tell_unusable(records, place, str(error), len(refused), as_json)
            raise SystemExit(1) from None
    if as_json:
        print_json(_json(found, refused, differing))
    else:
        _show(found, refused, differing)
    if found.state.condition is not IndexCondition.READY or differing:
        raise SystemExit(1)


@app.command("rebuild")
def rebuild_index(
    is_anew: Annotated[
        bool, typer.Option("--anew", help="Drop what an interrupted rebuild left, and start over.")
    ] = False,
    as_json: Annotated[bool, AsJson] = False,
) -> None:
    """Build the index anew from the records, beside the old one, which answers until the new one is whole.

    Interrupted, it goes on where it stopped when it is called again.

    Example: luoitroi index rebuild
    """
    started = time.monotonic()
    watch = _Watch()
    with opened(load_settings()) as (records, index):
        try:
            with _told(watch) as tell:
                total = rebuild(records, index, tell, is_anew)
        except KeyboardInterrupt:
            err.print(
                f"Đã dừng ở mục {watch.done}/{watch.of}; chạy lại lệnh này để làm tiếp / "
                f"Stopped at {watch.done} of {watch.of}; run it again to go on",
                highlight=False,
            )
            raise SystemExit(130) from None
        bring_up_to_date(records, index)
    seconds = time.monotonic() - started
    if as_json:
        print_json({"hits": total, "resumed_at": watch.first, "seconds": round(seconds, 3)})
    else:
        out.print(f"{total} mục trong chỉ mục mới, {seconds:.1f} s / {total} hits in the new index", highlight=False)


class _Watch:
    """How far a rebuild is: `first` is where it began, more than nothing where it goes on with another."""

    def __init__(self) -> None:
        self.first: int | None = None
        self.done = 0
        self.of = 0

    def take(self, done: int, of: int) -> str | None:
        """Take over what is told; returns what people must hear of it."""
        is_resuming = self.first is None and done > 0
        self.first = done if self.first is None else self.first
        self.done, self.of = done, of
        return f"Làm tiếp từ mục {done}/{of} / Going on at {done} of {of}" if is_resuming else None


@contextmanager
def _told(watch: _Watch) -> Iterator[Told]:
    """What tells people of a rebuild: a bar on a terminal, else a line now and then."""
    if not err.is_terminal:
        yield _lines(watch)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err) as bar:
        task = bar.add_task("Lập lại chỉ mục / Rebuilding", total=None, rate="")
        started = time.monotonic()

        def tell(done: int, of: int) -> None:
            if said := watch.take(done, of):
                bar.console.print(said, highlight=False)
            rate = (done - (watch.first or 0)) / max(time.monotonic() - started, 1e-3)
            bar.update(task, completed=done, total=of, rate=f"{rate:,.0f}/s")

        yield tell


def _lines(watch: _Watch, clock: Callable[[], float] = time.monotonic) -> Told:
    told_at = clock()

    def tell(done: int, of: int) -> None:
        nonlocal told_at
        said = watch.take(done, of)
        if said is None and clock() - told_at >= LINE_SECONDS:
            said = f"Lập lại chỉ mục / Rebuilding: {done}/{of}"
        if said is not None:
            told_at = clock()
            err.print(said, highlight=False)

    return tell


def _tell_unusable(records: Records, place: str, problem: str, refused: int, as_json: bool) -> None:
    recorded, (behind, since) = hits_in(records), waiting(records)
    if as_json:
        print_json(
            {
                "place": place,
                "is_usable": False,
                "problem": problem,
                "recorded": recorded,
                "waiting": behind,
                "waiting_since": since,
                "refused": refused,
            }
        )
        return
    err.print(
        f"Chỉ mục không dùng được / The index cannot be used: {escape(problem)}\n"
        f"{recorded} mục trong hồ sơ, {behind} thay đổi đang chờ / {recorded} hits recorded, {behind} changes waiting",
        highlight=False,
        soft_wrap=True,
    )


def _json(found: IndexReport, refused: dict[int, str], differing: dict[int, Difference] | None) -> dict[str, Any]:
    state = found.state
    told: dict[str, Any] = {
        "engine": state.engine,
        "server": state.server,
        "place": state.place,
        "name": state.name,
        "schema": state.schema,
        "condition": state.condition,
        "is_usable": state.condition is IndexCondition.READY,
        "problem": state.problem,
        "hits": state.hits,
        "recorded": found.hits,
        "lost": found.lost,
        "waiting": found.waiting,
        "waiting_since": found.waiting_since,
        "refused": found.refused,
        "refusals": dict(islice(refused.items(), REASONS)),
        "is_rebuilding": found.is_rebuilding,
        "is_behind": state.is_behind,
        "filling": state.filling,
        "needs_rebuild": found.needs_rebuild,
    }
    if differing is not None:
        told["differences"] = {
            kind: [one for one, differs in differing.items() if differs is kind] for kind in Difference
        }
    return told


def _show(found: IndexReport, refused: dict[int, str], differing: dict[int, Difference] | None) -> None:
    state = found.state
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")

    def row(name: str, text: str) -> None:
        table.add_row(name, escape(text))

    row("Chỉ mục / Index", f"{state.engine}, {state.server}, {state.place}")
    if state.name:
        row("Tên / Name", f"{state.name} (schema {state.schema})")
    row("Tình trạng / Condition", _CONDITIONS[state.condition])
    if state.problem:
        row("Vấn đề / Problem", state.problem)
    held = "?" if state.hits is None else str(state.hits)
    row("Số mục / Hits", f"{held} trong chỉ mục, {found.hits} trong hồ sơ / {held} indexed, {found.hits} recorded")
    if found.lost:
        row("Bị mất / Lost", f"{found.lost} mục đã từng được đưa vào / {found.lost} hits that it held before")
    since = f"{found.waiting_since:%Y-%m-%d %H:%M:%S} UTC" if found.waiting_since else ""
    waits = f"{found.waiting} thay đổi, từ {since} / {found.waiting} changes, since {since}"
    row("Đang chờ / Waiting", waits if found.waiting else "không / none")
    if found.refused:
        row("Bị từ chối / Refused", f"{found.refused} mục / {found.refused} hits")
        for hit_id, reason in islice(refused.items(), REASONS):
            row("", f"{hit_id}: {reason}")
    if found.is_rebuilding or state.filling is not None or state.is_behind:
        row("Lập lại / Rebuild", _rebuild_line(found))
    elif found.needs_rebuild:
        row("Lập lại / Rebuild", "cần / needed: `luoitroi up`, `luoitroi index rebuild`")
    if differing is not None:
        row("So với hồ sơ / Compared", _differences_line(differing))
    out.print(table)


def _rebuild_line(found: IndexReport) -> str:
    if found.state.is_behind:
        far = "đã thay chỉ mục cũ, đang cập nhật / took over, catching up"
    else:
        filled = found.state.filling or 0
        far = f"{filled}/{found.hits}"
    if found.is_rebuilding:
        return f"đang chạy / under way: {far}"
    return f"dở dang, lần sau sẽ làm tiếp / interrupted, the next one goes on: {far}"


def _differences_line(differing: dict[int, Difference]) -> str:
    if not differing:
        return "khớp / the same"
    counts = Counter(differing.values())
    said = ", ".join(f"{counts[kind]} {name}" for kind, name in _DIFFERENCES.items() if counts[kind])
    return f"{said}: {', '.join(map(str, islice(differing, REASONS)))}{'…' if len(differing) > REASONS else ''}"


_DIFFERENCES = {
    Difference.MISSING: "thiếu / missing",
    Difference.STALE: "cũ / stale",
    Difference.UNKNOWN: "không có trong hồ sơ / unknown to the records",
}
