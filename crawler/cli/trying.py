"""`luoitroi rules try`: what fires on a text, a file or a page of the web, why, and what all but fired."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.markup import escape
from rich.text import Text

from crawler.cli.loading import Packs, load_strictly
from crawler.cli.output import AsJson, err, fail, out, print_json
from crawler.settings import load_settings
from matchers.examples import NEUTRAL_URL
from matchers.hosts.defang import defang
from matchers.judge import Judge
from matchers.match import Match, Verdict
from matchers.nearly import NearMiss, near_misses
from matchers.pack import Condition
from matchers.page import Page, PageKind
from matchers.reading import Reading
from matchers.rules import Rules
from matchers.score import points, what_counts

SHOWN_MISSES: Final = 5
_SHOWN_TEXT: Final = 3_000  # characters of a page that are printed
_LONGEST_PATH: Final = 1024


def try_rules(
    what: Annotated[
        str,
        typer.Argument(help="Văn bản, tệp hoặc địa chỉ / A text, a file, or an address.", metavar="TEXT|FILE|URL"),
    ],
    packs: Packs = None,
    kind: Annotated[
        PageKind | None, typer.Option(help="Loại trang / What sort of page to take it for: post, landing for a URL.")
    ] = None,
    url: Annotated[str, typer.Option(help="Địa chỉ của văn bản / The text's address, for rules on hosts.")] = (
        NEUTRAL_URL
    ),
    title: Annotated[str, typer.Option(help="Tiêu đề của văn bản / The text's title.")] = "",
    render: Annotated[bool, typer.Option("--render", help="Xem bằng trình duyệt / Read the URL in a browser.")] = False,
    as_json: Annotated[bool, AsJson] = False,
) -> None:
    """Cho biết luật nào khớp, vì sao, và luật nào suýt khớp / What fires, why, and what all but fired.

    Địa chỉ được tải như khi thu thập và không lưu lại / An address is fetched as a crawl does; nothing is kept.

    Ví dụ / Example: luoitroi rules try "Vay nhanh, nợ xấu vẫn vay được, zalo 0900 000 000"
    """
    rules = load_strictly(packs)
    if what.startswith(("http://", "https://")):
        page = _fetched(what, render)
        page = page if kind is None else replace(page, kind=kind)
    else:
        if render:
            fail("--render shows an address in a browser; a text or file is read as it is")
        kind = kind or PageKind.POST
        page = Page(url=url, fetched_at=datetime.now(UTC), source="try", kind=kind, title=title, text=_text(what))
    verdict = Judge(rules).judge(page)
    misses = near_misses(page, rules)[:SHOWN_MISSES]
    if as_json:
        print_json(_json(page, verdict, misses, rules))
    else:
        _tell(page, verdict, misses, rules)


def _fetched(url: str, renders: bool) -> Page:
    # Imported where it is needed: Scrapy takes half a second.
    from crawler.single import fetch_page

    logging.disable(logging.WARNING)  # said below, in words
    fetched = fetch_page(url, load_settings(), renders=renders)
    for failure in fetched.failures:
        err.print(f"[yellow]{failure.kind}[/] {escape(defang(failure.url))} {escape(failure.detail)}", highlight=False)
    if fetched.page is None:
        fail(f"{defang(url)}: no page could be read", 1)
    return fetched.page


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


def facts_of(page: Page, rules: Rules) -> list[str]:
    """The facts, of those that rules may ask for, that hold of the page."""
    reading = Reading(page, rules)
    return [name for name in Condition.model_fields if name != "kinds" and reading.fact(name)]


def heaviest(verdict: Verdict) -> tuple[str, list[Match]]:
    """The category that comes nearest to a hit, and the matches that make up its score, the heaviest first."""
    counted = what_counts(verdict.matches)
    if not counted:
        return "", []
    best = max(counted, key=lambda category: (sum(map(points, counted[category])), category))
    return best, sorted(counted[best], key=points, reverse=True)


def _json(page: Page, verdict: Verdict, misses: list[NearMiss], rules: Rules) -> dict[str, Any]:
    category, counted = heaviest(verdict)
    return {
        "is_hit": verdict.is_hit,
        "category": verdict.category,
        "severity": verdict.severity.name.lower(),
        "score": verdict.score,
        "reason_vi": verdict.reason_vi,
        "reason_en": verdict.reason_en,
        "rules_version": verdict.rules_version,
        "page": {
            "url": page.url,
            "kind": page.kind,
            "status": page.status,
            "title": page.title,
            "characters": len(page.text),
            "redirect_chain": page.redirect_chain,
            "links": len(page.links),
            "forms": len(page.forms),
            "contacts": page.contacts,
            "facts": dict(page.facts),
            "holds": facts_of(page, rules),
        },
        "matches": [
            {
                "rule": match.rule,
                "category": match.category,
                "weight": round(match.weight, 3),
                "confidence": match.confidence,
                "quote": match.quote,
                "reason_vi": match.reason_vi,
                "pack": match.facts.get("pack", ""),
                "references": _references(match, rules),
                "span": (
                    {"field": match.span.field, "start": match.span.start, "end": match.span.end}
                    if match.span
                    else None
                ),
            }
            for match in verdict.matches
        ],
        "sum": {
            "category": category,
            "lines": [{"rule": match.rule, "points": round(points(match), 3)} for match in counted],
        },
        "nearly": [
            {
                "rule": miss.rule.name,
                "weight": miss.rule.weight,
                "missing_vi": miss.missing_vi,
                "missing_en": miss.missing_en,
            }
            for miss in misses
        ],
    }


def _references(match: Match, rules: Rules) -> list[str]:
    rule = rules.by_name.get(match.rule)
    return rule.source.references if rule else []


def _tell(page: Page, verdict: Verdict, misses: list[NearMiss], rules: Rules) -> None:
    shown = Text(page.text)
    for match in verdict.matches:
        if match.span is not None and match.span.field == "text":
            shown.stylize(_style(match), match.span.start, match.span.end)
    out.print(shown[:_SHOWN_TEXT], Text("…") if len(shown) > _SHOWN_TEXT else Text(""))
    _tell_page(page, rules)
    category, counted = heaviest(verdict)
    out.print("[bold]Khớp / What fires[/]")
    beside = [match for match in verdict.matches if match not in counted]
    for match in (*counted, *beside):
        weight = f"{points(match):+.2f}" if match in counted else f"({match.category})" if match.category else ""
        out.print(f"  {weight:>6}  {escape(match.rule)}  {escape(match.reason_vi)}", highlight=False, soft_wrap=True)
        for reference in _references(match, rules):
            out.print(f"          ↳ {escape(reference)}", highlight=False, soft_wrap=True)
    if counted:
        total = sum(map(points, counted))
        out.print(f"  {total:+6.2f}  = {escape(category)} (≥ 1.00: hit)", highlight=False, style="bold")
    for miss in misses:
        if miss is misses[0]:
            out.print("[bold]Suýt khớp / All but fired[/]")
        missing = escape(f"{miss.missing_vi} / {miss.missing_en}")
        out.print(f"  {miss.rule.weight:+6.2f}  {miss.rule.name}  {missing}", highlight=False, soft_wrap=True)
    if verdict.is_hit:
        severity = verdict.severity.name.lower()
        out.print(f"[bold red]{verdict.category}[/] ({severity}), {verdict.score:.2f}", highlight=False)
        out.print(escape(verdict.reason_vi), highlight=False)
    else:
        out.print(f"[green]không có dấu hiệu / no hit[/], {verdict.score:.2f}", highlight=False)


def _tell_page(page: Page, rules: Rules) -> None:
    holds = ", ".join(facts_of(page, rules)) or "–"
    out.print(f"[bold]Trang / Page[/]  {page.kind}: {holds}", highlight=False, soft_wrap=True)
    if page.url == NEUTRAL_URL:
        return
    chain = "".join(f"{defang(url)} → " for url in page.redirect_chain)
    counts = f"{len(page.text)} characters, {len(page.links)} links, {len(page.forms)} forms"
    out.print(f"  {escape(chain)}{escape(defang(page.url))}, status {page.status}", highlight=False, soft_wrap=True)
    out.print(f"  “{escape(page.title)}”, {counts}, contacts: {len(page.contacts)}", highlight=False, soft_wrap=True)
    for name, value in page.facts.items():
        out.print(f"  {escape(name)}: {escape(value[:200])}", highlight=False, soft_wrap=True)


def _style(match: Match) -> str:
    if match.identifier is not None:
        return "bold cyan"
    return "bold green" if match.weight < 0 else "bold white on red"
