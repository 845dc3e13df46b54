"""Words of the trade (`packs/lexicon.yaml`): bait words of hosts, link shorteners, throw-away suffixes, teencode."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import yaml

from matchers.text.normalise import fold_text

LEXICON_FILE: Final = Path(__file__).parents[1] / "packs" / "lexicon.yaml"


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The lists of the lexicon. `baits` maps a word to its list (``lure``, ``gamble``, ``filler``)."""

    baits: Mapping[str, str]
    shorteners: frozenset[str]
    throwaway_suffixes: frozenset[str]
    common_suffixes: frozenset[str]
    app_link_suffixes: frozenset[str]
    tenant_suffixes: frozenset[str]
    hosting_suffixes: frozenset[str]
    teencode: Mapping[str, tuple[tuple[str, ...], ...]]


@cache
def lexicon() -> Lexicon:
    """The lexicon that ships with the package, read once; the weightier list wins where a word is in two."""
    lists = yaml.load(LEXICON_FILE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    baits: dict[str, str] = {}
    for kind in ("lure", "gamble", "filler"):
        for word in lists[kind].split():
            baits.setdefault(word, kind)
    return Lexicon(
        baits=baits,
        shorteners=frozenset(lists["shorteners"].split()),
        throwaway_suffixes=frozenset(lists["throwaway_suffixes"].split()),
        common_suffixes=frozenset(lists["common_suffixes"].split()),
        app_link_suffixes=frozenset(lists["app_link_suffixes"].split()),
        tenant_suffixes=frozenset(lists["tenant_suffixes"].split()),
        hosting_suffixes=frozenset(lists["hosting_suffixes"].split()),
        teencode={
            word: tuple(tuple(fold_text(meaning).split()) for meaning in meanings)
            for word, meanings in lists["teencode"].items()
        },
    )
