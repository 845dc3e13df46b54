"""Settings of the console: the `[console]` table of `luoitroi.toml`, overruled by `LUOITROI_CONSOLE__*`."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

VARIABLES: Final = "LUOITROI_CONSOLE__"


class ConsoleSettingsError(ValueError):
    """The console's settings cannot be used; the message names file, key and what is wrong."""


class ConsoleSettings(BaseModel):
    """How the console is served, and in whose name it speaks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = "127.0.0.1"
    """Address to listen on. Anything but loopback wants a TLS proxy in front and `secure_cookies`."""
    port: int = Field(default=8470, ge=0, le=65535)
    """Port to listen on; 0 takes a free one."""
    unit_name: str = Field(default="Sở Thông tin và Truyền thông", min_length=1, max_length=200)
    """The unit whose console this is; the name differs by province and year."""
    session_hours: float = Field(default=10.0, gt=0, le=24 * 7)
    """How long a login lasts, in hours, whatever happens in it."""
    secure_cookies: bool = False
    """Send cookies over https only. Set it wherever the console is reached by https."""


def load_console_settings(file: Path) -> ConsoleSettings:
    """The settings that `file` (which need not exist) and the environment give. Raises ConsoleSettingsError."""
    try:
        table = tomllib.loads(file.read_text("utf-8")).get("console", {}) if file.exists() else {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConsoleSettingsError(f"{file}: {error}") from error
    if not isinstance(table, dict):
        raise ConsoleSettingsError(f"{file}: console must be a table; write [console] and its keys below it")
    variables = {
        name.upper().removeprefix(VARIABLES).lower(): value
        for name, value in os.environ.items()
        if name.upper().startswith(VARIABLES)
    }
    try:
        return ConsoleSettings.model_validate({**table, **variables})
    except ValidationError as error:
        problems = []
        for problem in error.errors():
            key = ".".join(map(str, problem["loc"]))
            place = f"{VARIABLES}{key.upper()}" if key in variables else f"{file}: [console] {key}"
            problems.append(f"{place}: {problem['msg']}")
        raise ConsoleSettingsError("\n".join(problems)) from error
