"""The tables of the records, as SQLAlchemy sees them. Migrations in `search/migrations` make them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, MetaData, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from search.columns import LongText, ShortText, SignedHash, UtcDateTime

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)


class HitRow(Base):
    """A flagged page. Unique by normalised address and content; `version` grows with every change."""

    __tablename__ = "hits"
    __table_args__ = (
        UniqueConstraint("url_normalised", "content_hash"),
        Index(None, "status", "severity", "last_seen_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    url: Mapped[str] = mapped_column(LongText)
    url_normalised: Mapped[str] = mapped_column(LongText)
    host: Mapped[str] = mapped_column(ShortText(255), index=True)
    registered_domain: Mapped[str] = mapped_column(ShortText(255), index=True)
    content_hash: Mapped[str] = mapped_column(ShortText(64))
    text_fingerprint: Mapped[int] = mapped_column(SignedHash)
    page_kind: Mapped[str] = mapped_column(ShortText(32))
    source: Mapped[str] = mapped_column(ShortText(128), index=True)
    title: Mapped[str] = mapped_column(LongText)
    text: Mapped[str] = mapped_column(LongText)
    language: Mapped[str] = mapped_column(ShortText(16))
    redirect_chain: Mapped[list[str]] = mapped_column(JSON)
    referrer_url: Mapped[str] = mapped_column(LongText)
    is_rendered: Mapped[bool]
    category: Mapped[str] = mapped_column(ShortText(64), index=True)
    severity: Mapped[int] = mapped_column(index=True)
    score: Mapped[float]
    reason_vi: Mapped[str] = mapped_column(LongText)
    reason_en: Mapped[str] = mapped_column(LongText)
    matches: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    seen: Mapped[dict[str, Any]] = mapped_column(JSON, server_default="{}")
    """What the page held beside its text (`search.seen`)."""
    rules_version: Mapped[str] = mapped_column(ShortText(64))
    status: Mapped[str] = mapped_column(ShortText(32), default="new")
    first_seen_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    seen_count: Mapped[int] = mapped_column(default=1)
    supersedes_id: Mapped[int | None] = mapped_column(ForeignKey("hits.id"))

    identifiers: Mapped[list[IdentifierRow]] = relationship(secondary="hit_identifiers", lazy="selectin")


class IdentifierRow(Base):
    """A phone number, bank account, wallet or handle, once, however many hits show it."""

    __tablename__ = "identifiers"
    __table_args__ = (UniqueConstraint("kind", "value"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(ShortText(32))
    value: Mapped[str] = mapped_column(ShortText(255), index=True)


class HitIdentifierRow(Base):
    __tablename__ = "hit_identifiers"

    hit_id: Mapped[int] = mapped_column(ForeignKey("hits.id"), primary_key=True)
    identifier_id: Mapped[int] = mapped_column(ForeignKey("identifiers.id"), primary_key=True, index=True)


class HitEventRow(Base):
    """What happened to a hit: seen, changed, decided, captured. Only ever added to."""

    __tablename__ = "hit_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    hit_id: Mapped[int] = mapped_column(ForeignKey("hits.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(ShortText(128))
    action: Mapped[str] = mapped_column(ShortText(32))
    from_status: Mapped[str] = mapped_column(ShortText(32), default="")
    to_status: Mapped[str] = mapped_column(ShortText(32), default="")
    note: Mapped[str] = mapped_column(LongText, default="")


class OutboxRow(Base):
    """Index work still to be delivered, written in the transaction that changed the hit."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    hit_id: Mapped[int] = mapped_column(ForeignKey("hits.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    refusal: Mapped[str] = mapped_column(LongText, server_default="")
    """Why the index will never take the hit as it is; "" while it only has not taken it yet."""


