"""Delivery to the index by a process that keeps running: often while it works, ever less often while it does not."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

from search.index import DocumentsRefused, Index, IndexUnavailable
from search.outbox import deliver
from search.records import Records, RecordsError

DELIVERY_SECONDS: Final = 5
MAX_DELIVERY_SECONDS: Final = 320
"""How long an index that cannot be used is left alone at most; each failure doubles the wait until then."""
logger = logging.getLogger(__name__)


class Delivery:
    """Delivers the outbox. Logs a line when delivering begins to fail, fails otherwise than before, or works again."""

    def __init__(self, records: Records, index: Index, clock: Callable[[], float] = time.monotonic) -> None:
        self.records = records
        self.index = index
        self.wait_seconds: float = DELIVERY_SECONDS
        """From one delivery to the next."""
        self._clock = clock
        self._next_at = clock()
        self._failing = ""

    def turn(self) -> None:
        """Deliver, if it is time to; to be called every `DELIVERY_SECONDS`."""
        if self._clock() < self._next_at:
            return
        try:
            deliver(self.records, self.index)
        except DocumentsRefused as error:
            # All the others were taken, and these are not tried again until they change.
            logger.warning(error.kind, extra={"detail": str(error)})
        except (RecordsError, IndexUnavailable) as error:
            self._fail(error.kind, str(error))
            return
        if self._failing:
            logger.warning("index_delivered_again", extra={"detail": f"after {self._failing}"})
        self._failing, self.wait_seconds = "", DELIVERY_SECONDS
        self._next_at = self._clock()

    def _fail(self, kind: str, detail: str) -> None:
        if kind != self._failing:
            logger.warning(kind, extra={"detail": detail})
            self._failing = kind
        self.wait_seconds = min(self.wait_seconds * 2, MAX_DELIVERY_SECONDS)
        self._next_at = self._clock() + self.wait_seconds
