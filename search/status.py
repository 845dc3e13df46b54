"""The statuses of a hit. Which may follow which is said in `search.review`."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """Where a hit stands between being found and being done with."""

    NEW = "new"
    IN_REVIEW = "in_review"
    CONFIRMED = "confirmed"
    NOT_VIOLATION = "not_violation"
    HANDED_OVER = "handed_over"
    TAKEN_DOWN = "taken_down"
    CLOSED = "closed"
