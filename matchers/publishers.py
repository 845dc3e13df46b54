"""Publishers: hosts whose pages are written by editors who answer for them, as `packs/publishers.txt` lists them."""

from __future__ import annotations

import re
from collections.abc import Set
from pathlib import Path
from typing import Final

from matchers.errors import Problem

PUBLISHERS_FILE: Final = "publishers.txt"
_DOMAIN: Final = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]{2,}")


def read_publishers(path: Path) -> tuple[frozenset[str], list[Problem]]:
    """The hosts of one list, and what is wrong with it: names with spaces between them, ``#`` before remarks."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        problem = Problem(str(path), 0, f"cannot be read: {error}", "save the file as UTF-8 and check its permissions")
        return frozenset(), [problem]
    hosts: set[str] = set()
    problems: list[Problem] = []
    for number, line in enumerate(text.splitlines(), start=1):
        for word in line.partition("#")[0].split():
            if _DOMAIN.fullmatch(word):
                hosts.add(word)
            else:
                remedy = "write it bare and in lower case: example.com.vn"
                problems.append(Problem(str(path), number, f"{word!r} is not a host", remedy))
    return frozenset(hosts), problems


def stands_under(host: str, domains: Set[str]) -> bool:
    """Whether `host` is one of `domains` or below one."""
    while host:
        if host in domains:
            return True
        host = host.partition(".")[2]
    return False
