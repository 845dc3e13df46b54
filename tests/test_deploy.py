"""What deploy/ says of the program and its servers is so: names, ports, settings, rights, secrets."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import tomllib
from collections.abc import Iterator
from configparser import RawConfigParser
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml
from pydantic import BaseModel

from console.settings import ConsoleSettings, load_console_settings
from crawler.cli import app
from crawler.settings import SETTINGS_VARIABLE, Settings, load_settings

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
README = (DEPLOY / "README.md").read_text("utf-8")
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
UNIT_TEXT = (DEPLOY / "systemd" / "luoitroi.service").read_text("utf-8")
FILES = sorted(file for file in DEPLOY.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
SECRETS = "${SECRETS:-/etc/luoitroi/secrets}"


def _variables(model: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield f"{prefix}{name}".upper()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _variables(field.annotation, f"{prefix}{name}__")


VARIABLES = {
    SETTINGS_VARIABLE,
    *_variables(Settings, "LUOITROI_"),
    *_variables(ConsoleSettings, "LUOITROI_CONSOLE__"),
}


def _unit() -> dict[str, list[str]]:
    """The unit's [Service] section: every value of every name."""
    values: dict[str, list[str]] = {}
    section = ""
    for line in UNIT_TEXT.splitlines():
        if line.startswith("["):
            section = line
        elif section == "[Service]" and "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            values.setdefault(name, []).append(value)
    return values


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_variable_that_is_named_is_one_of_the_program(file: Path) -> None:
    named = set(re.findall(r"LUOITROI_[A-Z_]*[A-Z]", file.read_text("utf-8")))
    assert named <= VARIABLES | {"LUOITROI_CACHE"}


def test_the_unit_runs_the_command_that_serves_with_the_settings_and_folder_of_the_guide() -> None:
    unit = _unit()
    (command,) = unit["ExecStart"]
    program, *arguments = command.split()
    assert f'{program} "$@"' in README
    assert arguments == ["up"]
    assert set(arguments) <= set(typer.main.get_command(app).list_commands(None))  # type: ignore[arg-type,attr-defined]
    variables = dict(value.split("=", 1) for value in unit["Environment"])
    assert variables["LUOITROI_SETTINGS"] in README
    assert variables["LUOITROI_DATA_DIR"] == f"/var/lib/{unit['StateDirectory'][0]}" == unit["WorkingDirectory"][0]


def test_the_unit_gives_nothing_away_but_what_chromium_needs() -> None:
    unit = _unit()
    assert unit["User"] == ["luoitroi"]
    assert unit["NoNewPrivileges"] == unit["PrivateTmp"] == unit["ProtectHome"] == ["yes"]
    assert unit["ProtectSystem"] == ["strict"]
    assert unit["CapabilityBoundingSet"] == [""]
    assert unit["RestrictNamespaces"] == ["user pid net"]
    assert "chroot" in unit["SystemCallFilter"][1].split()


def test_the_drop_in_is_a_unit_file() -> None:
    parser = RawConfigParser()
    parser.read(DEPLOY / "systemd" / "elasticsearch.service.d" / "luoitroi.conf")
    assert parser.sections() == ["Service"]
    assert parser["Service"]["LimitMEMLOCK"] == "infinity"


def test_the_servers_are_those_that_the_tests_run_on() -> None:
    images = {name: service["image"] for name, service in COMPOSE["services"].items()}
    started = re.search(r'^VERSION = "(.+)"', (DEPLOY / "elasticsearch" / "distribution.py").read_text("utf-8"), re.M)
    assert started
    assert images["elasticsearch"] == f"docker.elastic.co/elasticsearch/elasticsearch:{started[1]}"
    assert re.fullmatch(r"docker\.io/library/postgres:\d+", images["postgresql"])


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_a_server_is_reached_from_this_machine_alone_is_watched_and_keeps_its_data(name: str) -> None:
    service = COMPOSE["services"][name]
    assert all(port.startswith("${LISTEN:-127.0.0.1}:") for port in service["ports"])
    assert service["healthcheck"]["test"]
    assert service["restart"] == "unless-stopped"
    assert service["cap_drop"] == ["ALL"]
    assert service["mem_limit"]
    assert {volume.partition(":")[0] for volume in service["volumes"]} <= set(COMPOSE["volumes"])


