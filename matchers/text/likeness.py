"""Likeness of texts: a 64-bit SimHash by which near-copies of one page are told.

After Charikar, "Similarity estimation techniques from rounding algorithms" (STOC 2002); features are pairs of
folded words, so that reworded numbers and marks do not part copies. Manku, Jain and Das Sarma (WWW 2007) take
pages within 3 bits of one another as near-duplicates; `NEAR_COPY_BITS` is theirs.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise
from typing import Final

from matchers.text.normalise import fold

NEAR_COPY_BITS: Final = 3
"""Hamming distance up to which two texts count as near-copies."""

_BITS: Final = 64
_LANE: Final = 24  # bits a counter has in the packed sum: enough for 16 million features


def _spread() -> tuple[tuple[int, ...], ...]:
    """For every byte of a hash and every value of it, its bits as counters of a packed sum."""
    tables = []
    for place in range(8):
        tables.append(
            tuple(sum(1 << (_LANE * (place * 8 + bit)) for bit in range(8) if value >> bit & 1) for value in range(256))
        )
    return tuple(tables)


@lru_cache(maxsize=1)
def _tables() -> tuple[tuple[int, ...], ...]:
    return _spread()


@lru_cache(maxsize=65536)
def _feature(pair: bytes) -> int:
    """The hash of one feature, its 64 bits spread over the lanes of a packed sum."""
    tables = _tables()
    return sum(tables[place][byte] for place, byte in enumerate(blake2b(pair, digest_size=8).digest()))


def simhash(text: str) -> int:
    """The 64-bit SimHash of `text`; 0 for a text without two words.

    >>> hamming_distance(simhash("Vay tiền nhanh, lãi 2%"), simhash("VAY TIEN NHANH - lãi 5%"))
    0
    """
    words = fold(text).words.text.split()
    pairs = [first + b" " + second for first, second in pairwise(words)]
    if not pairs:
        return 0
    total = sum(map(_feature, pairs))
    half = len(pairs) / 2
    mask = (1 << _LANE) - 1
    result = 0
    for bit in range(_BITS):
        if (total >> (_LANE * bit)) & mask > half:
            result |= 1 << bit
    return result


def hamming_distance(one: int, other: int) -> int:
    """The number of bits in which two SimHashes differ, 0 to 64."""
    return (one ^ other).bit_count()


def containment(one: str, other: str) -> float:
    """The share of the shorter text's word triples that the longer one has too, 0 to 1; 0 without any.

    After Broder, "On the resemblance and containment of documents" (1997): a page read whole contains the same page
    read without its frame, though their SimHashes differ.

    >>> containment("vay tiền nhanh lãi thấp", "Trang chủ. Vay tiền nhanh, lãi thấp. Liên hệ")
    1.0
    """
    smaller, larger = sorted((_triples(one), _triples(other)), key=len)
    return len(smaller & larger) / len(smaller) if smaller else 0.0


def _triples(text: str) -> set[tuple[bytes, bytes, bytes]]:
    words = fold(text).words.text.split()
    return set(zip(words, words[1:], words[2:], strict=False))
