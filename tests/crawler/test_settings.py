"""Settings: from the file, from the environment above it, and a clear word for what does not fit."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from crawler.settings import BUILT_IN_SOURCES, SETTINGS_VARIABLE, SettingsError, load_settings, settings_file


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("LUOITROI_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def write(text: str) -> Path:
    path = Path("luoitroi.toml")
    path.write_text(text, "utf-8")
    return path


def test_without_a_file_the_defaults_are_those_of_a_laptop(tmp_path: Path) -> None:
    settings = load_settings()
    assert settings.data_dir == tmp_path / "data"
    assert settings.records.url == f"sqlite:///{tmp_path}/data/luoitroi.db"
    assert settings.vault_dir == tmp_path / "data" / "vault"
    assert settings.crawl.sources == [BUILT_IN_SOURCES]
    assert not settings.allow_private_addresses
    assert settings.guard.refusal("http://127.0.0.1/") is not None
    assert settings_file() == Path("luoitroi.toml")


def test_the_file_and_the_environment_above_it(monkeypatch: pytest.MonkeyPatch) -> None:
    write(
        'data_dir = "/var/lib/luoitroi"\nallow_private_addresses = true\n[host_overrides]\n"*.test" = "127.0.0.1"\n'
        '[crawl]\nretries = 4\ncontact = "https://so.vn"\n[records]\nurl = "postgresql+psycopg://a/b"\n'
        '[console]\nunit_name = "Sở"\n'
    )
    monkeypatch.setenv("LUOITROI_CRAWL__RETRIES", "0")
    monkeypatch.setenv("LUOITROI_BROWSER__EXECUTABLE", "/opt/chromium")
    settings = load_settings()
    assert settings.data_dir == Path("/var/lib/luoitroi")
    assert settings.allow_private_addresses
    assert settings.guard.override("a.test") == "127.0.0.1"
    assert (settings.crawl.retries, settings.crawl.contact) == (0, "https://so.vn")
    assert settings.records.url == "postgresql+psycopg://a/b"
    assert settings.browser.executable == "/opt/chromium"
    assert load_settings(data_dir=Path("/x")).data_dir == Path("/x")


def test_relative_paths_in_the_file_are_meant_from_its_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    path = tmp_path / "etc" / "luoitroi.toml"
    tables = '[crawl]\nsources = ["s", "/abs"]\n[rules]\nfolders = ["r"]\n[index]\nca_file = "ca.crt"\n'
    path.write_text(f'data_dir = "d"\n{tables}', "utf-8")
    monkeypatch.setenv(SETTINGS_VARIABLE, str(path))
    settings = load_settings()
    assert settings.data_dir == tmp_path / "etc" / "d"
    assert settings.crawl.sources == [tmp_path / "etc" / "s", Path("/abs")]
    assert settings.rules.folders == [tmp_path / "etc" / "r"]
    assert settings.index.ca_file == tmp_path / "etc" / "ca.crt"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("data_dir = ", "luoitroi.toml: "),
        ("[crwl]\nretries = 1", "luoitroi.toml: there is no setting 'crwl'; did you mean crawl?"),
        ("xyz = 1", "luoitroi.toml: there is no setting 'xyz'; known are allow_private_addresses, browser, "),
        (
            "[crawl]\ntimeout = 3",
            "luoitroi.toml: crawl.timeout: there is no such setting; did you mean timeout_seconds?",
        ),
        ("[crawl]\nretries = -1", "luoitroi.toml: crawl.retries: -1 does not fit: Input should be greater than"),
        ("[crawl]\nretries = 'x'", "luoitroi.toml: crawl.retries: 'x' does not fit"),
        ("[browser]\npages = 100", "luoitroi.toml: browser.pages: 100 does not fit"),
        ("crawl = 3", "luoitroi.toml: crawl: 3 does not fit"),
        ("allow_private_addresses = 'maybe'", "luoitroi.toml: allow_private_addresses: 'maybe' does not fit"),
        ("[host_overrides]\na = 1", "luoitroi.toml: host_overrides.a: 1 does not fit"),
        ("[index]\napi_key = 4711", "luoitroi.toml: index.api_key: the value does not fit"),
        ("[index]\nelasticsearch = 'https://an:bi-mat@es/x'", "luoitroi.toml: index.elasticsearch: the value does not"),
        ("[crawl]\nsources = [3]", "luoitroi.toml: crawl.sources.0: 3 does not fit"),
    ],
)
def test_what_does_not_fit_in_the_file_is_told_with_its_place(text: str, words: str) -> None:
    write(text)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert str(caught.value).startswith(words)


def test_every_mistake_is_told_at_once() -> None:
    write("[crawl]\nretries = -1\nmax_page_bytes = 0\n[browser]\npages = 0")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert len(str(caught.value).splitlines()) == 3


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("LUOITROI_CRAWL__RETRIES", "x", "LUOITROI_CRAWL__RETRIES: 'x' does not fit"),
        ("LUOITROI_CRAWL__NOPE", "1", "LUOITROI_CRAWL__NOPE: there is no such setting; known are contact, "),
        ("LUOITROI_CRAWL__SOURCES", "a,b", 'error parsing value for field "crawl"'),
    ],
)
def test_what_does_not_fit_in_the_environment_is_told_by_its_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, words: str
) -> None:
    write("[crawl]\nretries = 1")
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert str(caught.value).startswith(words)


def test_a_file_that_is_named_must_be_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(SETTINGS_VARIABLE, str(tmp_path / "khong-co.toml"))
    with pytest.raises(SettingsError, match=r"khong-co.toml: no such file; correct or unset LUOITROI_SETTINGS"):
        load_settings()


def test_a_file_that_cannot_be_read_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(SETTINGS_VARIABLE, str(tmp_path))
    with pytest.raises(SettingsError, match="cannot be read: Is a directory"):
        load_settings()
    Path("luoitroi.toml").write_bytes(b"\xff\xfe")
    monkeypatch.delenv(SETTINGS_VARIABLE)
    with pytest.raises(SettingsError, match=r"luoitroi\.toml: 'utf-8' codec"):
        load_settings()
