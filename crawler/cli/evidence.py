"""`luoitroi evidence`: capture a page, list, check and hand out captures."""

from __future__ import annotations

import asyncio
import getpass
import socket
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from crawler.cli.output import AsJson, err, fail, out, print_json
from crawler.settings import Settings, load_settings
from evidence.browser import find_chromium
from evidence.capture import Capture, Capturer
from evidence.custodian import Custodian
from evidence.export import export_capture, verify_file
from evidence.failure import EvidenceError
from evidence.plain import HttpCapturer
from evidence.request import CaptureRequest, Device
from evidence.signing import KeyRing, PublicKey, SigningKey
from evidence.vault import CaptureRecord, FolderVault
from evidence.verify import VerifyReport, verify_vault
from matchers.hosts.defang import defang, plain

app = typer.Typer(help="Captures of pages that stand up as evidence.", no_args_is_help=True)


def operator() -> str:
    """Who works here, as the custody log names them."""
    return f"{getpass.getuser()}@{socket.gethostname()}"


def _room(settings: Settings) -> Custodian:
    """The custodian of this installation, with what a dead process left put in order."""
    key = SigningKey.load_or_create(settings.keys_dir)
    custodian, recovery = Custodian.open(FolderVault(settings.vault_dir), key, KeyRing.from_folder(settings.keys_dir))
    for capture in recovery.finished:
        err.print(f"Đã hoàn tất bản chụp dở dang / Finished an interrupted capture: {capture}", highlight=False)
    return custodian


@app.command("capture")
def capture(
    url: Annotated[str, typer.Argument(help="The page, http(s)://…")],
    device: Annotated[str, typer.Option(help="desktop or mobile.")] = "desktop",
    reason: Annotated[str, typer.Option(help="Why it is captured: a case number, a hit.")] = "",
    referrer: Annotated[str, typer.Option(help="The page that led there.")] = "",
    as_json: Annotated[bool, AsJson] = False,
) -> None:
    """Capture a page and keep it in the vault; prints the new id.

    Example: luoitroi evidence capture https://example.vn/khuyen-mai --reason "Công văn 12/CV"
    """
    if device not in ("desktop", "mobile"):
        fail(f"{device!r} is no device; write desktop or mobile")
    chosen: Device = "mobile" if device == "mobile" else "desktop"
    settings = load_settings()
    request = CaptureRequest(url, operator(), reason, chosen, referrer)
    try:
        custodian = _room(settings)
        record = custodian.keep(asyncio.run(_captured(settings, custodian, request)))
    except EvidenceError as error:
        if as_json:
            print_json({"error": error.kind, "detail": str(error)})
        fail(f"{error.kind}: {error}", status=1)
    if as_json:
        print_json(_brief(record))
    else:
        out.print(record.id, highlight=False)


async def _captured(settings: Settings, custodian: Custodian, request: CaptureRequest) -> Capture:
    chromium = find_chromium(settings.browser.executable)
    options: dict[str, Any] = {
        "bounds": settings.evidence.bounds,
        "workspace": custodian.vault.workspace,
        "host_addresses": settings.host_overrides,
    }
    if chromium is None:
        err.print(
            "Không tìm thấy Chromium: chỉ lưu trả lời HTTP, không có ảnh chụp. "
            "/ No Chromium: the HTTP answer alone is kept, without a picture.",
            highlight=False,
        )
        return await HttpCapturer(settings.guard.refusal, **options).capture(request)
    async with Capturer(chromium, settings.guard.refusal, **options) as capturer:
        return await capturer.capture(request)


@app.command("list")
def show(as_json: Annotated[bool, AsJson] = False) -> None:
    """List the captures in the vault, newest first.

    Example: luoitroi evidence list --json
    """
    try:
        custodian = _room(load_settings())
        records = [custodian.vault.get(name) for name in reversed(custodian.vault.ids())]
    except EvidenceError as error:
        fail(f"{error.kind}: {error}", status=1)
    if as_json:
        print_json([_brief(record) for record in records])
        return
    for record in records:
        out.print(
            f"[bold]{record.id}[/]  HTTP {record.status} · {record.method} · {escape(plain(record.requested_by))}",
            highlight=False,
            soft_wrap=True,
        )
        # A line each, never folded: an address is copied whole, whatever the width.
        for line in filter(None, (plain(record.title), defang(record.final_url))):
            out.print(f"    {escape(line)}", highlight=False, soft_wrap=True)


