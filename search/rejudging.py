"""Judging stored hits again by other rules: what would change, told before anything does; then written, in batches.

Nothing is fetched: the page is the one that was last seen (`search.seen`). Decisions of people stay: a hit that was
decided keeps its judgement, and only gains the identifiers that the new rules find. A hit that no rule flags any
longer stays in the queue, marked, for a person to decide. Hits whose page was not kept whole are told and left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session

from matchers.match import Identifier, Match, Severity, Verdict
from matchers.page import Page
from matchers.score import THRESHOLD
from search.campaigns.membership import hold_campaigns, retie
from search.hits import MAX_IDENTIFIER_CHARACTERS, link_identifiers, match_to_json
from search.outbox import announce
from search.records import Records
from search.saved import before_change
from search.seen import is_seen_whole, seen_page
from search.status import Status
from search.tables import HitEventRow, HitIdentifierRow, HitRow, IdentifierRow
from search.text import storable

BATCH: Final = 50
"""Hits of one transaction: others write in between, and a stop loses no more."""
UNDECIDED: Final = (Status.NEW, Status.IN_REVIEW)
"""Statuses in which nobody has decided of a hit: its judgement may still be another one."""
REJUDGED: Final = "rejudged"
ACTOR: Final = "rules"
_SAME_SCORE: Final = 0.005  # scores are kept to three figures and shown with two


class Effect(StrEnum):
    """What other rules make of a hit, the gravest that holds."""

    UNFLAGGED = "unflagged"
    """No rule flags it any longer."""
    FLAGGED_AGAIN = "flagged_again"
    CATEGORY = "category"
    SEVERITY = "severity"
    SCORE = "score"
    REASON = "reason"
    """Category, severity and score stay; reasons or identifiers differ."""
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What rules of one version say of a hit."""

    category: str
    severity: Severity
    score: float
    reason_vi: str
    reason_en: str
    rules_version: str

    @property
    def is_flagged(self) -> bool:
        """Whether the score is one of a hit."""
        return self.score >= THRESHOLD


@dataclass(frozen=True, slots=True)
class Rejudged:
    """A hit as it was judged and as it is judged now; `gained` and `lost` are identifiers.

    `is_decided`: a person decided, so that the judgement stays as it was and identifiers are only gained. Of a hit that
    is not `is_whole` only the text is known, so that nothing is written.
    """

    hit_id: int
    url: str
    title: str
    status: Status
    effect: Effect
    before: Judgement
    after: Judgement
    gained: tuple[Identifier, ...]
    lost: tuple[Identifier, ...]
    is_whole: bool

    @property
    def is_decided(self) -> bool:
        """Whether a person decided of the hit."""
        return self.status not in UNDECIDED

    @property
    def is_written(self) -> bool:
        """Whether applying the rules changes what people see of the hit."""
        return self.is_whole and (bool(self.gained) if self.is_decided else self.effect is not Effect.NONE)


@dataclass(frozen=True, slots=True)
class Question:
    """Which hits are judged again: last seen at `since` or later, of these categories (all where none is named)."""

    since: datetime
    categories: tuple[str, ...] = ()


Judges = Callable[[Page], Verdict]


def count_hits(records: Records, question: Question, rules_version: str) -> int:
    """How many hits there are to judge again by rules of this version."""
    with records.read() as session:
        return session.scalar(_asked(select(func.count()), question, rules_version)) or 0


def preview(records: Records, question: Question, judge: Judges, rules_version: str) -> Iterator[Rejudged]:
    """What the rules would make of each hit that was judged by others, by id; nothing is changed."""
    last_id = 0
    while True:
        with records.read() as session:
            found = session.scalars(_batch(question, rules_version, last_id)).all()
            rejudged = [_rejudge(hit, judge(seen_page(hit)))[0] for hit in found]
        if not found:
            return
        yield from rejudged
        last_id = found[-1].id


def apply_rules(records: Records, question: Question, judge: Judges, rules_version: str) -> Iterator[Rejudged]:
    """Judge each such hit again and write what changed, a transaction a batch; each hit is told once it is written.

    Interrupted, it goes on where it stopped: a hit that was judged by these rules is not judged again. Raises
    RecordsError with the batches before it written.
    """
    last_id = 0
    while True:
        with records.write() as session:
            # Before a hit is locked, as everybody does who needs both.
            hold_campaigns(session)
            found = session.scalars(_batch(question, rules_version, last_id).with_for_update(of=HitRow)).all()
            rejudged = [_apply(session, hit, judge(seen_page(hit))) for hit in found]
        if not found:
            return
        yield from rejudged
        last_id = found[-1].id


def rejudge_hit(records: Records, hit_id: int, judge: Judges) -> Rejudged | None:
    """Judge one hit again from all that was seen of it, and write what changed; None where there is no such hit."""
    with records.write() as session:
        hold_campaigns(session)
        hit = session.scalars(select(HitRow).where(HitRow.id == hit_id).with_for_update()).one_or_none()
        return _apply(session, hit, judge(seen_page(hit))) if hit is not None else None


def _batch(question: Question, rules_version: str, last_id: int) -> Select[HitRow]:
    return _asked(select(HitRow), question, rules_version).where(HitRow.id > last_id).order_by(HitRow.id).limit(BATCH)


