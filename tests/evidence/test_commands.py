"""`luoitroi evidence …` as people and programs run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from matchers.hosts.defang import defang
from tests.evidence.hostile import HostileSite


class Shell:
    """Runs the command in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "luoitroi.toml").write_text(
            'allow_private_addresses = true\n[host_overrides]\n"*.test" = "127.0.0.1"\n'
        )

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from crawler.cli import main; main()", "evidence", *arguments]
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("LUOITROI_")}
        return subprocess.run(
            command, cwd=self.folder, env=inherited | environment, capture_output=True, text=True, timeout=60
        )

    def told(self, *arguments: str, **environment: str) -> Any:
        ran = self.run(*arguments, "--json", **environment)
        assert ran.returncode == 0, ran.stderr
        return json.loads(ran.stdout)


NO_BROWSER = {"LUOITROI_BROWSER__EXECUTABLE": "/nonexistent/chromium"}


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


@pytest.mark.browser
def test_capture_prints_the_new_id_and_verify_finds_it_whole(shell: Shell, site: HostileSite) -> None:
    told = shell.told("capture", site.url("/"), "--reason", "Công văn 12")
    assert told["method"] == "chromium" and told["reason"] == "Công văn 12"
    report = shell.told("verify", told["id"])
    assert report["is_whole"] and report["reports"][0]["url"] == site.url("/")


def test_the_way_of_a_capture_from_page_to_package(shell: Shell, site: HostileSite) -> None:
    ran = shell.run("capture", site.url("/first"), **NO_BROWSER)
    assert ran.returncode == 0 and "Chromium" in ran.stderr
    capture = ran.stdout.strip()
    assert [item["id"] for item in shell.told("list")] == [capture]
    assert capture in shell.run("list").stdout
    package = shell.told("export", capture, "--case", "12/2025", "--to", "PA05", "--output", "goi.zip")
    assert package["file"] == "goi.zip" and package["case"] == "12/2025"
    assert shell.run("verify", "goi.zip").returncode == 0
    assert shell.run("export", capture, "--output", "goi.zip").returncode == 1
    assert shell.told("verify", "--all")["is_whole"]


def test_a_list_is_read_on_a_narrow_screen_and_acts_on_none(shell: Shell, site: HostileSite) -> None:
    address = site.url("/landed?ma=1.2&dai=" + "x" * 80)
    capture = shell.told("capture", address, **NO_BROWSER)["id"]
    lines = shell.run("list", COLUMNS="80").stdout.splitlines()
    head, shown = lines
    assert head.startswith(f"{capture}  HTTP 200 · http · ") and len(head) <= 80
    assert shown == f"    {defang(address)}" and "?ma=1.2&" in shown


def test_a_stranger_checks_with_the_key_alone(shell: Shell, site: HostileSite, tmp_path: Path) -> None:
    capture = shell.told("capture", site.url("/"), **NO_BROWSER)["id"]
    shell.told("export", capture, "--output", "goi.zip")
    (key,) = (shell.folder / "data" / "keys").glob("*.pub.pem")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    stranger = Shell(elsewhere)
    assert stranger.run("verify", str(shell.folder / "goi.zip")).returncode == 1
    assert stranger.run("verify", str(shell.folder / "goi.zip"), "--key", str(key)).returncode == 0


def test_what_is_not_whole_ends_with_1_and_names_the_part(shell: Shell, site: HostileSite) -> None:
    capture = shell.told("capture", site.url("/"), **NO_BROWSER)["id"]
    shell.told("export", capture, "--output", "goi.zip")
    package = bytearray((shell.folder / "goi.zip").read_bytes())
    package[package.index(b"archive/data.warc.gz") + 100] ^= 1
    (shell.folder / "goi.zip").write_bytes(package)
    ran = shell.run("verify", "goi.zip")
    assert ran.returncode == 1 and "NOT whole" in ran.stdout and "capture.wacz: it was changed" in ran.stdout
    log = shell.folder / "data" / "vault" / "custody" / f"{capture}.jsonl"
    log.write_bytes(log.read_bytes().splitlines(keepends=True)[0])
    ran = shell.run("verify", "--all", "--json")
    assert ran.returncode == 1 and not json.loads(ran.stdout)["is_whole"]


@pytest.mark.parametrize(
    ("arguments", "status", "word"),
    [
        (("capture", "file:///etc/passwd"), 1, "refused"),
        (("capture", "http://xau.test:9/"), 1, "unreachable"),
        (("capture", "http://xau.test/", "--device", "toaster"), 2, "desktop or mobile"),
        (("verify",), 2, "--all"),
        (("verify", "no-such-thing"), 1, "not_in_vault"),
        (("export", "20251124T215801Z-3f9a2cde51", "--output", "x.zip"), 1, "not_in_vault"),
    ],
)
def test_failures_have_a_name_and_a_status(shell: Shell, arguments: tuple[str, ...], status: int, word: str) -> None:
    ran = shell.run(*arguments, **NO_BROWSER)
    assert ran.returncode == status and word in ran.stderr


def test_a_vault_that_cannot_be_made_is_named(shell: Shell) -> None:
    (shell.folder / "data").write_bytes(b"")
    ran = shell.run("list")
    assert ran.returncode == 1 and "key_unusable" in ran.stderr
