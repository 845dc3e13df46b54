"""The syllables of Vietnamese without marks: which letter groups can be a word, and where joined ones part."""

from __future__ import annotations

from collections.abc import Set
from functools import lru_cache
from typing import Final

_ONSETS: Final = " b c ch d g gh gi h k kh l m n ng ngh nh p ph r s t th tr v x"
_RIMES: Final = (
    "a ac ach ai am an ang anh ao ap at au ay e ec ech em en eng enh eo ep et eu i ia ich iec iem ien "
    "ieng iep iet "
    "ieu im in inh ip it iu o oa oac oach oai oam oan oang oanh oao oap oat oay oc oe oen oeo oet oi om "
    "on ong op ot "
    "u ua uan uang uat uay uc ue uech uenh ui um un ung uo uoc uoi uom uon uong uop uot uou up ut uu uy "
    "uya uych uyen "
    "uyet uynh uyt uyu y yem yen yeng yet yeu oong ooc"
)
_QU_RIMES: Final = (
    "a ac ach ai an ang anh ao at au ay e en eo et i oc ot oi y yen yet ynh yt ich it ien ieu an at uoc yu "
)


_BEFORE_E_AND_I: Final = frozenset(("k", "gh", "ngh"))
_BEFORE_A_O_AND_U: Final = frozenset(("c", "g", "ng"))


def _can_spell(onset: str, rime: str) -> bool:
    """Whether an onset is written before this rime: ``c`` and ``k``, ``g`` and ``gh`` share the vowels among them."""
    if onset in _BEFORE_E_AND_I:
        return rime[0] in "eiy"
    if onset in _BEFORE_A_O_AND_U:
        return rime[0] in "aou" or (onset == "g" and rime[0] == "i")
    if rime.startswith("ie"):
        return onset != ""
    return not rime.startswith("ye") or onset == ""


def _syllables() -> frozenset[str]:
    rimes = _RIMES.split()
    found = {onset + rime for onset in _ONSETS.split(" ") for rime in rimes if _can_spell(onset, rime)}
    found.update("qu" + rime for rime in _QU_RIMES.split())
    return frozenset(found)


SYLLABLES: Final[frozenset[str]] = _syllables()
"""Every folded letter group that Vietnamese spelling allows as one syllable."""

LONGEST_SYLLABLE: Final = 7  # "nghieng"
LONGEST_WORD: Final = 14
"""Letters of the longest word that is looked for among joined ones."""


LONGEST_JOINED: Final = 64
"""Letters beyond which joined words are not parted: no phrase is that long."""


@lru_cache(maxsize=4096)
def part(letters: str) -> tuple[str, ...] | None:
    """Joined, folded letters as the fewest syllables, longer ones first, or None where they cannot be parted.

    >>> part("chuyentien")
    ('chuyen', 'tien')
    """
    return part_into(letters, frozenset())


def part_into(letters: str, others: Set[str]) -> tuple[str, ...] | None:
    """The same, where the words `others` may stand between the syllables.

    >>> part_into("vayonline", {"online"})
    ('vay', 'online')
    """
    if len(letters) > LONGEST_JOINED:
        return None
    # Cost of a split: fewer words, then fewer one-letter ones, then the longer first ones.
    best: list[tuple[int, int, tuple[str, ...]] | None] = [None] * (len(letters) + 1)
    best[len(letters)] = (0, 0, ())
    longest = LONGEST_WORD if others else LONGEST_SYLLABLE
    for start in range(len(letters) - 1, -1, -1):
        for end in range(min(len(letters), start + longest), start, -1):
            rest = best[end]
            piece = letters[start:end]
            if rest is None or (piece not in SYLLABLES and piece not in others):
                continue
            candidate = (rest[0] + 1, rest[1] + (len(piece) == 1), (piece, *rest[2]))
            current = best[start]
            if current is None or candidate[:2] < current[:2]:
                best[start] = candidate
    whole = best[0]
    return None if whole is None else whole[2]
