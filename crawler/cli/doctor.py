"""`luoitroi doctor`: is everything in place? A line each, with the remedy where something is wrong."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.markup import escape

from crawler.cli.output import AsJson, out, print_json
from crawler.installed import index_place, installed_index
from crawler.rules import installed_rules
from crawler.settings import Settings, load_settings, settings_file
from crawler.source import SourceError, load_sources
from evidence.browser import find_chromium, sandbox_obstacle
from evidence.failure import EvidenceError
from evidence.signing import SigningKey
from matchers.pictures.ocr import ENGLISH, find_tesseract
from search.indexes.index import IndexUnavailable
from search.outbox import waiting
from search.records import RecordsError, open_records
from search.saved import broken_searches

ENOUGH_FREE_BYTES: Final = 2 * 1024**3
EARLIEST_CLOCK: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""No machine that runs this release can be earlier: a clock before it is wrong."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `state` is ok, warning or wrong; `remedy` says what to do where it is not ok."""

    name: str
    state: str
    detail: str
    remedy: str = ""


def doctor(as_json: Annotated[bool, AsJson] = False) -> None:
    """Look at browser, Tesseract, records, index, disk, clock, keys and write access. Status 1 when something is wrong.

    Example: luoitroi doctor
    """
    findings = examine(load_settings())
    if as_json:
        print_json([{name: getattr(finding, name) for name in Finding.__slots__} for finding in findings])
    else:
        colours = {"ok": "green", "warning": "yellow", "wrong": "bold red"}
        for finding in findings:
            colour = colours[finding.state]
            out.print(f"[{colour}]{finding.state:8}[/]{finding.name:10} {escape(finding.detail)}", highlight=False)
            if finding.remedy:
                out.print(f"{'':18} → {escape(finding.remedy)}", highlight=False)
    if any(finding.state == "wrong" for finding in findings):
        raise typer.Exit(1)


def examine(settings: Settings) -> list[Finding]:
    """Every finding about this installation, in a fixed order."""
    checks: tuple[Callable[[Settings], Finding], ...] = (
        _settings,
        _write_access,
        _disk,
        _clock,
        _records,
        _index,
        _browser,
        _tesseract,
        _keys,
        _sources,
        _rules,
        _searches,
    )
    return [check(settings) for check in checks]


def _settings(settings: Settings) -> Finding:
    path = settings_file()
    detail = f"{path} and the environment" if path.exists() else f"defaults and the environment (no {path})"
    if settings.allow_private_addresses:
        return Finding(
            "settings", "warning", f"{detail}; private addresses may be fetched", "unset allow_private_addresses"
        )
    if not settings.crawl.contact:
        return Finding("settings", "warning", f"{detail}; no contact in the user agent", "set crawl.contact")
    return Finding("settings", "ok", detail)


def _write_access(settings: Settings) -> Finding:
    folder = settings.data_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder) as probe:
            probe.write(b"x")
            os.fsync(probe.fileno())
    except OSError as error:
        return Finding("write", "wrong", f"{folder}: {error.strerror}", "give its owner write access, or set data_dir")
    return Finding("write", "ok", f"{folder} can be written")


def _disk(settings: Settings) -> Finding:
    place = next(path for path in (settings.data_dir, *settings.data_dir.parents) if path.exists())
    free = shutil.disk_usage(place).free
    detail = f"{free / 1024**3:.1f} GiB free at {place}"
    if free < ENOUGH_FREE_BYTES:
        return Finding("disk", "wrong", detail, f"free some: captures need {ENOUGH_FREE_BYTES / 1024**3:.0f} GiB")
    return Finding("disk", "ok", detail)


def _clock(_settings: Settings) -> Finding:
    now = datetime.now(UTC)
    if now < EARLIEST_CLOCK:
        return Finding(
            "clock", "wrong", f"{now:%Y-%m-%d %H:%M} UTC is in the past", "set the clock, start an NTP client"
        )
    synchronised = Path("/run/systemd/timesync/synchronized")
    if not synchronised.exists() and not Path("/run/chrony").exists():
        remedy = "start systemd-timesyncd or chrony, so that evidence carries the right time"
        return Finding("clock", "warning", f"{now:%Y-%m-%d %H:%M:%S} UTC, nothing seen that keeps it right", remedy)
    return Finding("clock", "ok", f"{now:%Y-%m-%d %H:%M:%S} UTC, kept right")