@app.command("verify")
def verify(
    target: Annotated[str, typer.Argument(help="A capture's id, or a .wacz or exported .zip file.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="The whole vault.")] = False,
    key: Annotated[list[Path] | None, typer.Option(help="A public key (PEM) to trust besides our own.")] = None,
    as_json: Annotated[bool, AsJson] = False,
) -> None:
    """Check captures; the exit status is 0 only when everything checked is whole.

    Example: luoitroi evidence verify ban-chup.zip --key co-quan.pub.pem
    """
    if bool(target) == everything:
        fail("name a capture or a file, or give --all")
    settings = load_settings()
    try:
        if everything:
            custodian = _room(settings)
            reports = list(verify_vault(custodian.vault, _trusted(settings, key)))
        elif Path(target).is_file():
            reports = [verify_file(Path(target), _trusted(settings, key))]
        else:
            custodian = _room(settings)
            reports = [custodian.check(target, operator())]
    except EvidenceError as error:
        fail(f"{error.kind}: {error}", status=1)
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}", status=1)
    if as_json:
        print_json({"is_whole": all(report.is_whole for report in reports), "reports": [_told(r) for r in reports]})
    else:
        for report in reports:
            _print(report)
    raise typer.Exit(0 if all(report.is_whole for report in reports) else 1)


def _trusted(settings: Settings, paths: list[Path] | None) -> KeyRing:
    extra = [PublicKey.from_pem(path.read_bytes(), str(path)) for path in paths or ()]
    return KeyRing.from_folder(settings.keys_dir, extra)


def _print(report: VerifyReport) -> None:
    verdict = "[green]nguyên vẹn / whole[/]" if report.is_whole else "[bold red]KHÔNG nguyên vẹn / NOT whole[/]"
    out.print(f"{escape(report.subject)}: {verdict}", highlight=False, soft_wrap=True)
    if report.is_whole and report.capture:
        out.print(
            f"  {report.files} tệp / files, {report.records} bản ghi WARC / WARC records, "
            f"{report.custody_entries} mục nhật ký / custody entries, khóa / key {report.signed_by[:16]}",
            highlight=False,
            soft_wrap=True,
        )
    for fault in report.faults:
        out.print(f"  {escape(fault.part)}: {escape(fault.message)}", highlight=False, soft_wrap=True)


@app.command("export")
def export(
    capture: Annotated[str, typer.Argument(help="The capture's id.")],
    output: Annotated[Path, typer.Option(help="The package to write, a .zip.")],
    case: Annotated[str, typer.Option(help="The case number.")] = "",
    to: Annotated[str, typer.Option(help="Who receives it.")] = "",
    as_json: Annotated[bool, AsJson] = False,
) -> None:
    """Write a capture with signature, custody log and instructions for checking it without this software.

    Example: luoitroi evidence export 20251124T215801Z-3f9a2cde51 --case 12/2025 --to "PA05" --output ban-chup.zip
    """
    try:
        custodian = _room(load_settings())
        listed = export_capture(custodian, capture, output, actor=operator(), recipient=to, case=case)
    except (EvidenceError, FileExistsError) as error:
        fail(f"{getattr(error, 'kind', 'file_exists')}: {error}", status=1)
    except OSError as error:
        fail(f"{output}: {error.strerror}", status=1)
    if as_json:
        print_json({"file": str(output), **listed.model_dump()})
    else:
        out.print(str(output), highlight=False, soft_wrap=True)


def _brief(record: CaptureRecord) -> dict[str, Any]:
    return record.model_dump(exclude={"files"})


def _told(report: VerifyReport) -> dict[str, Any]:
    return {
        "subject": report.subject,
        "capture": report.capture,
        "url": report.url,
        "is_whole": report.is_whole,
        "signed_by": report.signed_by,
        "files": report.files,
        "records": report.records,
        "custody_entries": report.custody_entries,
        "faults": [{"part": fault.part, "message": fault.message} for fault in report.faults],
    }
