"""Hits: recording what a spider found, and reading it back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from w3lib.url import canonicalize_url

from matchers.hostname import host_of, parse_host
from matchers.likeness import hamming_distance, simhash
from matchers.match import Identifier, Match, Severity, Span, Verdict
from matchers.page import Page
from search.captures import request_capture
from search.outbox import announce
from search.records import Records
from search.review import Status
from search.tables import HitEventRow, HitIdentifierRow, HitRow, IdentifierRow

NEAR_SAME_BITS = 3
"""SimHash distance up to which two texts are the same page (Manku, Jain, Das Sarma, WWW 2007: 3 of 64)."""
CRAWLER = "crawler"
_TRACKING = ("utm_", "fbclid", "gclid", "zarsrc", "msclkid", "yclid", "_ga")


class Outcome(StrEnum):
    """What recording a hit did."""

    NEW = "new"
    SEEN = "seen"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Recorded:
    hit_id: int
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a hit's history; statuses are "" where the event moved none."""

    at: datetime
    actor: str
    action: str
    from_status: str
    to_status: str
    note: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A flagged page, as the records hold it."""

    id: int
    version: int
    url: str
    host: str
    registered_domain: str
    page_kind: str
    source: str
    title: str
    text: str
    language: str
    redirect_chain: tuple[str, ...]
    referrer_url: str
    is_rendered: bool
    category: str
    severity: Severity
    score: float
    reason_vi: str
    reason_en: str
    matches: tuple[Match, ...]
    rules_version: str
    status: Status
    first_seen_at: datetime
    last_seen_at: datetime
    seen_count: int
    content_hash: str
    supersedes_id: int | None
    identifiers: tuple[Identifier, ...]


def record_hit(records: Records, page: Page, verdict: Verdict, capture_from: Severity, device: str) -> Recorded:
    """Write a flagged page in one transaction with its history, index work and capture request.

    The same address with the same or near-same text updates the hit there is; the same address with another
    text is a new hit that supersedes it, so that no decision covers what nobody looked at. Hits of at least
    `capture_from` are put down for capture when new or changed. Raises RecordsError, and nothing is kept then.
    """
    url_normalised = normalise_url(page.url)
    fingerprint = simhash(f"{page.title}\n{page.text}")
    for is_last_try in (False, True):
        try:
            with records.write() as session:
                return _record(session, page, verdict, url_normalised, fingerprint, capture_from, device)
        except IntegrityError:
            # Another process wrote the same page between our look and our insert: now it is there to update.
            if is_last_try:
                raise
    raise AssertionError("unreachable")


def _record(
    session: Session,
    page: Page,
    verdict: Verdict,
    url_normalised: str,
    fingerprint: int,
    capture_from: Severity,
    device: str,
) -> Recorded:
    known = session.scalars(
        select(HitRow).where(HitRow.url_normalised == url_normalised).order_by(HitRow.id.desc())
    ).all()
    same = next((hit for hit in known if hit.content_hash == page.content_hash), None)
    near = same or next(
        (hit for hit in known if hamming_distance(hit.text_fingerprint, fingerprint) <= NEAR_SAME_BITS), None
    )
    if near is not None:
        outcome = Outcome.SEEN if same is not None else Outcome.CHANGED
        near.seen_count += 1
        near.last_seen_at = max(near.last_seen_at, page.fetched_at)
        hit = near
    else:
        outcome = Outcome.NEW
        hit = HitRow(
            url=page.url,
            url_normalised=url_normalised,
            host=host_of(page.url)[:255],
            registered_domain=parse_host(host_of(page.url)).registered_domain[:255],
            first_seen_at=page.fetched_at,
            last_seen_at=page.fetched_at,
            status=Status.NEW,
            supersedes_id=known[0].id if known else None,
        )
        session.add(hit)
    if outcome is not Outcome.SEEN or hit.rules_version != verdict.rules_version:
        _describe(hit, page, verdict, fingerprint)
    hit.version = (hit.version or 0) + 1
    session.flush()
    if outcome is not Outcome.SEEN:
        _link_identifiers(session, hit, verdict.identifiers)
        note = f"supersedes {hit.supersedes_id}" if outcome is Outcome.NEW and hit.supersedes_id else ""
        session.add(HitEventRow(hit_id=hit.id, at=page.fetched_at, actor=CRAWLER, action=f"found_{outcome}", note=note))
        if verdict.severity >= capture_from:
            request_capture(session, hit.id, page.requested_url or page.url, device, page.referrer_url)
    announce(session, hit.id)
    return Recorded(hit.id, outcome)


def _describe(hit: HitRow, page: Page, verdict: Verdict, fingerprint: int) -> None:
    hit.content_hash = page.content_hash
    hit.text_fingerprint = fingerprint
    hit.page_kind = page.kind
    hit.source = page.source
    hit.title = _storable(page.title)
    hit.text = _storable(page.text)
    hit.language = page.language
    hit.redirect_chain = list(page.redirect_chain)
    hit.referrer_url = page.referrer_url
    hit.is_rendered = page.is_rendered
    hit.category = verdict.category
    hit.severity = verdict.severity
    hit.score = verdict.score
    hit.reason_vi = _storable(verdict.reason_vi)
    hit.reason_en = _storable(verdict.reason_en)
    hit.matches = [_match_to_json(match) for match in verdict.matches]
    hit.rules_version = verdict.rules_version


def _storable(text: str) -> str:
    # A lone surrogate or NUL is one character here and in no database; spans stay right.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\x00", "\ufffd")


def _link_identifiers(session: Session, hit: HitRow, identifiers: Iterable[Identifier]) -> None:
    linked = {identifier.id for identifier in hit.identifiers} if hit.version > 1 else set()
    for identifier in identifiers:
        kind, value = identifier.kind, _storable(identifier.value)[:255]
        row = session.scalar(select(IdentifierRow).where(IdentifierRow.kind == kind, IdentifierRow.value == value))
        if row is None:
            row = IdentifierRow(kind=kind, value=value)
            session.add(row)
            session.flush()
        if row.id not in linked:
            linked.add(row.id)
            session.add(HitIdentifierRow(hit_id=hit.id, identifier_id=row.id))


def load_hits(records: Records, ids: Sequence[int]) -> list[Hit]:
    """The hits of these ids, in the order given; an id without a hit is left out."""
    with records.read() as session:
        rows = session.scalars(select(HitRow).where(HitRow.id.in_(ids))).all()
        found = {row.id: _hit(row) for row in rows}
    return [found[hit_id] for hit_id in ids if hit_id in found]


def load_hit(records: Records, hit_id: int) -> Hit | None:
    """The hit of this id, or None."""
    return next(iter(load_hits(records, [hit_id])), None)


def history(records: Records, hit_id: int) -> list[Event]:
    """What happened to a hit, oldest first."""
    with records.read() as session:
        rows = session.scalars(select(HitEventRow).where(HitEventRow.hit_id == hit_id).order_by(HitEventRow.id))
        return [Event(row.at, row.actor, row.action, row.from_status, row.to_status, row.note) for row in rows]


def iterate_hits(records: Records, batch: int = 500) -> Iterable[Hit]:
    """Every hit by id, a batch in memory at a time."""
    last_id = 0
    while True:
        with records.read() as session:
            rows = session.scalars(select(HitRow).where(HitRow.id > last_id).order_by(HitRow.id).limit(batch)).all()
            hits = [_hit(row) for row in rows]
        if not hits:
            return
        yield from hits
        last_id = hits[-1].id


def normalise_url(url: str) -> str:
    """The address that tells two pages apart: host in lower case, parameters sorted, no fragment, no tracking."""
    parts = urlsplit(canonicalize_url(url))
    kept = [
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if not name.lower().startswith(_TRACKING)
    ]
    netloc = parts.netloc.lower()
    for scheme, port in (("http", ":80"), ("https", ":443")):
        if parts.scheme == scheme:
            netloc = netloc.removesuffix(port)
    return urlunsplit((parts.scheme, netloc, parts.path or "/", urlencode(kept), ""))


def _hit(row: HitRow) -> Hit:
    return Hit(
        id=row.id,
        version=row.version,
        url=row.url,
        host=row.host,
        registered_domain=row.registered_domain,
        page_kind=row.page_kind,
        source=row.source,
        title=row.title,
        text=row.text,
        language=row.language,
        redirect_chain=tuple(row.redirect_chain),
        referrer_url=row.referrer_url,
        is_rendered=row.is_rendered,
        category=row.category,
        severity=Severity(row.severity),
        score=row.score,
        reason_vi=row.reason_vi,
        reason_en=row.reason_en,
        matches=tuple(_match_from_json(match) for match in row.matches),
        rules_version=row.rules_version,
        status=Status(row.status),
        first_seen_at=row.first_seen_at,
        last_seen_at=row.last_seen_at,
        seen_count=row.seen_count,
        content_hash=row.content_hash,
        supersedes_id=row.supersedes_id,
        identifiers=tuple(Identifier(identifier.kind, identifier.value) for identifier in row.identifiers),
    )


def _match_to_json(match: Match) -> dict[str, Any]:
    fields = asdict(match)
    for name in ("reason_vi", "reason_en", "quote"):
        fields[name] = _storable(fields[name])
    return fields


def _match_from_json(fields: Mapping[str, Any]) -> Match:
    span, identifier = fields["span"], fields["identifier"]
    return Match(
        **{
            **fields,
            "span": Span(**span) if span else None,
            "identifier": Identifier(**identifier) if identifier else None,
        }
    )
