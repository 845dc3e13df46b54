"""The rules in force: built-in packs and the operators' folders; where these hold a mistake, the last good ones."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Final

from crawler.last_good import LastGood, NotKept
from crawler.settings import Settings
from matchers.errors import Problem, Refusal, RulesError
from matchers.judge import Judge
from matchers.rules import Category, Rules, load_rules

WATCH_SECONDS: Final = 5.0
"""How often a process that keeps running looks whether the files of its rules changed."""
_SETTLED_SECONDS: Final = 0.3
_LONGEST_SAVE_SECONDS: Final = 5.0
logger = logging.getLogger(__name__)
_Signature = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class InstalledRules:
    """The rules in force, and why others are refused where some are."""

    rules: Rules
    refusal: Refusal | None = None


def installed_rules(settings: Settings) -> InstalledRules:
    """The rules of this installation.

    Files with mistakes are refused whole, loudly, and the last good rules go on working; before there were any, the
    built-in packs alone. Raises RulesError only where the built-in packs themselves are broken.
    """
    return _installed(tuple(settings.rules.folders), settings.data_dir)


def load_installed_rules(settings: Settings) -> Rules:
    """The rules in force of this installation."""
    return installed_rules(settings).rules


def load_judge(settings: Settings) -> Judge:
    """A judge over the rules of this installation."""
    return Judge(load_installed_rules(settings))


@lru_cache(maxsize=1)
def _installed(folders: tuple[Path, ...], data_dir: Path) -> InstalledRules:
    return read_rules(folders, LastGood(data_dir / "rules"))


def read_rules(folders: tuple[Path, ...], last_good: LastGood) -> InstalledRules:
    """The rules of `folders` as they are now, kept as the last good ones; those where they hold a mistake.

    What is being saved right now is waited for: half a pack may be a pack, with half its rules. Where the saving does
    not end, the last good rules stay in force.
    """
    found = _read_whole(folders)
    if found is None:
        logger.warning("rules_being_saved", extra={"detail": ", ".join(map(str, folders))})
        kept = last_good.folders()
        found = _loaded(folders if kept is None else kept)
        if isinstance(found, Rules):
            return InstalledRules(found)
    if isinstance(found, RulesError):
        return _fallen_back(found, last_good)
    if folders:
        try:
            last_good.keep(folders, found.version)
        except NotKept as error:
            logger.warning("rules_not_kept", extra={"detail": str(error)})
    return InstalledRules(found)


def _read_whole(folders: tuple[Path, ...]) -> Rules | RulesError | None:
    """What the files say once nobody writes them, from before the first was read to after the last; None where
    somebody writes on and on.
    """
    until = time.monotonic() + _LONGEST_SAVE_SECONDS
    while time.monotonic() < until:
        before = _signature(folders)
        newest = max((changed_at for _, changed_at, _ in before), default=0)
        if 0 <= time.time() - newest / 1e9 < _SETTLED_SECONDS:
            time.sleep(_SETTLED_SECONDS / 3)
            continue
        found = _loaded(folders)
        if _signature(folders) == before:
            return found
    return None


def _loaded(folders: tuple[Path, ...]) -> Rules | RulesError:
    try:
        return load_rules(folders)
    except RulesError as error:
        return error


def _fallen_back(error: RulesError, last_good: LastGood) -> InstalledRules:
    kept = last_good.folders()
    problems: tuple[Problem, ...] = error.problems
    if kept is not None:
        try:
            rules = load_rules(kept)
        except RulesError as unfit:
            # An upgrade brought packs that the copy does not go with any more.
            problems += unfit.problems
        else:
            return _refused(rules, Refusal(problems, rules.version, is_last_good=True))
    rules = load_rules()
    return _refused(rules, Refusal(problems, rules.version, is_last_good=False))


def _refused(rules: Rules, refusal: Refusal) -> InstalledRules:
    logger.error("rules_refused", extra={"detail": str(refusal)})
    return InstalledRules(rules, refusal)


def _signature(folders: tuple[Path, ...]) -> _Signature:
    """What changes when a file of the folders does: its name, its time, its size."""
    found = []
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            try:
                state = path.stat()
            except OSError:  # gone since it was listed
                continue
            found.append((str(path), state.st_mtime_ns, state.st_size))
    return tuple(found)


class RulesWatch:
    """The rules in force for a process that keeps running: read again once their files changed. Shared by threads."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._folders = tuple(settings.rules.folders)
        self._last_good = LastGood(settings.data_dir / "rules")
        self._clock = clock
        self._lock = Lock()
        self._signature = _signature(self._folders)
        self._installed = read_rules(self._folders, self._last_good)
        self._next_at = clock() + WATCH_SECONDS

    def installed(self) -> InstalledRules:
        """The rules as the files have been for `WATCH_SECONDS` at most."""
        if self._clock() >= self._next_at and self._lock.acquire(blocking=False):
            try:
                signature = _signature(self._folders)
                if signature != self._signature:
                    self._signature, self._installed = signature, read_rules(self._folders, self._last_good)
                self._next_at = self._clock() + WATCH_SECONDS
            finally:
                self._lock.release()
        return self._installed

    def refusal(self) -> Refusal | None:
        """Why rules are refused, while they are."""
        return self.installed().refusal

    @property
    def categories(self) -> Mapping[str, Category]:
        """The categories in force at each look, so that those of a new pack have their names at once."""
        return _CategoriesInForce(self)


class _CategoriesInForce(Mapping[str, Category]):
    def __init__(self, watch: RulesWatch) -> None:
        self._watch = watch

    def __getitem__(self, name: str) -> Category:
        return self._watch.installed().rules.categories[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._watch.installed().rules.categories)

    def __len__(self) -> int:
        return len(self._watch.installed().rules.categories)
