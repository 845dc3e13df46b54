"""Delivery to the index by a process that keeps running: often while it works, ever less often while it does not."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

from search.indexes.index import DocumentsRefused, Index, IndexUnavailable
from search.outbox import deliver
from search.records import Records, RecordsError

DELIVERY_SECONDS: Final = 5
MAX_DELIVERY_SECONDS: Final = 320
"""How long an index that cannot be used is left alone at most; each failure doubles the wait until then."""
logger = logging.getLogger(__name__)
Tell = Callable[[RecordsError | IndexUnavailable], None]


def log_failure(error: RecordsError | IndexUnavailable) -> None:
    """Log why the outbox cannot be delivered."""
    logger.warning(error.kind, extra={"detail": str(error)})


class Delivery:
    """Delivers the outbox, from whatever thread. Tells when delivering begins to fail, or fails otherwise than before.

    `tell` is called in the thread that delivers.
    """

    def __init__(
        self,
        records: Records,
        index: Index,
        clock: Callable[[], float] = time.monotonic,
        tell: Tell = log_failure,
    ) -> None:
        self.records = records
        self.index = index
        self.wait_seconds: float = DELIVERY_SECONDS
        """From one delivery to the next."""
        self._clock = clock
        self._tell = tell
        self._next_at = clock()
        self._failing = ""
        self._is_stopped = False

    def turn(self) -> None:
        """Deliver, if it is time to; to be called every `DELIVERY_SECONDS`."""
        if self._clock() < self._next_at:
            return
        try:
            deliver(self.records, self.index, lambda: not self._is_stopped)
        except DocumentsRefused as error:
            # All the others were taken, and these are not tried again until they change.
            self._tell(error)
        except (RecordsError, IndexUnavailable) as error:
            self._fail(error)
            return
        if self._failing:
            logger.warning("index_delivered_again", extra={"detail": f"after {self._failing}"})
        self._failing, self.wait_seconds = "", DELIVERY_SECONDS
        self._next_at = self._clock()

    def stop(self) -> None:
        """Let a delivery that is under way end with what it is putting now; what is left waits for another process."""
        self._is_stopped = True

    def _fail(self, error: RecordsError | IndexUnavailable) -> None:
        if error.kind != self._failing:
            self._tell(error)
            self._failing = error.kind
        self.wait_seconds = min(self.wait_seconds * 2, MAX_DELIVERY_SECONDS)
        self._next_at = self._clock() + self.wait_seconds