class CaptureRow(Base):
    """A capture of a hit that is due, under way, done or failed. The vault holds what was captured."""

    __tablename__ = "captures"
    __table_args__ = (Index(None, "state", "lease_until"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    hit_id: Mapped[int] = mapped_column(ForeignKey("hits.id"), index=True)
    url: Mapped[str] = mapped_column(LongText)
    device: Mapped[str] = mapped_column(ShortText(16))
    referrer_url: Mapped[str] = mapped_column(LongText)
    state: Mapped[str] = mapped_column(ShortText(16))
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    evidence_id: Mapped[str] = mapped_column(ShortText(64), default="")
    failure: Mapped[str] = mapped_column(LongText, default="")


class CapturedPageRow(Base):
    """What a capture shows beyond its files: the page's words, to be searched, and its picture, to be compared.

    `picture_fingerprint` is 0 where there is no picture that tells one page from another.
    """

    __tablename__ = "captured_pages"

    capture_id: Mapped[int] = mapped_column(ForeignKey("captures.id"), primary_key=True)
    hit_id: Mapped[int] = mapped_column(ForeignKey("hits.id"), index=True)
    text: Mapped[str] = mapped_column(LongText)
    picture_fingerprint: Mapped[int] = mapped_column(SignedHash)


class CampaignRow(Base):
    """Hits that belong together. One that was joined to another stays: it leads old links there, and may part again."""

    __tablename__ = "campaigns"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(ShortText(128), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("campaigns.id"))


class CampaignMemberRow(Base):
    """A hit in its campaign; hits that share nothing with another are in none.

    `origin_id` is the campaign that it was in before that one was joined to another, and is in again when they part.
    """

    __tablename__ = "campaign_members"

    hit_id: Mapped[int] = mapped_column(ForeignKey("hits.id"), primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), index=True)
    origin_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))