def _records(settings: Settings) -> Finding:
    started = time.perf_counter()
    try:
        records = open_records(settings.records.url, lock_wait_seconds=5)
        with records.write():
            pass
    except RecordsError as error:
        return Finding("records", "wrong", f"{error.kind}: {error}", "see the message; nothing recorded is lost")
    place = records.engine.url.render_as_string(hide_password=True)
    records.close()
    return Finding("records", "ok", f"{place}, answered in {(time.perf_counter() - started) * 1000:.0f} ms")


def _index(settings: Settings) -> Finding:
    try:
        records = open_records(settings.records.url, lock_wait_seconds=5)
        index, place = installed_index(settings, records), index_place(settings, records)
        held, (behind, since) = index.count(), waiting(records)
        records.close()
    except (RecordsError, IndexUnavailable, sqlite3.Error) as error:
        return Finding("index", "wrong", str(error), "see the records' line, then run `luoitroi index rebuild`")
    if since is not None:
        remedy = "run `luoitroi up`, which delivers them"
        return Finding("index", "warning", f"{held} hits, {behind} waiting since {since:%Y-%m-%d %H:%M} UTC", remedy)
    return Finding("index", "ok", f"{held} hits at {place}, up to date")


def _browser(settings: Settings) -> Finding:
    chromium = find_chromium(settings.browser.executable)
    if chromium is None:
        looked = settings.browser.executable or "the system's programs and Playwright's downloads"
        remedy = "apt-get install chromium, or .venv/bin/playwright install chromium"
        return Finding("browser", "wrong", f"no Chromium found in {looked}", remedy)
    detail = f"{chromium.version} at {chromium.executable} ({chromium.how_found})"
    obstacle = sandbox_obstacle()
    if obstacle is not None:
        return Finding("browser", "warning", f"{detail}, without its sandbox", obstacle)
    return Finding("browser", "ok", detail)


def _tesseract(settings: Settings) -> Finding:
    # Never wrong: codes in pictures, their likeness and all else work without it.
    name = settings.pictures.tesseract
    found = find_tesseract(name)
    if found is None:
        detail = f"no {name} that answers: words in pictures are not read, codes and likeness are"
        remedy = "apt-get install tesseract-ocr tesseract-ocr-vie, or set pictures.tesseract to where it is"
        return Finding("tesseract", "warning", detail, remedy)
    detail = f"{found.version} at {found.path}"
    if not found.reads_vietnamese:
        how = "are read as English, mostly wrong" if ENGLISH in found.languages else "are not read"
        detail = f"{detail}, without Vietnamese: Vietnamese words in pictures {how}"
        return Finding("tesseract", "warning", detail, "apt-get install tesseract-ocr-vie")
    return Finding("tesseract", "ok", f"{detail}, reads Vietnamese")


def _keys(settings: Settings) -> Finding:
    try:
        key = SigningKey.load_or_create(settings.keys_dir)
    except EvidenceError as error:
        return Finding("keys", "wrong", str(error), "restore the key from its backup, see docs/evidence.md")
    return Finding(
        "keys", "ok", f"signing key {key.public.fingerprint[:16]}… in {settings.keys_dir}; keep a backup of it"
    )


def _sources(settings: Settings) -> Finding:
    try:
        found = load_sources(settings.crawl.sources)
    except SourceError as error:
        return Finding("sources", "wrong", str(error.problems[0]), "run `luoitroi sources check` for all of them")
    enabled = sum(source.enabled for source in found)
    return Finding("sources", "ok", f"{len(found)} sources, {enabled} enabled")


def _rules(settings: Settings) -> Finding:
    installed = installed_rules(settings)
    if installed.refusal is not None:
        return Finding("rules", "wrong", str(installed.refusal), "correct the files; `luoitroi rules lint` checks them")
    rules = installed.rules
    return Finding(
        "rules", "ok", f"version {rules.version}, {len(rules.categories)} categories, {len(rules.rules)} rules"
    )


def _searches(settings: Settings) -> Finding:
    try:
        records = open_records(settings.records.url, lock_wait_seconds=5)
        broken = broken_searches(records)
        records.close()
    except RecordsError as error:
        return Finding("searches", "wrong", f"{error.kind}: {error}", "see the records' line")
    if broken:
        named = ", ".join(f"{search.name!r} of {search.owner}" for search in broken)
        remedy = "have their owners correct or delete them: they raise no alerts"
        return Finding("searches", "warning", f"no query of this version: {named}", remedy)
    return Finding("searches", "ok", "every saved search is understood")
