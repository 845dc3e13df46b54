"""Hits: recording what a spider found, and reading it back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from sqlalchemy import select
from sqlalchemy.orm import Session
from w3lib.url import canonicalize_url

from matchers.hosts.hostname import host_of, parse_host
from matchers.match import Identifier, Match, Severity, Span, Verdict
from matchers.page import Page, PageKind, Picture
from matchers.text.likeness import NEAR_COPY_BITS, containment, hamming_distance, simhash
from search.campaigns.membership import hold_campaigns, retie
from search.captures import request_capture
from search.outbox import announce
from search.records import Records, add_missing, hold
from search.saved import before_change
from search.seen import PictureLikeness, compare_pictures, seen_json, seen_page, seen_pictures
from search.status import Status
from search.tables import HitEventRow, HitIdentifierRow, HitRow, IdentifierRow
from search.text import storable

MAX_IDENTIFIER_CHARACTERS = 255
MAX_URL_CHARACTERS = 1000
"""Longer normal forms end in their hash: PostgreSQL indexes no value beyond 2.7 kB, and ads use longer ones."""
CRAWLER = "crawler"
_SPEAK_BY_PICTURES = (PageKind.ADVERTISEMENT, PageKind.POST)
SAME_PAGE_CONTAINMENT = 0.9
"""Share of the shorter reading's word triples that the longer one holds, from which two readings are one page."""
_TRACKING = frozenset(("fbclid", "gclid", "zarsrc", "msclkid", "yclid", "_ga"))
_TRACKING_STARTS = ("utm_", "_ga_")
"""Parameters that say who came how, and nothing of the page."""


class Outcome(StrEnum):
    """What recording a hit did."""

    NEW = "new"
    SEEN = "seen"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a page. `is_outdated`: its hit was judged by other rules, and has pictures that this sight of it
    lacks, so that it has to be judged again from all that was seen (`search.rejudging`)."""

    hit_id: int
    outcome: Outcome
    is_outdated: bool = False


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
    pictures: tuple[Picture, ...]


def record_hit(records: Records, page: Page, verdict: Verdict, capture_from: Severity, device: str) -> Recorded:
    """Write a flagged page in one transaction with its history, index work and capture request.

    The same address with the same or near-same text updates the hit there is; the same address with another
    text, or with another picture that speaks, is a new hit that supersedes it, so that no decision covers what nobody
    looked at. A picture that could not be had this time, or the last, makes no other page. The same page read by
    another source, with other selectors, is the same hit seen again and no change. Hits of at least
    `capture_from` are put down for capture when new or changed, or when new rules raise them to it.
    Raises RecordsError, and nothing is kept then.
    """
    url_normalised = normalise_url(page.url)
    fingerprint = simhash(f"{page.title}\n{page.text}")
    with records.write() as session:
        # Whoever records the same address at the same time waits, then finds what we wrote.
        hold(session, f"hits of {url_normalised}")
        known = _known(session, url_normalised, page, fingerprint)
        outcome = Outcome.SEEN if known.is_same else Outcome.CHANGED if known.hit_id is not None else Outcome.NEW
        has_other_rules = known.rules_version != verdict.rules_version
        is_outdated = outcome is Outcome.SEEN and has_other_rules and _has_more(session, known.hit_id, page)
        is_described = outcome is not Outcome.SEEN or (has_other_rules and not is_outdated)
        if is_described:
            # Before the hit is locked, as everybody does who needs both.
            hold_campaigns(session)
        before = None
        if known.hit_id is None:
            hit = _new_hit(page, url_normalised, known.newest_id)
            session.add(hit)
        else:
            # Read again under its lock: a decision may just have been taken.
            hit = session.scalars(select(HitRow).where(HitRow.id == known.hit_id).with_for_update()).one()
            before = before_change(session, hit) if is_described else None
            hit.seen_count += 1
            hit.version += 1
            hit.first_seen_at = min(hit.first_seen_at, page.fetched_at)
            hit.last_seen_at = max(hit.last_seen_at, page.fetched_at)
        is_raised = outcome is Outcome.SEEN and hit.severity < capture_from
        if is_described:
            _describe(hit, page, verdict, fingerprint)
            session.flush()
            link_identifiers(session, hit.id, verdict.identifiers)
            retie(session, hit, is_new=outcome is Outcome.NEW)
        if outcome is not Outcome.SEEN:
            note = f"supersedes {hit.supersedes_id}" if outcome is Outcome.NEW and hit.supersedes_id else ""
            action = f"found_{outcome}"
            session.add(HitEventRow(hit_id=hit.id, at=page.fetched_at, actor=CRAWLER, action=action, note=note))
        # Of a host name alone nothing was fetched: there is no page to capture, and a capture would be a visit.
        is_worth_it = hit.severity >= capture_from and page.kind is not PageKind.HOST
        if is_worth_it and (outcome is not Outcome.SEEN or is_raised):
            # Redirects are part of the evidence; without any, a post is captured at its own address, not its list's.
            address = page.requested_url if page.redirect_chain else page.url
            request_capture(session, hit.id, address, device, page.referrer_url)
        announce(session, hit.id, before)
        return Recorded(hit.id, outcome, is_outdated)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the records hold of an address: the hit to update, or None, with its rules; and the newest there is."""

    hit_id: int | None
    is_same: bool
    rules_version: str
    newest_id: int | None


