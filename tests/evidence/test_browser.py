"""Finding Chromium, and the arguments it starts with."""

from __future__ import annotations

from pathlib import Path

import pytest

from evidence.browser import BASE_ARGUMENTS, find_chromium, launch_arguments, sandbox_obstacle


def executable(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_the_configured_browser_is_the_only_one_tried(tmp_path: Path) -> None:
    assert find_chromium(str(tmp_path / "missing")) is None
    path = executable(tmp_path / "my-chrome", "echo 'Chromium 99.1 built on Debian'")
    found = find_chromium(str(path))
    assert found is not None
    assert (found.executable, found.version, found.how_found) == (path, "Chromium 99.1", "settings")


@pytest.mark.parametrize("script", ["exit 3", "true", "sleep 0; kill -9 $$"])
def test_a_browser_that_does_not_tell_its_version_is_none(tmp_path: Path, script: str) -> None:
    assert find_chromium(str(executable(tmp_path / "broken", script))) is None


def test_without_a_system_browser_the_newest_of_playwrights_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for revision in (999, 1200):
        executable(tmp_path / f"chromium-{revision}/chrome-linux64/chrome", f"echo Chromium {revision}")
    monkeypatch.setenv("PATH", "/usr/sbin:/bin/nonexistent")
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    found = find_chromium(None)
    assert found is not None
    assert (found.version, found.how_found) == ("Chromium 1200", "playwright")
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "empty"))
    assert find_chromium(None) is None


def test_the_system_browser_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    executable(tmp_path / "google-chrome", "echo Google Chrome 126.0")
    monkeypatch.setenv("PATH", str(tmp_path))
    found = find_chromium(None)
    assert found is not None
    assert (found.version, found.how_found) == ("Google Chrome 126.0", "system")


def test_launch_arguments_keep_the_sandbox_unless_it_cannot_work(monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(BASE_ARGUMENTS) <= set(launch_arguments())
    assert ("--no-sandbox" in launch_arguments()) == (sandbox_obstacle() is not None)
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert "root" in str(sandbox_obstacle())
    assert "--no-sandbox" in launch_arguments()


def test_hosts_are_sent_to_chosen_addresses() -> None:
    arguments = launch_arguments(host_addresses={"*.test": "127.0.0.1", "a.vn": "127.0.0.1:81"})
    assert "--host-resolver-rules=MAP *.test 127.0.0.1, MAP a.vn 127.0.0.1:81" in arguments
