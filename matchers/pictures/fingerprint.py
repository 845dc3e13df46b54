"""Pictures of pages: a 64-bit fingerprint by which near-copies of one design are told.

A difference hash (Krawetz, "Kind of Like That", 2013) of the first screen: 32 bits say where it grows darker from left
to right, 32 where it grows darker from top to bottom. Differences too small to see count as none, so that a number or
a few words exchanged leave the fingerprint as it is.
"""

from __future__ import annotations

import io
from itertools import pairwise
from typing import Final

from PIL import Image

NEAR_PICTURE_BITS: Final = 4
"""Hamming distance up to which two pictures count as near-copies."""
FIRST_SCREEN_ROWS: Final = 768
"""Pixels from the top that are looked at: below, copies of one page differ with the length of their texts."""
LONG, SHORT = 9, 4
"""Cells along and across the direction in which differences are taken: 8 × 4 bits each way."""
VISIBLE: Final = 4
"""Steps of brightness (0 to 255) between two cells from which a difference counts."""
LEAST_DIFFERENCES: Final = 14
"""Fewer differences between cells than this say too little to tell one page from another."""
MAX_BYTES: Final = 64 << 20
MAX_PIXELS: Final = 40_000_000
"""Room for the longest picture that a capture takes (1366 × 16000), and no more."""


def picture_fingerprint(png: bytes) -> int:
    """The fingerprint of a page's picture, a PNG; 0 for what is no such picture, is too large, or shows too little.

    Blank pages, error pages and bare login boxes have hardly a difference in brightness and get 0, so that they are
    not all the same picture. Never raises.
    """
    if len(png) > MAX_BYTES:
        return 0
    try:
        with Image.open(io.BytesIO(png), formats=("PNG",)) as picture:
            return 0 if picture.width * picture.height > MAX_PIXELS else screen_fingerprint(picture)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        # What Pillow raises for a picture that is none, is broken or is a bomb.
        return 0


def screen_fingerprint(picture: Image.Image) -> int:
    """The fingerprint of a picture that is open already; 0 where it shows too little."""
    screen = picture.convert("L").crop((0, 0, picture.width, min(picture.height, FIRST_SCREEN_ROWS)))
    across = screen.resize((LONG, SHORT), Image.Resampling.BOX).tobytes()
    down = screen.resize((SHORT, LONG), Image.Resampling.BOX).tobytes()
    differences = [one - other for row in _rows(across, LONG) for one, other in pairwise(row)]
    differences += [
        one - other for row, below in pairwise(_rows(down, SHORT)) for one, other in zip(row, below, strict=True)
    ]
    if sum(abs(difference) >= VISIBLE for difference in differences) < LEAST_DIFFERENCES:
        return 0
    return sum(1 << place for place, difference in enumerate(differences) if difference >= VISIBLE)


def _rows(cells: bytes, width: int) -> list[bytes]:
    return [cells[start : start + width] for start in range(0, len(cells), width)]
