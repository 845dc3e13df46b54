"""`luoitroi campaigns`: hits that belong together, why, and what people make of it."""

from __future__ import annotations

from dataclasses import asdict
from getpass import getuser
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import Progress
from rich.table import Column, Table

from crawler.cli.output import AsJson, err, fail, out, print_json
from crawler.installed import opened
from crawler.settings import load_settings
from matchers.hosts.defang import defang, plain
from search.campaigns.campaign import Campaign, CampaignOrder, campaign, campaigns, count_campaigns, path
from search.campaigns.retying import rebuild_campaigns
from search.campaigns.splitting import (
    CampaignError,
    cut_tie,
    free_value,
    part_hit,
    restore_tie,
    stop_value,
    stop_values,
)
from search.campaigns.ties import TIE_KINDS

app = typer.Typer(
    help="Chiến dịch, tức các mục cùng nhóm / Campaigns: hits that belong together.", no_args_is_help=True
)
Hit = Annotated[int, typer.Argument(min=1, help="Số của mục / The hit's number.")]
Kind = Annotated[str, typer.Argument(help=f"{', '.join(TIE_KINDS)}.")]
Value = Annotated[str, typer.Argument(help="Như trong 'show' / As 'show' has it.")]
Note = Annotated[str, typer.Option("--note", help="Lý do, ghi vào lịch sử / Why, for the history.")]


@app.command("list")
def show_all(
    limit: Annotated[int, typer.Option(min=1, max=500)] = 20,
    offset: Annotated[int, typer.Option(min=0)] = 0,
    order: Annotated[CampaignOrder, typer.Option(help="Mới nhất hay lớn nhất trước / Newest or largest first.")] = (
        CampaignOrder.NEWEST
    ),
    as_json: Annotated[bool, AsJson] = False,
) -> None:
    """Liệt kê các chiến dịch / List the campaigns.

    Ví dụ / Example: luoitroi campaigns list --order size
    """
    with opened(load_settings()) as (records, _):
        found, total = campaigns(records, limit, offset, order), count_campaigns(records)
    if as_json:
        print_json({"total": total, "campaigns": [asdict(line) for line in found]})
        return
    columns = ("Số / Id", "Tên / Name", "Mục / Hits", "Còn mở / Open", "Gần nhất / Last seen")
    table = Table(*columns, Column("Chung / Shared", overflow="fold"), title=f"{total} chiến dịch / campaigns")
    for line in found:
        table.add_row(
            str(line.id),
            escape(plain(line.name)) or "—",
            str(line.size),
            str(line.open_count),
            f"{line.last_seen_at:%Y-%m-%d %H:%M} UTC",
            escape(plain("; ".join(tie.sentence_vi for tie in line.top))),
        )
    out.print(table)


@app.command("show")
def show(
    number: Annotated[int, typer.Argument(min=1, help="Số của chiến dịch / The campaign's number.")],
    as_json: Annotated[bool, AsJson] = False,
) -> None:
    """Một chiến dịch: các mục, và điều gì nối chúng / One campaign: its hits, and what ties them.

    Ví dụ / Example: luoitroi campaigns show 12
    """
    with opened(load_settings()) as (records, _):
        found = campaign(records, number)
    if found is None:
        fail(f"không có chiến dịch {number} / there is no campaign {number}; see `luoitroi campaigns list`")
    if as_json:
        print_json(asdict(found))
        return
    _tell(found)


def _tell(found: Campaign) -> None:
    title = f"Chiến dịch / Campaign {found.id} {plain(found.name)}".rstrip()
    table = Table("Mục / Hit", "Trạng thái / Status", "Nhóm / Category", Column("Địa chỉ / Address", overflow="fold"))
    table.title = escape(f"{title}: {found.size} mục / hits")
    for member in found.members:
        table.add_row(str(member.hit_id), member.status, member.category, escape(defang(member.url)))
    out.print(table)
    for tie in found.ties:
        hits = ", ".join(map(str, sorted(tie.hit_ids)))
        line = f"{tie.kind} {tie.value}: {tie.sentence_vi} / {tie.sentence_en} ({hits})"
        out.print(plain(line), highlight=False, markup=False, soft_wrap=True)
    for cut in found.cuts:
        line = f"đã cắt / cut: {cut.kind} {cut.value}, {cut.hit_id}, {cut.cut_by}, {cut.cut_at:%Y-%m-%d}: {cut.note}"
        out.print(plain(line), highlight=False, markup=False, soft_wrap=True)


@app.command("path")
def show_path(one: Hit, other: Hit, as_json: Annotated[bool, AsJson] = False) -> None:
    """Hai mục nối với nhau qua những gì / By which steps one hit leads to another.

    Ví dụ / Example: luoitroi campaigns path 17 42
    """
    with opened(load_settings()) as (records, _):
        hops = path(records, one, other)
    if as_json:
        print_json([asdict(hop) for hop in hops])
        return
    if not hops:
        fail(f"{one} và {other} không cùng chiến dịch / hits {one} and {other} are not in one campaign", status=1)
    for hop in hops:
        line = f"{hop.from_hit_id} → {hop.to_hit_id}: {hop.sentence_vi} / {hop.sentence_en}"
        out.print(plain(line), highlight=False, markup=False, soft_wrap=True)