def _asked(chosen: Select, question: Question, rules_version: str) -> Select:  # type: ignore[type-arg]
    chosen = chosen.where(HitRow.last_seen_at >= question.since, HitRow.rules_version != rules_version)
    return chosen.where(HitRow.category.in_(question.categories)) if question.categories else chosen


def _rejudge(hit: HitRow, verdict: Verdict) -> tuple[Rejudged, tuple[Match, ...]]:
    before = Judgement(hit.category, Severity(hit.severity), hit.score, hit.reason_vi, hit.reason_en, hit.rules_version)
    after = Judgement(
        verdict.category,
        verdict.severity,
        verdict.score,
        storable(verdict.reason_vi),
        storable(verdict.reason_en),
        verdict.rules_version,
    )
    if not verdict.is_hit:
        after = replace(after, category=before.category, reason_vi=_gone_vi(verdict), reason_en=_gone_en(verdict))
    shown = tuple(Identifier(**match["identifier"]) for match in hit.matches if match["identifier"])
    found = tuple(Identifier(one.kind, storable(one.value)) for one in verdict.identifiers)
    gained = tuple(one for one in found if one not in shown)
    lost = tuple(dict.fromkeys(one for one in shown if one not in found))
    effect = _effect(before, after, bool(gained or lost))
    return (
        Rejudged(
            hit.id, hit.url, hit.title, Status(hit.status), effect, before, after, gained, lost, is_seen_whole(hit)
        ),
        verdict.matches,
    )


def _effect(before: Judgement, after: Judgement, has_other_identifiers: bool) -> Effect:
    if before.is_flagged is not after.is_flagged:
        return Effect.FLAGGED_AGAIN if after.is_flagged else Effect.UNFLAGGED
    if before.category != after.category:
        return Effect.CATEGORY
    if before.severity is not after.severity:
        return Effect.SEVERITY
    if abs(before.score - after.score) > _SAME_SCORE:
        return Effect.SCORE
    has_other_reasons = (before.reason_vi, before.reason_en) != (after.reason_vi, after.reason_en)
    return Effect.REASON if has_other_reasons or has_other_identifiers else Effect.NONE


def _gone_vi(verdict: Verdict) -> str:
    points = f"{verdict.score:.2f}".replace(".", ",")
    return f"Luật hiện hành không còn gắn cờ trang này: {points} điểm, chưa đủ {THRESHOLD:.0f} điểm."


def _gone_en(verdict: Verdict) -> str:
    return f"The rules in force no longer flag this page: {verdict.score:.2f} points, fewer than {THRESHOLD:.0f}."


def _apply(session: Session, hit: HitRow, verdict: Verdict) -> Rejudged:
    told, matches = _rejudge(hit, verdict)
    if not told.is_whole:
        return told
    if not told.is_written:
        if not told.is_decided:
            # Judged by these rules, and nothing that anybody sees is another: no new version, no history.
            _describe(hit, told.after, matches)
        return told
    before = before_change(session, hit)
    if told.is_decided:
        new = [match_to_json(match) for match in matches if match.identifier in told.gained]
        hit.matches = [*hit.matches, *new]
    else:
        _describe(hit, told.after, matches)
        _unlink(session, hit.id, told.lost)
    hit.version += 1
    session.flush()
    link_identifiers(session, hit.id, told.gained)
    retie(session, hit)
    session.add(HitEventRow(hit_id=hit.id, at=datetime.now(UTC), actor=ACTOR, action=REJUDGED, note=_note(told)))
    announce(session, hit.id, before)
    return told


def _describe(hit: HitRow, judgement: Judgement, matches: Collection[Match]) -> None:
    hit.category = judgement.category
    hit.severity = judgement.severity
    hit.score = judgement.score
    hit.reason_vi = judgement.reason_vi
    hit.reason_en = judgement.reason_en
    hit.rules_version = judgement.rules_version
    hit.matches = [match_to_json(match) for match in matches]


def _unlink(session: Session, hit_id: int, lost: Collection[Identifier]) -> None:
    """Take from a hit what earlier rules took for identifiers of the same page; what earlier texts showed stays."""
    for one in lost:
        value = one.value[:MAX_IDENTIFIER_CHARACTERS]
        row_id = session.scalar(
            select(IdentifierRow.id).where(IdentifierRow.kind == one.kind, IdentifierRow.value == value)
        )
        session.execute(
            delete(HitIdentifierRow).where(HitIdentifierRow.hit_id == hit_id, HitIdentifierRow.identifier_id == row_id)
        )


def _note(told: Rejudged) -> str:
    """What the history says: both versions, what became another, and the reason that no longer shows."""
    before, after = told.before, told.after
    parts = [f"rules {before.rules_version} → {after.rules_version}"]
    if not told.is_decided:
        parts.append(f"score {before.score:.2f} → {after.score:.2f}")
        if before.category != after.category:
            parts.append(f"{before.category} → {after.category}")
        if before.severity is not after.severity:
            parts.append(f"severity {before.severity.name.lower()} → {after.severity.name.lower()}")
    for sign, identifiers in (("+", told.gained), ("-", () if told.is_decided else told.lost)):
        parts.extend(f"{sign}{one.kind} {one.value}" for one in identifiers)
    if not told.is_decided and before.reason_vi != after.reason_vi:
        parts.append(before.reason_vi)
    return "; ".join(parts)