def test_no_secret_stands_in_the_compose_file() -> None:
    for service in COMPOSE["services"].values():
        for name, value in service["environment"].items():
            if "PASSWORD" in name.upper():
                assert name.endswith("_FILE")
                assert value.startswith("/run/secrets/")
        given = {secret if isinstance(secret, str) else secret["source"] for secret in service["secrets"]}
        assert given <= set(COMPOSE["secrets"])
    assert all(held["file"] == f"{SECRETS}/{name}" for name, held in COMPOSE["secrets"].items())


def _make_secrets(folder: Path, *hosts: str) -> None:
    subprocess.run([DEPLOY / "make-secrets", folder, *hosts], check=True, capture_output=True)


def test_make_secrets_makes_all_that_the_compose_file_reads_and_keeps_what_is_there(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    _make_secrets(folder, "es.tinh.example", "10.1.2.3", "2001:db8::7")
    made = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert set(COMPOSE["secrets"]) <= set(made)
    assert {file.name for file in folder.iterdir() if file.stat().st_mode & 0o077} == {"ca.crt"}
    assert len(made["elastic-password"]) == len(made["postgresql-password"]) == 48
    assert made["elastic-password"] != made["postgresql-password"]
    for name in (
        "-verify_hostname=localhost",
        "-verify_ip=127.0.0.1",
        "-verify_hostname=es.tinh.example",
        "-verify_ip=10.1.2.3",
        "-verify_ip=2001:db8::7",
    ):
        _verified(folder, name)
    with pytest.raises(subprocess.CalledProcessError):
        _verified(folder, "-verify_hostname=khac.example")
    _make_secrets(folder)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == made


def _verified(folder: Path, name: str) -> None:
    order = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", "ca.crt", *name.split("=")]
    subprocess.run([*order, "elasticsearch.crt"], cwd=folder, check=True, capture_output=True)


def test_the_settings_of_the_guide_are_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = re.findall(r"```toml\n(.*?)```", README, re.S)
    assert len(blocks) == 3
    whole: dict[str, dict[str, Any]] = {}
    for number, block in enumerate(blocks):
        file = tmp_path / f"{number}.toml"
        file.write_text(block)
        monkeypatch.setenv(SETTINGS_VARIABLE, str(file))
        load_settings()
        load_console_settings(file)
        for table, values in tomllib.loads(block).items():
            whole.setdefault(table, {}).update(values)
    ports = {name: service["ports"][0].split(":")[-2] for name, service in COMPOSE["services"].items()}
    assert whole["index"]["elasticsearch"] == f"https://127.0.0.1:{ports['elasticsearch']}"
    assert f"127.0.0.1:{ports['postgresql']}/" in whole["records"]["url"]
    assert whole["index"]["ca_file"] == "/etc/luoitroi/secrets/ca.crt"
    assert f"127.0.0.1:{ConsoleSettings().port};" in README
    assert f"127.0.0.1:{ConsoleSettings().port}/healthz" in README


def test_the_api_key_of_the_guide_has_the_rights_that_the_tests_run_with(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = json.loads(README.partition("<<'JSON'\n")[2].partition("    JSON\n")[0])
    monkeypatch.syspath_prepend(DEPLOY / "elasticsearch")
    security = importlib.import_module("security")
    assert asked == {"name": security.Security.user, "role_descriptors": {security.Security.user: security.RIGHTS}}


def test_every_command_of_the_guide_exists() -> None:
    given = [
        *re.findall(r"`luoitroi ([a-z][^`]*)`", " ".join(README.split())),
        *re.findall(r"^ {4}luoitroi ([a-z].*)", README, re.MULTILINE),
    ]
    assert len(given) > 5
    for line in given:
        command: Any = typer.main.get_command(app)
        words = line.split()
        while hasattr(command, "list_commands"):
            assert words[0] in command.list_commands(None), line
            command = command.get_command(None, words.pop(0))
        options = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options, line


def test_what_the_guide_explains_is_what_the_program_says() -> None:
    table = README.partition("| it says |")[2].partition("\n\n")[0]
    said = [row.split("|")[1].strip() for row in table.splitlines()[2:]]
    assert len(said) == 6
    indexes = ROOT / "search" / "indexes"
    source = "".join((indexes / f"elastic_{name}.py").read_text("utf-8") for name in ("server", "alias"))
    for words in said:
        for part in (words,) if "?" in words else words.split(", "):
            assert part in source, part
