"""The installation's settings: `luoitroi.toml`, overruled by `LUOITROI_*` variables, with defaults for a laptop."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any, Final

from evidence.settings import EvidenceSettings
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from crawler.guard import UrlGuard

SETTINGS_VARIABLE: Final = "LUOITROI_SETTINGS"
BUILT_IN_SOURCES: Final = Path(__file__).parent.parent / "spiders" / "sources"


class SettingsError(Exception):
    """The settings cannot be used; the message names file, key and remedy."""


class RecordsSettings(BaseModel):
    """`url` is a SQLAlchemy URL; "" means a SQLite file in the data folder."""

    model_config = ConfigDict(extra="forbid")

    url: str = ""


class RulesSettings(BaseModel):
    """`folders` hold rule packs and brands of the operators' own, beside the built-in ones."""

    model_config = ConfigDict(extra="forbid")

    folders: list[Path] = Field(default_factory=list)


class BrowserSettings(BaseModel):
    """`executable` names a Chromium; None looks for the system's, then Playwright's. `pages` is how many at once."""

    model_config = ConfigDict(extra="forbid")

    executable: str | None = None
    pages: int = Field(default=3, ge=1, le=32)


class CrawlSettings(BaseModel):
    """Bounds of every fetch, and who we say we are."""

    model_config = ConfigDict(extra="forbid")

    sources: list[Path] = Field(default_factory=lambda: [BUILT_IN_SOURCES])
    """Folders of source files."""
    contact: str = ""
    """Address or page named in the user agent, so that a site's owner can reach the operator."""
    timeout_seconds: float = Field(default=30, gt=0)
    max_page_bytes: int = Field(default=10_000_000, gt=0)
    max_redirects: int = Field(default=8, ge=0)
    retries: int = Field(default=1, ge=0)
    processes: int = Field(default=2, ge=1)
    """How many crawls run at once, each in its own process."""


class Settings(BaseSettings):
    """Everything but the console's own table, which the console reads itself."""

    model_config = SettingsConfigDict(env_prefix="LUOITROI_", env_nested_delimiter="__", extra="ignore")

    data_dir: Path = Path("data")
    allow_private_addresses: bool = False
    """Lets fetches reach loopback and private networks: for the demo and tests alone."""
    host_overrides: dict[str, str] = Field(default_factory=dict)
    """Host names (or `*.suffix`) that resolve to a fixed address, as `curl --resolve` does."""
    records: RecordsSettings = RecordsSettings()
    rules: RulesSettings = RulesSettings()
    browser: BrowserSettings = BrowserSettings()
    crawl: CrawlSettings = CrawlSettings()
    evidence: EvidenceSettings = EvidenceSettings()

    @model_validator(mode="after")
    def _settle_paths(self) -> Settings:
        self.data_dir = self.data_dir.absolute()
        if not self.records.url:
            self.records.url = f"sqlite:///{self.data_dir / 'luoitroi.db'}"
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings, env_settings, TomlConfigSettingsSource(settings_cls, settings_file()))

    @property
    def guard(self) -> UrlGuard:
        """What decides which addresses may be fetched."""
        return UrlGuard(allow_private_addresses=self.allow_private_addresses, host_overrides=self.host_overrides)

    @property
    def vault_dir(self) -> Path:
        return self.data_dir / "vault"

    @property
    def keys_dir(self) -> Path:
        return self.data_dir / "keys"


def settings_file() -> Path:
    """The settings file: `$LUOITROI_SETTINGS`, else `luoitroi.toml` in this folder. It need not exist."""
    return Path(os.environ.get(SETTINGS_VARIABLE, "luoitroi.toml"))


def load_settings(**overrides: Any) -> Settings:
    """The settings in force. `overrides` stand above file and environment.

    Raises SettingsError for a file that is no TOML, an unknown table, or a value that does not fit.
    """
    path = settings_file()
    if path.exists():
        try:
            tables = tomllib.loads(path.read_text("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError(f"{path}: {error}") from error
        known = {*Settings.model_fields, "console"}
        if unknown := sorted(set(tables) - known):
            raise SettingsError(f"{path}: there is no setting {unknown[0]!r}; known are {', '.join(sorted(known))}")
    elif SETTINGS_VARIABLE in os.environ:
        raise SettingsError(f"{path}: no such file; correct or unset {SETTINGS_VARIABLE}")
    try:
        return Settings(**overrides)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"{path} or LUOITROI_{place.upper().replace('.', '__')}: {first['msg']}") from error
