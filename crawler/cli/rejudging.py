"""`luoitroi rules apply`: what the rules as they are now make of the hits that earlier rules found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from crawler.cli.loading import load_strictly
from crawler.cli.output import AsJson, err, fail, out, print_json
from crawler.installed import opened
from crawler.settings import load_settings
from crawler.source import TIME_ZONE
from matchers.hosts.defang import defang
from matchers.judge import Judge
from search.indexes.index import Index, IndexUnavailable
from search.outbox import deliver
from search.records import Records
from search.rejudging import Effect, Judgement, Question, Rejudged, apply_rules, count_hits, preview

SHOWN: Final = 50
"""Hits that are listed for people; `--json` lists all."""
_EFFECTS: Final = {
    Effect.UNFLAGGED: "Không còn gắn cờ / No longer flagged",
    Effect.FLAGGED_AGAIN: "Gắn cờ trở lại / Flagged again",
    Effect.CATEGORY: "Loại vi phạm khác / Another category",
    Effect.SEVERITY: "Mức độ khác / Another severity",
    Effect.SCORE: "Điểm khác / Another score",
    Effect.REASON: "Lý do hoặc định danh khác / Other reasons or identifiers",
    Effect.NONE: "Như cũ / Unchanged",
}


def apply(
    since: Annotated[str, typer.Option(help="Các mục thấy lần cuối từ ngày này / Hits last seen since: 2026-11-01.")],
    category: Annotated[
        list[str] | None, typer.Option(help="Chỉ loại này; dùng được nhiều lần / Only this category; may repeat.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Ghi thay đổi / Write what would change.")] = False,
    as_json: Annotated[bool, AsJson] = False,
) -> None:
    """Đánh giá lại các mục đã lưu theo luật hiện hành / Judge stored hits again by the rules as they are now.

    Không có --yes thì chỉ cho biết sẽ thay đổi gì / Without --yes it only tells what would change.

    Ví dụ / Example: luoitroi rules apply --since 2026-11-01 --category loan_credit
    """
    question = Question(_day(since), tuple(category or ()))
    rules = load_strictly()
    if unknown := [name for name in question.categories if name not in rules.categories]:
        fail(f"there is no category {unknown[0]!r}; `luoitroi rules list` shows them")
    judge, version = Judge(rules), rules.version
    with opened(load_settings()) as (records, index):
        expected = count_hits(records, question, version)
        told = (apply_rules if yes else preview)(records, question, judge.judge, version)
        changed, counts, left = _gather(told, expected, shows_progress=not as_json)
        waits = _deliver(records, index) if yes else ""
    if as_json:
        print_json(
            {
                "rules_version": version,
                "is_written": yes,
                "judged": sum(counts.values()),
                "counts": {effect: counts[effect] for effect in Effect},
                "left": dict(left),
                "index": waits or "ok",
                "changes": [_json(one) for one in changed],
            }
        )
        return
    _tell(changed, counts, left, yes)
    if waits:
        err.print(f"[yellow]{escape(waits)}[/]; `luoitroi up` delivers the rest", highlight=False)


def _day(since: str) -> datetime:
    try:
        at = datetime.fromisoformat(since)
    except ValueError:
        fail(f"--since {since!r} is no date; write it as 2026-11-01")
    return at if at.tzinfo else at.replace(tzinfo=ZoneInfo(TIME_ZONE)).astimezone(UTC)


def _gather(
    told: Iterator[Rejudged], expected: int, *, shows_progress: bool
) -> tuple[list[Rejudged], Counter[Effect], Counter[str]]:
    """The hits that are judged otherwise, how many there are of each effect, and why which are left as they are."""
    changed: list[Rejudged] = []
    counts: Counter[Effect] = Counter()
    left: Counter[str] = Counter()
    with Progress(console=err, transient=True, disable=not shows_progress) as progress:
        bar = progress.add_task("Đánh giá lại / Judging again", total=expected)
        for one in told:
            progress.advance(bar)
            counts[one.effect] += 1
            if one.effect is Effect.NONE:
                continue
            changed.append(one)
            if not one.is_whole:
                left["only_text_known"] += 1
            elif one.is_decided:
                left["decided"] += 1
    return changed, counts, left


def _deliver(records: Records, index: Index) -> str:
    try:
        deliver(records, index)
    except IndexUnavailable as error:
        return f"{error.kind}: {error}"
    return ""


def _json(one: Rejudged) -> dict[str, Any]:
    return {
        "hit_id": one.hit_id,
        "url": one.url,
        "title": one.title,
        "status": one.status,
        "effect": one.effect,
        "is_decided": one.is_decided,
        "is_whole": one.is_whole,
        "is_written": one.is_written,
        "before": _judgement(one.before),
        "after": _judgement(one.after),
        "gained": [asdict(identifier) for identifier in one.gained],
        "lost": [asdict(identifier) for identifier in one.lost],
    }


def _judgement(judged: Judgement) -> dict[str, Any]:
    return {**asdict(judged), "severity": judged.severity.name.lower()}


def _tell(changed: list[Rejudged], counts: Counter[Effect], left: Counter[str], is_written: bool) -> None:
    for one in changed[:SHOWN]:
        mark = "" if one.is_whole and not one.is_decided else " (để nguyên / left as it is)"
        out.print(
            f"[bold]{one.hit_id}[/] {escape(one.title or defang(one.url))}  [{one.status}]{mark}",
            highlight=False,
            soft_wrap=True,
        )
        for sign, judged in (("-", one.before), ("+", one.after)):
            head = f"{judged.category}, {judged.severity.name.lower()}, {judged.score:.2f}"
            out.print(f"  {sign} {head}: {escape(judged.reason_vi)}", highlight=False, soft_wrap=True)
        for sign, identifiers in (("+", one.gained), ("-", one.lost)):
            for identifier in identifiers:
                out.print(f"  {sign} {identifier.kind} {escape(identifier.value)}", highlight=False)
    if len(changed) > SHOWN:
        out.print(f"… {len(changed) - SHOWN} mục nữa, --json cho xem hết / more, --json lists all")
    table = Table(title="Đã ghi / Written" if is_written else "Sẽ thay đổi / What would change")
    table.add_column("")
    table.add_column("Mục / Hits", justify="right")
    for effect, name in _EFFECTS.items():
        table.add_row(name, str(counts[effect]))
    table.add_section()
    table.add_row("Đã quyết định, giữ nguyên / Decided, kept as they are", str(left["decided"]))
    table.add_row("Chỉ còn lưu văn bản, để nguyên / Only their text is known, left", str(left["only_text_known"]))
    out.print(table)
    if not is_written and changed:
        out.print("Thêm --yes để ghi / Add --yes to write it")
