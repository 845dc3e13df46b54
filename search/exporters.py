"""Exporters: hits out, in formats other programs read. One class and one line in `exporters` make a new one."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol, TextIO

from matchers.hosts.brands import BrandIndex
from matchers.hosts.platforms import is_shared
from search.hits import Hit
from search.status import Status

BLOCKABLE = (Status.CONFIRMED, Status.HANDED_OVER, Status.TAKEN_DOWN)
"""Only what a person confirmed goes into block lists."""
_BLOCKABLE_KINDS = ("landing", "host")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet may take as the start of a formula (OWASP, CSV Injection); full-width ones in East Asian Excel."""
_HOST_NAME = re.compile(r"(?=.{4,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z][a-z0-9-]*[a-z0-9]\Z")
_COLUMNS = (
    "id",
    "status",
    "category",
    "severity",
    "title",
    "url",
    "host",
    "source",
    "first_seen_at",
    "last_seen_at",
    "seen_count",
    "reason_vi",
    "reason_en",
    "identifiers",
    "rules_version",
    "packs",
)


@dataclass(frozen=True, slots=True)
class Written:
    """What an exporter wrote: how many entries, and the hosts it kept out to block nobody else, with the reason."""

    count: int
    kept_out: Mapping[str, str] = field(default_factory=dict)


class Exporter(Protocol):
    """Writes hits as they come, holding none back. Every one passes `tests/search/test_exporters.py`."""

    media_type: str
    suffix: str

    def write(self, hits: Iterable[Hit], out: TextIO) -> Written:
        """Write the hits this format is for to `out`."""


class CsvExporter:
    """A table that opens right in Excel: UTF-8 with a byte-order mark, no cell that runs as a formula."""

    media_type = "text/csv; charset=utf-8"
    suffix = "csv"

    def write(self, hits: Iterable[Hit], out: TextIO) -> Written:
        out.write("\ufeff")
        writer = csv.writer(out)
        writer.writerow(_COLUMNS)
        count = 0
        for hit in hits:
            writer.writerow([_cell(_column(hit, name)) for name in _COLUMNS])
            count += 1
        return Written(count)


class JsonLinesExporter:
    """One JSON object a line with everything the records hold of a hit."""

    media_type = "application/x-ndjson"
    suffix = "jsonl"

    def write(self, hits: Iterable[Hit], out: TextIO) -> Written:
        count = 0
        for hit in hits:
            out.write(json.dumps(asdict(hit), ensure_ascii=False, default=_plain) + "\n")
            count += 1
        return Written(count)


class HostsExporter:
    """A hosts file of confirmed fraudulent sites, each host once. Posts and articles block nobody's platform.

    Nor does a landing page on a platform that many share, or on a brand's own domain: such hosts are named in
    comments, so that somebody reports the page to the platform instead.
    """

    media_type = "text/plain; charset=utf-8"
    suffix = "hosts"

    def __init__(self, brands: BrandIndex) -> None:
        self.brands = brands

    def write(self, hits: Iterable[Hit], out: TextIO) -> Written:
        written: set[str] = set()
        kept_out: dict[str, str] = {}
        for hit in hits:
            host = confirmed_host(hit)
            if not host or host in written or host in kept_out:
                continue
            if reason := innocence(host, self.brands):
                kept_out[host] = reason
                out.write(f"# không chặn / not blocked: {host} ({reason})\n")
            else:
                written.add(host)
                out.write(f"0.0.0.0 {host}\n")
        return Written(len(written), kept_out)


def exporters(brands: BrandIndex) -> Mapping[str, Exporter]:
    """An exporter for each format. The official domains of `brands` stand in no block list."""
    return {
        "csv": CsvExporter(),
        "jsonl": JsonLinesExporter(),
        "hosts": HostsExporter(brands),
    }


FORMATS: Final = tuple(exporters(BrandIndex(())))


def confirmed_host(hit: Hit) -> str:
    """The host name, in ASCII, of a landing site or bare host that a person confirmed; "" for any other hit.

    Only names: an address of a machine may serve many.
    """
    if hit.status not in BLOCKABLE or hit.page_kind not in _BLOCKABLE_KINDS:
        return ""
    try:
        host = hit.host.encode("idna").decode("ascii")
    except UnicodeError:
        return ""
    return host if _HOST_NAME.match(host) else ""


def innocence(host: str, brands: BrandIndex) -> str:
    """Why blocking `host` (ASCII) would hit others than the fraudster; "" where it would not."""
    if brands.is_official(host):
        return "tên miền chính thức của thương hiệu / official domain of a brand"
    if is_shared(host):
        return "trang nhiều người dùng chung / site that many people share"
    return ""


def _column(hit: Hit, name: str) -> Any:
    if name == "identifiers":
        return "; ".join(f"{identifier.kind}:{identifier.value}" for identifier in hit.identifiers)
    if name == "packs":
        return "; ".join(dict.fromkeys(match.facts["pack"] for match in hit.matches if "pack" in match.facts))
    return getattr(hit, name)


def _cell(value: Any) -> str:
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")