@app.command("cut")
def cut(hit: Hit, kind: Kind, value: Value, note: Note, as_json: Annotated[bool, AsJson] = False) -> None:
    """Cắt một mối nối của một mục / Cut one tie of a hit.

    Ví dụ / Example: luoitroi campaigns cut 17 phone +84912000111 --note "số của tòa soạn"
    """
    with opened(load_settings()) as (records, _):
        try:
            cut_tie(records, hit, kind, value, getuser(), note)
        except CampaignError as error:
            fail(str(error), status=1)
    _done(as_json, f"Đã cắt / Cut: {hit} {kind} {value}", hit_id=hit, kind=kind, value=value)


@app.command("restore")
def restore(hit: Hit, kind: Kind, value: Value, note: Note, as_json: Annotated[bool, AsJson] = False) -> None:
    """Nối lại mối nối đã cắt / Take back that a tie was cut.

    Ví dụ / Example: luoitroi campaigns restore 17 phone +84912000111 --note "cắt nhầm"
    """
    with opened(load_settings()) as (records, _):
        try:
            restore_tie(records, hit, kind, value, getuser(), note)
        except CampaignError as error:
            fail(str(error), status=1)
    _done(as_json, f"Đã nối lại / Restored: {hit} {kind} {value}", hit_id=hit, kind=kind, value=value)


@app.command("part")
def part(hit: Hit, note: Note, as_json: Annotated[bool, AsJson] = False) -> None:
    """Tách một mục khỏi chiến dịch / Part a hit from its campaign: cut all that ties it to others.

    Ví dụ / Example: luoitroi campaigns part 17 --note "bài báo cảnh báo"
    """
    with opened(load_settings()) as (records, _):
        try:
            count = part_hit(records, hit, getuser(), note)
        except CampaignError as error:
            fail(str(error), status=1)
    _done(as_json, f"Đã tách / Parted: {hit}, {count} mối nối / ties", hit_id=hit, cut=count)


@app.command("stop")
def stop(kind: Kind, value: Value, note: Note, as_json: Annotated[bool, AsJson] = False) -> None:
    """Không nối các mục bằng giá trị này nữa / Let a value tie no hits any more.

    Ví dụ / Example: luoitroi campaigns stop phone "1900 1234" --note "tổng đài của hãng"
    """
    with opened(load_settings()) as (records, _):
        try:
            tie = stop_value(records, kind, value, getuser(), note)
        except CampaignError as error:
            fail(str(error), status=1)
    _done(as_json, f"Không nối nữa / Stopped: {tie.kind} {tie.value}", kind=tie.kind, value=tie.value)


@app.command("free")
def free(kind: Kind, value: Value, note: Note, as_json: Annotated[bool, AsJson] = False) -> None:
    """Lại nối các mục bằng giá trị này / Let a stopped value tie hits again.

    Ví dụ / Example: luoitroi campaigns free phone "1900 1234" --note "số giả mạo tổng đài"
    """
    with opened(load_settings()) as (records, _):
        try:
            tie = free_value(records, kind, value, getuser(), note)
        except CampaignError as error:
            fail(str(error), status=1)
    _done(as_json, f"Lại nối / Freed: {tie.kind} {tie.value}", kind=tie.kind, value=tie.value)


@app.command("stopped")
def stopped(as_json: Annotated[bool, AsJson] = False) -> None:
    """Những giá trị không nối mục nào / What ties nobody: people's, the program's own, and what ships.

    Ví dụ / Example: luoitroi campaigns stopped --json
    """
    with opened(load_settings()) as (records, _):
        values = stop_values(records)
    if as_json:
        print_json([asdict(value) for value in values])
        return
    table = Table("Loại / Kind", "Giá trị / Value", "Nối / Ties", "Lý do / Reason", "Ai / Who")
    for value in values:
        ties = "? (cần xem lại / to be checked)" if value.is_to_check else "—" if value.is_stopped else "✓"
        row = (value.kind, value.value, ties, value.reason, value.decided_by or "luoitroi")
        table.add_row(*(escape(plain(cell)) for cell in row))
    out.print(table)


@app.command("rebuild")
def rebuild() -> None:
    """Nối lại mọi mục từ đầu / Tie every hit anew. `luoitroi up` does so by itself after an upgrade.

    Ví dụ / Example: luoitroi campaigns rebuild
    """
    with opened(load_settings()) as (records, _), Progress(console=err) as progress:
        task = progress.add_task("Nối lại các mục / Tying hits", total=None)
        total = rebuild_campaigns(records, lambda done, of: progress.update(task, completed=done, total=of))
        count = count_campaigns(records)
    out.print(f"{total} mục / hits, {count} chiến dịch / campaigns", highlight=False)


def _done(as_json: bool, line: str, **facts: object) -> None:
    if as_json:
        print_json(facts)
    else:
        out.print(plain(line), highlight=False, markup=False)
