"""Exporters: what each format may hold, and what every one of them must do."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pytest

from matchers.hosts.brands import Brand, BrandIndex
from matchers.match import Identifier
from matchers.page import PageKind
from search.exporters import BLOCKABLE, FORMATS, Exporter, Written, exporters
from search.hits import Hit, load_hits
from search.records import Records
from search.status import Status
from tests.search.material import PHONE, page, record, verdict

BRANDS = BrandIndex((Brand("vietcombank", "Vietcombank", "bank", official_domains=("vietcombank.com.vn",)),))
EXPORTERS = exporters(BRANDS)
NAMES = sorted(FORMATS)


@pytest.fixture
def hits(sqlite_records: Records) -> list[Hit]:
    """Two confirmed landing sites, as the records give them."""
    ids = [
        record(sqlite_records, page("https://vay-nhanh.top/a?x=1"), verdict(PHONE)).hit_id,
        record(sqlite_records, page("https://tien-lien.icu/", title='Tiền "liền" tay, nhé'), verdict()).hit_id,
    ]
    return [replace(hit, status=Status.CONFIRMED) for hit in load_hits(sqlite_records, ids)]


def _written(exporter: Exporter, hits: list[Hit]) -> str:
    out = io.StringIO(newline="")
    exporter.write(hits, out)
    return out.getvalue()


@pytest.mark.parametrize("name", NAMES)
def test_every_exporter_says_how_many_it_wrote_and_names_its_format(name: str, hits: list[Hit]) -> None:
    exporter = EXPORTERS[name]
    assert exporter.write(hits, io.StringIO()) == Written(2)
    assert exporter.write([], io.StringIO()) == Written(0)
    assert "/" in exporter.media_type
    assert exporter.suffix.isalnum()


@pytest.mark.parametrize("name", NAMES)
def test_every_exporter_writes_hits_as_they_come(name: str, hits: list[Hit]) -> None:
    out = io.StringIO()
    sizes: list[int] = []

    def stream() -> Iterator[Hit]:
        for hit in hits:
            sizes.append(len(out.getvalue()))
            yield hit
        sizes.append(len(out.getvalue()))

    EXPORTERS[name].write(stream(), out)
    assert sizes[0] < sizes[1] < sizes[2]


@pytest.mark.parametrize("name", NAMES)
def test_every_exporter_gives_the_same_for_the_same(name: str, hits: list[Hit]) -> None:
    assert _written(EXPORTERS[name], hits) == _written(EXPORTERS[name], hits)


def test_csv_reads_back(hits: list[Hit]) -> None:
    states = ("loan_credit 2026-11-25 (ab12cd)", "context (34ef56)", "loan_credit 2026-11-25 (ab12cd)")
    told = tuple(replace(hits[0].matches[0], facts={"pack": state}) for state in states)
    hits = [replace(hits[0], matches=(*told, *hits[0].matches)), hits[1]]
    written = _written(EXPORTERS["csv"], hits)
    assert written.startswith("\ufeff")
    first, second = csv.DictReader(io.StringIO(written.removeprefix("\ufeff"), newline=""))
    assert (first["url"], first["identifiers"]) == ("https://vay-nhanh.top/a?x=1", "phone:+84912000111")
    assert first["packs"] == "loan_credit 2026-11-25 (ab12cd); context (34ef56)"
    assert (first["rules_version"], second["packs"]) == ("r1", "")
    assert (second["title"], second["first_seen_at"]) == ('Tiền "liền" tay, nhé', "2026-11-20T03:30:00+00:00")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＠"])
def test_no_cell_of_a_csv_starts_as_a_formula(start: str, hits: list[Hit]) -> None:
    text = f'{start}HYPERLINK("http://x.top","xem")'
    hostile = replace(hits[0], title=text, host=text, reason_vi=text, identifiers=(Identifier(text, text),))
    rows = list(csv.reader(io.StringIO(_written(EXPORTERS["csv"], [hostile]).removeprefix("\ufeff"), newline="")))
    assert f"'{text}" in rows[1]
    assert not [cell for cell in rows[1] if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＠"))]


def test_json_lines_hold_everything(hits: list[Hit]) -> None:
    lines = _written(EXPORTERS["jsonl"], hits).splitlines()
    first = json.loads(lines[0])
    assert len(lines) == 2
    assert set(first) == set(Hit.__dataclass_fields__)
    assert first["text"] == hits[0].text
    assert first["identifiers"] == [{"kind": "phone", "value": "+84912000111"}]
    assert first["matches"][0]["span"] == {"field": "text", "start": 0, "end": 14, "picture": "", "box": None}
    assert first["last_seen_at"] == "2026-11-20T03:30:00+00:00"
    assert "Tiền" in lines[1]


@pytest.mark.parametrize(("status", "kind"), list(product(Status, PageKind)))
def test_hosts_files_hold_confirmed_landing_sites_and_host_names_alone(
    status: Status, kind: PageKind, hits: list[Hit]
) -> None:
    written = _written(EXPORTERS["hosts"], [replace(hits[0], status=status, page_kind=kind)])
    is_wanted = status in BLOCKABLE and kind in (PageKind.LANDING, PageKind.HOST)
    assert written == ("0.0.0.0 vay-nhanh.top\n" if is_wanted else "")


def test_only_decisions_against_a_hit_are_blockable() -> None:
    assert set(BLOCKABLE) == {Status.CONFIRMED, Status.HANDED_OVER, Status.TAKEN_DOWN}


def test_hosts_files_hold_each_name_once_in_ascii_and_nothing_that_is_no_name(hits: list[Hit]) -> None:
    hosts = [
        "vay.top",
        "vay.top",
        "việtcombank.top",
        "203.0.113.7",
        "[::1]",
        "localhost",
        "",
        "a b.top",
        "x\n0.0.0.0 y.vn",
    ]
    written = _written(EXPORTERS["hosts"], [replace(hits[0], host=host) for host in hosts])
    assert written == "0.0.0.0 vay.top\n0.0.0.0 xn--vitcombank-dv3e.top\n"


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("docs.google.com", "site that many people share"),
        ("sites.google.com", "site that many people share"),
        ("storage.googleapis.com", "site that many people share"),
        ("www.facebook.com", "site that many people share"),
        ("t.me", "site that many people share"),
        ("zalo.me", "site that many people share"),
        ("bit.ly", "site that many people share"),
        ("weebly.com", "site that many people share"),
        ("www.weebly.com", "site that many people share"),
        ("vercel.app", "site that many people share"),
        ("com.vn", "site that many people share"),
        ("dichvucong.gov.vn", "site that many people share"),
        ("vietcombank.com.vn", "official domain of a brand"),
        ("vcbdigibank.vietcombank.com.vn", "official domain of a brand"),
    ],
)
def test_hosts_files_block_nobody_elses_site_and_say_what_they_kept_out(
    host: str, reason: str, hits: list[Hit]
) -> None:
    out = io.StringIO()
    told = EXPORTERS["hosts"].write([replace(hits[0], host=name) for name in (host, "vay.top", host)], out)
    kept, blocked = out.getvalue().splitlines()
    assert kept.startswith(f"# không chặn / not blocked: {host} (") and kept.endswith(f"/ {reason})")
    assert blocked == "0.0.0.0 vay.top"
    assert (told.count, set(told.kept_out)) == (1, {host})


@pytest.mark.parametrize(
    "host",
    [
        "vcb-digibank.weebly.com",
        "vay.blogspot.com",
        "vay.vercel.app",
        "vay.github.io",
        "vay.com.vn",
        "facebook.com.vay.top",
        "vietcombank.com.vn.vay.top",
        "docs-google.com",
    ],
)
def test_a_strangers_own_name_is_blocked_wherever_it_stands(host: str, hits: list[Hit]) -> None:
    assert _written(EXPORTERS["hosts"], [replace(hits[0], host=host)]) == f"0.0.0.0 {host}\n"