def _known(session: Session, url_normalised: str, page: Page, fingerprint: int) -> _Known:
    rows = session.execute(
        select(HitRow.id, HitRow.source, HitRow.content_hash, HitRow.text_fingerprint, HitRow.rules_version)
        .where(HitRow.url_normalised == url_normalised)
        .order_by(HitRow.id.desc())
    ).all()
    newest_id = rows[0].id if rows else None
    same = next((row for row in rows if row.content_hash == page.content_hash), None)
    if same is not None:
        return _Known(same.id, True, same.rules_version, newest_id)
    for row in rows:
        is_near = is_near_same(row.text_fingerprint, fingerprint)
        if not is_near and not (page.kind in _SPEAK_BY_PICTURES and row.text_fingerprint == fingerprint):
            continue
        hit = session.scalars(select(HitRow).where(HitRow.id == row.id)).one()
        likeness = compare_pictures(seen_page(hit).speaking_pictures, page.speaking_pictures)
        says_the_same = (hit.title, hit.text) == (storable(page.title), storable(page.text))
        if likeness is PictureLikeness.OTHERS or not (is_near or says_the_same):
            continue
        is_same = row.source != page.source or (says_the_same and likeness is not PictureLikeness.GAINED)
        return _Known(row.id, is_same, row.rules_version, newest_id)
    if rows and rows[0].source != page.source:
        hit = session.scalars(select(HitRow).where(HitRow.id == rows[0].id)).one()
        likeness = compare_pictures(seen_page(hit).speaking_pictures, page.speaking_pictures)
        if likeness is not PictureLikeness.OTHERS and containment(hit.text, page.text) >= SAME_PAGE_CONTAINMENT:
            return _Known(hit.id, True, hit.rules_version, newest_id)
    return _Known(None, False, "", newest_id)


def _has_more(session: Session, hit_id: int | None, page: Page) -> bool:
    """Whether pictures were read of a hit, of a role of which this sight of its page has none."""
    hit = session.scalars(select(HitRow).where(HitRow.id == hit_id)).one()
    return not {one.role for one in seen_pictures(hit)} <= {one.role for one in page.pictures}


def is_near_same(one: int, other: int) -> bool:
    """Whether two fingerprints are of the same text but for a few words; never for texts too short to have one."""
    return one != 0 and other != 0 and hamming_distance(one, other) <= NEAR_COPY_BITS


