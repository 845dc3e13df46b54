"""The syllables of Vietnamese without marks: which letter groups can be a word, and where joined ones part."""

from __future__ import annotations

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


def _syllables() -> frozenset[str]:
    rimes = _RIMES.split()
    found = {onset + rime for onset in _ONSETS.split(" ") for rime in rimes}
    found.update("qu" + rime for rime in _QU_RIMES.split())
    return frozenset(found)


SYLLABLES: Final[frozenset[str]] = _syllables()
"""Every folded letter group that Vietnamese spelling allows as one syllable."""

LONGEST_SYLLABLE: Final = 7  # "nghieng"


LONGEST_JOINED: Final = 64
"""Letters beyond which joined words are not parted: no phrase is that long."""


@lru_cache(maxsize=4096)
def part(letters: str) -> tuple[str, ...] | None:
    """Joined, folded letters as the fewest syllables, longer ones first, or None where they cannot be parted.

    >>> part("chuyentien")
    ('chuyen', 'tien')
    """
    if len(letters) > LONGEST_JOINED:
        return None
    # Cost of a split: fewer syllables, then fewer one-letter ones, then the longer first ones.
    best: list[tuple[int, int, tuple[str, ...]] | None] = [None] * (len(letters) + 1)
    best[len(letters)] = (0, 0, ())
    for start in range(len(letters) - 1, -1, -1):
        for end in range(min(len(letters), start + LONGEST_SYLLABLE), start, -1):
            rest = best[end]
            piece = letters[start:end]
            if rest is None or piece not in SYLLABLES:
                continue
            candidate = (rest[0] + 1, rest[1] + (len(piece) == 1), (piece, *rest[2]))
            current = best[start]
            if current is None or candidate[:2] < current[:2]:
                best[start] = candidate
    whole = best[0]
    return None if whole is None else whole[2]
