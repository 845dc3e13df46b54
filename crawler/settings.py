"""The installation's settings: `luoitroi.toml`, overruled by `LUOITROI_*` variables, with defaults for a laptop."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from pydantic_settings.exceptions import SettingsError as PydanticSettingsError

from crawler.guard import UrlGuard
from evidence.settings import EvidenceSettings

ENV_PREFIX: Final = "LUOITROI_"
SETTINGS_VARIABLE: Final = f"{ENV_PREFIX}SETTINGS"
_PATHS: Final = (("data_dir",), ("crawl", "sources"), ("rules", "folders"), ("index", "ca_file"))
_SECRETS: Final = frozenset({"api_key", "password"})
BUILT_IN_SOURCES: Final = Path(__file__).parent.parent / "spiders" / "sources"


class SettingsError(Exception):
    """The settings cannot be used; the message names file, key and remedy."""


class RecordsSettings(BaseModel):
    """`url` is a SQLAlchemy URL; "" means a SQLite file in the data folder.

    A crawl waits `lock_wait_seconds` for another writer of that file before it gives up.
    """

    model_config = ConfigDict(extra="forbid")

    url: str = ""
    lock_wait_seconds: float = Field(default=30, gt=0)


class IndexSettings(BaseModel):
    """Where hits are searched: beside the records, or on the Elasticsearch 8.19 server at the URL `elasticsearch`.

    The server is signed in to with `api_key`, else `user` and `password`; `ca_file` holds its certificate authority
    where that is none of the system's.
    """

    model_config = ConfigDict(extra="forbid")

    elasticsearch: str = Field(default="", pattern=r"^(https?://[^\s/]+)?$")
    api_key: SecretStr = SecretStr("")
    user: str = ""
    password: SecretStr = SecretStr("")
    ca_file: Path | None = None
    alias: str = Field(default="hits", pattern=r"^[a-z][a-z0-9_-]{0,63}$")
    replicas: int = Field(default=0, ge=0, le=8)


class RulesSettings(BaseModel):
    """`folders` hold rule packs and brands of the operators' own, beside the built-in ones."""

    model_config = ConfigDict(extra="forbid")

    folders: list[Path] = Field(default_factory=list)


class BrowserSettings(BaseModel):
    """`executable` names a Chromium; None looks for the system's, then Playwright's. `pages` is how many at once."""

    model_config = ConfigDict(extra="forbid")

    executable: str | None = None
    pages: int = Field(default=3, ge=1, le=32)


class PictureSettings(BaseModel):
    """Which pictures are looked at and how they are read: those of advertisements, posts and suspicious pages."""

    model_config = ConfigDict(extra="forbid")

    per_page: int = Field(default=4, ge=0, le=50)
    """Pictures of one advertisement, post or page; 0 looks at none."""
    per_crawl: int = Field(default=500, ge=1)
    """Pictures of one crawl, each address once."""
    max_bytes: int = Field(default=4_000_000, gt=0)
    """Of one picture."""
    processes: int = Field(default_factory=lambda: max(1, (os.cpu_count() or 1) // 2), ge=1, le=64)
    """How many pictures a crawl reads at once, each in a process of its own; half the cores unless told otherwise."""
    seconds: float = Field(default=20, gt=0)
    """The longest that Tesseract may take for one picture."""
    shelf_bytes: int = Field(default=500_000_000, ge=1_000_000)
    """How much `pictures.db` in the data folder keeps: what was read, and small copies to show."""
    tesseract: str = "tesseract"
    """The program that reads text, by name or path."""


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

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, env_nested_delimiter="__", extra="ignore")

    data_dir: Path = Path("data")
    allow_private_addresses: bool = False
    """Lets fetches reach loopback and private networks: for the demo and tests alone."""
    host_overrides: dict[str, str] = Field(default_factory=dict)
    """Host names (or `*.suffix`) that resolve to a fixed address, as `curl --resolve` does."""
    records: RecordsSettings = RecordsSettings()
    index: IndexSettings = IndexSettings()
    rules: RulesSettings = RulesSettings()
    browser: BrowserSettings = BrowserSettings()
    crawl: CrawlSettings = CrawlSettings()
    pictures: PictureSettings = PictureSettings()
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
        return (init_settings, env_settings, InitSettingsSource(settings_cls, _read_file(settings_file())))

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
    try:
        return Settings(**overrides)
    except ValidationError as error:
        tables = _read_file(path)
        raise SettingsError("\n".join(_problem(path, tables, details) for details in error.errors())) from error
    except PydanticSettingsError as error:
        # Its message names the field alone: the environment held no JSON where a list or table is wanted.
        raise SettingsError(f"{error}; give {ENV_PREFIX}* variables of lists and tables as JSON") from error


def _read_file(path: Path) -> dict[str, Any]:
    """The tables of the settings file, its relative paths made absolute from its own folder; {} where there is none."""
    if not path.exists():
        if SETTINGS_VARIABLE in os.environ:
            raise SettingsError(f"{path}: no such file; correct or unset {SETTINGS_VARIABLE}")
        return {}
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: {error}") from error
    known = {*Settings.model_fields, "console"}
    if unknown := sorted(set(tables) - known):
        raise SettingsError(f"{path}: there is no setting {unknown[0]!r}; {_hint(unknown[0], known)}")
    for *parents, name in _PATHS:
        table: Any = tables
        for parent in parents:
            table = table.get(parent, {}) if isinstance(table, dict) else {}
        if isinstance(table, dict) and name in table:
            table[name] = _beside(path, table[name])
    return tables


def _beside(file: Path, value: Any) -> Any:
    if isinstance(value, list):
        return [_beside(file, one) for one in value]
    return str(file.absolute().parent / value) if isinstance(value, str) else value


def _problem(path: Path, tables: Mapping[str, Any], details: Mapping[str, Any]) -> str:
    location = [str(part) for part in details["loc"]]
    name = ".".join(location)
    variable = ENV_PREFIX + "__".join(location).upper()
    stands_in_file = _holds(tables, location) and variable not in os.environ
    place = f"{path}: {name}" if stands_in_file else variable
    if details["type"] == "extra_forbidden":
        model = Settings.model_fields[location[0]].annotation
        known = getattr(model, "model_fields", {})
        return f"{place}: there is no such setting; {_hint(location[-1], known)}"
    # A login in a URL, or a key of the wrong type, is not for the logs.
    is_secret = location[-1] in _SECRETS or "@" in str(details["input"])
    value = "the value" if is_secret else repr(details["input"])
    return f"{place}: {value} does not fit: {details['msg']}"


def _holds(tables: Mapping[str, Any], location: Sequence[str]) -> bool:
    table: Any = tables
    for name in location:
        if isinstance(table, list):
            return True
        if not isinstance(table, dict) or name not in table:
            return False
        table = table[name]
    return True


def _hint(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, list(known), n=1)
    return f"did you mean {near[0]}?" if near else f"known are {', '.join(sorted(known))}"
