"""Text as any database takes it: no NUL, no lone surrogate, no longer than its column."""

from __future__ import annotations

import re
from typing import Final

_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """`text` with each NUL and lone surrogate as U+FFFD, so that offsets stay right."""
    return _UNSTORABLE.sub("\ufffd", text)