class TieRow(Base):
    """Something of a hit that may tie it to others: hits with the same `kind` and `value` are tied.

    `kind` is that of an identifier, or `site`, `link`, `text` or `picture`; the value of the last two is the id of the
    first sight that the text or picture is nearly the same as. A tie that a person cut stays, and ties no more.
    """

    __tablename__ = "ties"
    __table_args__ = (Index(None, "kind", "value", "hit_id"),)

    hit_id: Mapped[int] = mapped_column(ForeignKey("hits.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(ShortText(32), primary_key=True)
    value: Mapped[str] = mapped_column(ShortText(255), primary_key=True)
    cut_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cut_by: Mapped[str] = mapped_column(ShortText(128), default="")
    cut_note: Mapped[str] = mapped_column(LongText, default="")


class FirstSightRow(Base):
    """A text or picture unlike all before it, and the hit that it was first seen on, to compare later ones with.

    `kind` is `text`, or `picture/` and the device, or `picture/shown` for those that pages show. The four bands are the
    16-bit quarters of the fingerprint: fingerprints within 3 bits of one another agree in at least one of them, so that
    an index finds them.
    """

    __tablename__ = "first_sights"
    __table_args__ = tuple(Index(None, "kind", f"band_{band}") for band in range(4))

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(ShortText(32))
    fingerprint: Mapped[int] = mapped_column(SignedHash)
    band_0: Mapped[int]
    band_1: Mapped[int]
    band_2: Mapped[int]
    band_3: Mapped[int]
    hit_id: Mapped[int] = mapped_column(ForeignKey("hits.id"))


class StopValueRow(Base):
    """Whether a value ties nobody, because honest people share it: a bank's hotline, a free host.

    Where `is_stopped` is false somebody decided that it ties after all, whatever ships with the program or is counted.
    """

    __tablename__ = "stop_values"

    kind: Mapped[str] = mapped_column(ShortText(32), primary_key=True)
    value: Mapped[str] = mapped_column(ShortText(255), primary_key=True)
    is_stopped: Mapped[bool]
    reason: Mapped[str] = mapped_column(LongText)
    decided_by: Mapped[str] = mapped_column(ShortText(128))
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)


class TieRulesRow(Base):
    """The version of the rules by which every hit was tied last; no row before the first time."""

    __tablename__ = "tie_rules"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(ShortText(64))


class SavedSearchRow(Base):
    """A query that somebody keeps under a name; with `is_alerting`, each hit that comes to fit raises an alert."""

    __tablename__ = "saved_searches"
    __table_args__ = (UniqueConstraint("owner", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(ShortText(64))
    name: Mapped[str] = mapped_column(ShortText(128))
    query: Mapped[str] = mapped_column(LongText)
    is_alerting: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AlertRow(Base):
    """A hit that came to fit a saved search, once for each of the two."""

    __tablename__ = "alerts"
    __table_args__ = (UniqueConstraint("search_id", "hit_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    search_id: Mapped[int] = mapped_column(ForeignKey("saved_searches.id"))
    hit_id: Mapped[int] = mapped_column(ForeignKey("hits.id"), index=True)
    raised_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SourceRow(Base):
    """A source as the last `up` or `crawl` read it from its file, for people who look at the console."""

    __tablename__ = "sources"

    name: Mapped[str] = mapped_column(ShortText(128), primary_key=True)
    title: Mapped[str] = mapped_column(LongText)
    kind: Mapped[str] = mapped_column(ShortText(32))
    every: Mapped[str] = mapped_column(ShortText(64))
    is_enabled: Mapped[bool]
    next_run_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RunRow(Base):
    """One crawl of one source, by one process."""

    __tablename__ = "runs"

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(ShortText(128), index=True)
    machine: Mapped[str] = mapped_column(ShortText(255), server_default="")
    pid: Mapped[int]
    state: Mapped[str] = mapped_column(ShortText(16), index=True)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    pages: Mapped[int] = mapped_column(default=0)
    rendered: Mapped[int] = mapped_column(default=0)
    hits_new: Mapped[int] = mapped_column(default=0)
    hits_seen: Mapped[int] = mapped_column(default=0)
    detail: Mapped[str] = mapped_column(LongText, default="")


class FailureRow(Base):
    """Something a run could not do, by name: `http_404`, `too_large`, `redirect_loop`, `browser_missing`…"""

    __tablename__ = "failures"

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[str] = mapped_column(ShortText(48))
    url: Mapped[str] = mapped_column(LongText)
    detail: Mapped[str] = mapped_column(LongText)
    times: Mapped[int] = mapped_column(default=1, server_default="1")


class ReportedLinkRow(Base):
    """An address that a citizen or colleague reported, with the receipt given for it and what came of it."""

    __tablename__ = "reported_links"

    id: Mapped[int] = mapped_column(primary_key=True)
    receipt: Mapped[str] = mapped_column(ShortText(32), unique=True)
    url: Mapped[str] = mapped_column(LongText)
    note: Mapped[str] = mapped_column(LongText)
    reporter: Mapped[str] = mapped_column(ShortText(255))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    outcome: Mapped[str] = mapped_column(ShortText(32), index=True)
    visited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    hit_id: Mapped[int | None] = mapped_column(ForeignKey("hits.id"))


class UserRow(Base):
    """An account of the console. `password_hash` is argon2id."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(ShortText(64), unique=True)
    full_name: Mapped[str] = mapped_column(ShortText(128))
    role: Mapped[str] = mapped_column(ShortText(32))
    password_hash: Mapped[str] = mapped_column(ShortText(255))
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    failed_logins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)


class UserSessionRow(Base):
    """A signed-in browser; the token itself is only in its cookie, here is its SHA-256."""

    __tablename__ = "user_sessions"

    token_hash: Mapped[str] = mapped_column(ShortText(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    csrf_token: Mapped[str] = mapped_column(ShortText(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class AuditRow(Base):
    """Who did what in the console, when. Only ever added to."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    actor: Mapped[str] = mapped_column(ShortText(128), index=True)
    action: Mapped[str] = mapped_column(ShortText(64))
    subject: Mapped[str] = mapped_column(ShortText(255))
    detail: Mapped[str] = mapped_column(LongText, default="")
