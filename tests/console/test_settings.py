from pathlib import Path

import pytest

from console.settings import ConsoleSettings, ConsoleSettingsError, load_console_settings


def test_without_a_file_there_are_defaults(tmp_path: Path) -> None:
    settings = load_console_settings(tmp_path / "none.toml")
    assert settings == ConsoleSettings()
    assert (settings.host, settings.port) == ("127.0.0.1", 8470)


def test_the_environment_overrules_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "luoitroi.toml"
    file.write_text('data_dir = "x"\n[console]\nport = 9000\nunit_name = "Sở VH-TT"\n', "utf-8")
    monkeypatch.setenv("LUOITROI_CONSOLE__PORT", "9001")
    settings = load_console_settings(file)
    assert (settings.port, settings.unit_name) == (9001, "Sở VH-TT")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[console]\nport = 70000\n", "[console] port"),
        ("[console]\nprot = 1\n", "[console] prot"),
        ("[console\n", "luoitroi.toml"),
        ("console = 3\n", "must be a table"),
        ("[console]\nsession_hours = 0\n", "[console] session_hours"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "luoitroi.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(ConsoleSettingsError) as raised:
        load_console_settings(file)
    assert said in str(raised.value)
    assert "luoitroi.toml" in str(raised.value)


def test_a_mistake_in_the_environment_names_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUOITROI_CONSOLE__PORT", "nhiều")
    with pytest.raises(ConsoleSettingsError, match="LUOITROI_CONSOLE__PORT"):
        load_console_settings(tmp_path / "none.toml")
