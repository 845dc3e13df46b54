"""Packages handed out: checked by this software, and by openssl alone."""

from __future__ import annotations

import asyncio
import subprocess
import zipfile
from pathlib import Path

import pytest

from evidence.export import export_capture, verify_file
from evidence.failure import NotInVault
from evidence.signing import KeyRing, SigningKey
from tests.evidence.hostile import HostileSite, Room


async def exported(room: Room, site: HostileSite, target: Path) -> str:
    record = await room.capture(site.url("/"))
    export_capture(room.custodian, record.id, target, actor="Lan", recipient="PA05", case="12/2025")
    return record.id


async def test_a_package_is_whole_and_its_handing_out_written_down(
    room: Room, site: HostileSite, tmp_path: Path
) -> None:
    target = tmp_path / "package.zip"
    capture = await exported(room, site, target)
    report = verify_file(target, room.custodian.trusted)
    assert report.is_whole and report.capture == capture and report.custody_entries == 3
    last = room.custodian.history(capture)[-1]
    assert last.action == "exported"
    assert last.facts == {"recipient": "PA05", "case": "12/2025", "file": "package.zip"}
    assert names_in(tmp_path) == {"package.zip", "room"}


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def test_the_instructions_in_the_package_work(room: Room, site: HostileSite, tmp_path: Path) -> None:
    await exported(room, site, tmp_path / "package.zip")
    await asyncio.to_thread(follow_the_instructions, tmp_path, room.key.public.fingerprint)


def follow_the_instructions(tmp_path: Path, fingerprint: str) -> None:
    """Run exactly the lines that the package tells its receiver to run."""
    folder = tmp_path / "unpacked"
    with zipfile.ZipFile(tmp_path / "package.zip") as package:
        package.extractall(folder)
    guide = (folder / "HUONG-DAN-KIEM-TRA.txt").read_text()
    commands = [line.strip() for line in guide.splitlines() if line.startswith("    ")]
    assert len(commands) == 7
    told = ""
    for command in commands:
        ran = subprocess.run(["bash", "-euo", "pipefail", "-c", command], cwd=folder, capture_output=True, text=True)
        assert ran.returncode == 0, f"{command}\n{ran.stdout}{ran.stderr}"
        told += ran.stdout
    assert told.count("Signature Verified Successfully") == 2
    assert told.count(": OK") == 6 + 4
    assert fingerprint in told

    (folder / "capture.wacz").write_bytes((folder / "capture.wacz").read_bytes() + b"x")
    assert subprocess.run(commands[0], shell=True, cwd=folder, capture_output=True).returncode != 0
    (folder / "datapackage.json").write_bytes(b"{}")
    assert subprocess.run(commands[1], shell=True, cwd=folder, capture_output=True).returncode != 0


async def test_a_stranger_needs_the_key(room: Room, site: HostileSite, tmp_path: Path) -> None:
    await exported(room, site, tmp_path / "package.zip")
    report = verify_file(tmp_path / "package.zip", KeyRing([SigningKey.generate().public]))
    assert not report.is_whole
    assert any("not trusted here" in fault.message for fault in report.faults)


async def test_nothing_is_overwritten_and_nothing_unknown_exported(
    room: Room, site: HostileSite, tmp_path: Path
) -> None:
    capture = await exported(room, site, tmp_path / "package.zip")
    with pytest.raises(FileExistsError):
        export_capture(room.custodian, capture, tmp_path / "package.zip", actor="Lan")
    with pytest.raises(NotInVault):
        export_capture(room.custodian, "20251124T215801Z-3f9a2cde51", tmp_path / "other.zip", actor="Lan")


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\5\6" + b"\0" * 18, b"\0" * 10_000])
def test_what_is_no_package_is_not_whole(room: Room, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(content)
    assert not verify_file(path, room.custodian.trusted).is_whole