def _new_hit(page: Page, url_normalised: str, supersedes_id: int | None) -> HitRow:
    host = host_of(page.url)
    return HitRow(
        version=1,
        url=page.url,
        url_normalised=url_normalised,
        host=host,
        registered_domain=parse_host(host).registered_domain,
        first_seen_at=page.fetched_at,
        last_seen_at=page.fetched_at,
        seen_count=1,
        status=Status.NEW,
        severity=0,
        rules_version="",
        supersedes_id=supersedes_id,
    )


def _describe(hit: HitRow, page: Page, verdict: Verdict, fingerprint: int) -> None:
    hit.content_hash = page.content_hash
    hit.text_fingerprint = fingerprint
    hit.page_kind = page.kind
    hit.source = page.source
    hit.title = page.title
    hit.text = page.text
    hit.language = page.language
    hit.redirect_chain = [storable(url) for url in page.redirect_chain]
    hit.referrer_url = page.referrer_url
    hit.is_rendered = page.is_rendered
    hit.seen = seen_json(page)
    hit.category = verdict.category
    hit.severity = verdict.severity
    hit.score = verdict.score
    hit.reason_vi = verdict.reason_vi
    hit.reason_en = verdict.reason_en
    hit.matches = [match_to_json(match) for match in verdict.matches]
    hit.rules_version = verdict.rules_version


def link_identifiers(session: Session, hit_id: int, identifiers: Iterable[Identifier]) -> None:
    """Note, in the caller's transaction, that a hit shows these identifiers; those it showed before stay."""
    wanted = sorted({(storable(one.kind), storable(one.value)[:MAX_IDENTIFIER_CHARACTERS]) for one in identifiers})
    if not wanted:
        return
    add_missing(session, IdentifierRow, [{"kind": kind, "value": value} for kind, value in wanted])
    rows = session.execute(
        select(IdentifierRow.id, IdentifierRow.kind, IdentifierRow.value).where(
            IdentifierRow.value.in_({value for _, value in wanted})
        )
    )
    ids = sorted(row.id for row in rows if (row.kind, row.value) in wanted)
    add_missing(session, HitIdentifierRow, [{"hit_id": hit_id, "identifier_id": row_id} for row_id in ids])


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
    """The address that tells two pages apart: host in lower case, parameters sorted, no fragment, no tracking.

    Never raises: what cannot be read as an address is its own normal form.

    >>> normalise_url("HTTP://Vay.Top:80?b=2&a=1&fbclid=x#top")
    'http://vay.top/?a=1&b=2'
    """
    try:
        parts = urlsplit(canonicalize_url(url))
        kept = [
            (name, value)
            for name, value in parse_qsl(parts.query, keep_blank_values=True)
            if name.lower() not in _TRACKING and not name.lower().startswith(_TRACKING_STARTS)
        ]
        netloc = parts.netloc.lower()
        for scheme, port in (("http", ":80"), ("https", ":443")):
            if parts.scheme == scheme:
                netloc = netloc.removesuffix(port)
        normal = urlunsplit((parts.scheme, netloc, parts.path or "/", urlencode(kept), ""))
    except ValueError:
        normal = url
    normal = storable(normal)
    if len(normal) > MAX_URL_CHARACTERS:
        normal = f"{normal[: MAX_URL_CHARACTERS - 65]}#{hashlib.sha256(normal.encode()).hexdigest()}"
    return normal


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
        pictures=seen_pictures(row),
    )


def match_to_json(match: Match) -> dict[str, Any]:
    """A match as the column `matches` of its hit keeps it."""
    fields = asdict(match)
    for name in ("reason_vi", "reason_en", "quote"):
        fields[name] = storable(fields[name])
    fields["facts"] = {storable(name): storable(value) for name, value in match.facts.items()}
    return fields


def _match_from_json(fields: Mapping[str, Any]) -> Match:
    span, identifier = fields["span"], fields["identifier"]
    return Match(
        **{
            **fields,
            "span": _span_from_json(span) if span else None,
            "identifier": Identifier(**identifier) if identifier else None,
        }
    )


def _span_from_json(fields: Mapping[str, Any]) -> Span:
    box = fields.get("box")
    return Span(**{**fields, "box": tuple(box) if box else None})
