"""The rules in force: built-in packs, then the operators' own folders."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from crawler.settings import Settings
from matchers.judge import Judge
from matchers.rules import Rules, load_rules


def load_installed_rules(settings: Settings) -> Rules:
    """The rules of this installation. Raises RuleErrors with every mistake in its files."""
    return _load(tuple(settings.rules.folders))


@lru_cache(maxsize=1)
def _load(folders: tuple[Path, ...]) -> Rules:
    return load_rules(folders)


def load_judge(settings: Settings) -> Judge:
    """A judge over the rules of this installation."""
    return Judge(load_installed_rules(settings))
