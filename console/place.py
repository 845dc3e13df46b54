"""Places: where a person stands in the queue, as the address of each page carries it along."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from console.desk import Desk
from console.queue import Question
from console.views import HitLine
from search.hits import load_hit


@dataclass(frozen=True, slots=True)
class Place:
    """The question asked, the 0-based position among its answers (None outside of a queue), and what was decided."""

    question: Question
    position: int | None
    decided_id: int | None

    @classmethod
    def of(cls, request: Request) -> Place:
        """The place in a request's address; what is not understood there is left out."""
        parameters = request.query_params
        return cls(Question.of(parameters), number(parameters.get("at")), number(parameters.get("decided")))

    @property
    def parameters(self) -> list[tuple[str, object]]:
        """The parameters that lead back to this place."""
        at: list[tuple[str, object]] = [] if self.position is None else [("at", self.position)]
        return [*self.question.parameters, *at]

    def decided(self, desk: Desk) -> HitLine | None:
        """The hit that was decided on the way here, as it is now."""
        hit = None if self.decided_id is None else load_hit(desk.records, self.decided_id)
        return None if hit is None else HitLine.of(hit)


def number(text: str | None) -> int | None:
    """The natural number that `text` spells, None for anything else."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 9 else None
