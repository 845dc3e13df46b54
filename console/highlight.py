"""Highlights: the text of a page cut into pieces, each knowing which matches stand on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from matchers.hosts.defang import plain
from matchers.match import Match, SpanField

CONTEXT_CHARACTERS = 240
"""What is shown before and after a match where the whole text is too long to read."""
WHOLE_UP_TO_CHARACTERS = 3000
"""Texts up to this length are shown whole."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of text under the same matches, given by their index; none where nothing matched.

    `opens` are the matches that start here. `omitted` counts the characters left out in its place.
    """

    text: str
    matches: tuple[int, ...] = ()
    opens: tuple[int, ...] = ()
    omitted: int = 0


def highlight(text: str, matches: Sequence[Match], field: SpanField) -> list[Segment]:
    """The whole text in segments. Spans may overlap, nest or touch; what lies outside the text is ignored."""
    spans = [
        (max(0, match.span.start), min(len(text), match.span.end), index)
        for index, match in enumerate(matches)
        if match.span is not None and match.span.field == field
    ]
    spans = [span for span in spans if span[0] < span[1]]
    opening: dict[int, list[int]] = {}
    closing: dict[int, list[int]] = {}
    for start, end, index in spans:
        opening.setdefault(start, []).append(index)
        closing.setdefault(end, []).append(index)
    edges = sorted({0, len(text), *opening, *closing})
    segments = []
    standing: dict[int, None] = {}
    for start, end in pairwise(edges):
        for index in closing.get(start, ()):
            del standing[index]
        standing.update(dict.fromkeys(opening.get(start, ())))
        segments.append(Segment(plain(text[start:end]), tuple(standing), tuple(opening.get(start, ()))))
    return segments


def excerpt(segments: Sequence[Segment]) -> list[Segment]:
    """The segments with the long stretches between matches left out; all of them where the text is short."""
    if sum(len(segment.text) for segment in segments) <= WHOLE_UP_TO_CHARACTERS:
        return list(segments)
    if not any(segment.matches for segment in segments):
        return _shortened(segments[0], WHOLE_UP_TO_CHARACTERS, 0)
    kept: list[Segment] = []
    last = len(segments) - 1
    for position, segment in enumerate(segments):
        if segment.matches:
            kept.append(segment)
        else:
            kept.extend(
                _shortened(
                    segment,
                    0 if position == 0 else CONTEXT_CHARACTERS,
                    0 if position == last else CONTEXT_CHARACTERS,
                )
            )
    return kept


def _shortened(segment: Segment, head: int, tail: int) -> list[Segment]:
    text = segment.text
    if len(text) <= head + tail:
        return [segment]
    # Words stay whole: the cut moves outwards to the next blank, at most some twenty characters.
    first = _next_blank(text, head) if head else 0
    last = _previous_blank(text, len(text) - tail) if tail else len(text)
    if first >= last:
        return [segment]
    pieces = [Segment(text[:first]), Segment("", omitted=last - first), Segment(text[last:])]
    return [piece for piece in pieces if piece.text or piece.omitted]


def _next_blank(text: str, position: int) -> int:
    found = text.find(" ", position, position + 20)
    return position if found < 0 else found


def _previous_blank(text: str, position: int) -> int:
    found = text.rfind(" ", max(0, position - 20), position)
    return position if found < 0 else found + 1
