"""Views: what each page shows, as plain data. Templates make HTML of them, programs get them as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from console.accounts import Account
from console.audit import AuditLine
from console.histogram import Histogram
from console.lag import Lag
from console.queue import FacetValue, Neighbours
from evidence.custody import CustodyEntry
from evidence.vault import CaptureRecord
from evidence.verify import Fault
from matchers.match import Identifier, Severity
from search.campaigns.campaign import Campaign, CampaignLine, CampaignOrder, Hop, SharedTie
from search.campaigns.related import Related
from search.campaigns.stop_values import StopValue
from search.captures import CaptureJob
from search.hits import Event, Hit
from search.language.highlights import Piece
from search.language.mistakes import QueryError
from search.passages import Found, Passage
from search.reports import ReportedLink
from search.runs import Failure, Run, SourceSummary
from search.saved import Alert
from search.status import Status


@dataclass(frozen=True, slots=True)
class QueryProblem:
    """A search that cannot be understood: where (columns count from 1), at which word, what is wrong, and why.

    `suggestion` is the whole search as it was probably meant, "" where nothing comes near.
    """

    column: int
    word: str
    kind: str
    message_vi: str
    message_en: str
    suggestion: str

    @classmethod
    def of(cls, text: str, error: QueryError) -> QueryProblem:
        """What is wrong with `text`, as parsing it told."""
        rest = text[error.column - 1 :].split()
        word = rest[0] if rest else ""
        return cls(error.column, word, error.kind, error.message_vi, error.message, error.suggestion)


@dataclass(frozen=True, slots=True)
class HitLine:
    """A hit in one line of the queue, with the words of the search where they stand."""

    id: int
    version: int
    status: Status
    category: str
    severity: Severity
    score: float
    title: str
    url: str
    host: str
    page_kind: str
    source: str
    reason_vi: str
    reason_en: str
    first_seen_at: datetime
    last_seen_at: datetime
    seen_count: int
    identifiers: tuple[Identifier, ...]
    title_pieces: tuple[Piece, ...]
    passages: tuple[Passage, ...]

    @classmethod
    def of(cls, hit: Hit, found: Found | None = None) -> HitLine:
        """The line of a hit, with what a search found in it."""
        found = found or Found()
        shared = {name: getattr(hit, name) for name in cls.__slots__ if name not in ("title_pieces", "passages")}
        return cls(**shared, title_pieces=found.title, passages=found.passages)


@dataclass(frozen=True, slots=True)
class QueueView:
    """A page of the queue. `pages` counts those that can be turned to.

    `first` is the 0-based position of the first line. `query` is the whole question as one text in the query language,
    "" where it has a problem. `ignored` is the part of it that was left out because the index could not be asked, and
    `index_failure` why it could not, for those who can mend it; as are the reasons in `lag`.
    """

    hits: tuple[HitLine, ...]
    total: int
    page: int
    pages: int
    first: int
    facets: Mapping[str, Sequence[FacetValue]]
    histogram: Histogram
    query: str
    problem: QueryProblem | None
    is_indexed: bool
    ignored: str
    index_failure: str
    lag: Lag | None


@dataclass(frozen=True, slots=True)
class SearchLine:
    """A saved search. `fitting` is how many hits fit now, None where that was not counted; `unseen` counts alerts.

    `problem` says why the text is no query any more; such a search raises no alerts.
    """

    id: int
    name: str
    query: str
    is_alerting: bool
    created_at: datetime
    unseen: int
    fitting: int | None
    problem: QueryProblem | None


@dataclass(frozen=True, slots=True)
class SearchRefusal:
    """Why a search was not kept as it was sent, and what was sent."""

    kind: str
    name: str
    query: str
    alerts: bool
    problem: QueryProblem | None


@dataclass(frozen=True, slots=True)
class SearchesView:
    """The saved searches of the account, and why the one that was sent is not among them."""

    searches: tuple[SearchLine, ...]
    refusal: SearchRefusal | None = None


@dataclass(frozen=True, slots=True)
class SearchView:
    """One saved search of the account, and why it was not changed."""

    search: SearchLine
    refusal: SearchRefusal | None = None


@dataclass(frozen=True, slots=True)
class AlertLine:
    """An alert with the hit that came to fit."""

    alert: Alert
    hit: HitLine


@dataclass(frozen=True, slots=True)
class AlertsView:
    """A page of the account's alerts, how many of all it has not seen, and whether another page follows."""

    alerts: tuple[AlertLine, ...]
    unseen: int
    page: int
    has_more: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """How many alerts were new to the account."""

    count: int


@dataclass(frozen=True, slots=True)
class CampaignsView:
    """A page of the campaigns, and how many there are in all."""

    campaigns: tuple[CampaignLine, ...]
    total: int
    page: int
    pages: int
    order: CampaignOrder


@dataclass(frozen=True, slots=True)
class CampaignView:
    """A campaign with a page of its members.

    `tie` is the one asked to be looked at. `path` is how the two hits asked for meet, None where none were, and empty
    where they do not.
    """

    campaign: Campaign
    page: int
    pages: int
    tie: SharedTie | None
    path: tuple[Hop, ...] | None


@dataclass(frozen=True, slots=True)
class CampaignOfHit:
    """The campaign that a hit is in, and how many hits are."""

    id: int
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class StopValuesView:
    """What ties nobody, and what was freed again."""

    values: tuple[StopValue, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """Something was changed; `see` is where that shows."""

    see: str


@dataclass(frozen=True, slots=True)
class SeenIdentifier:
    """An identifier of a hit, and on how many hits it was seen in all."""

    kind: str
    value: str
    hits: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """A capture of a hit: how far it got, and what the vault holds of it (None until it does)."""

    job: CaptureJob
    record: CaptureRecord | None
    has_picture: bool


@dataclass(frozen=True, slots=True)
class HitView:
    """A hit with all that is known of it. `decisive_events` counts what a decision must have looked at."""

    hit: Hit
    identifiers: tuple[SeenIdentifier, ...]
    campaign: CampaignOfHit | None
    related: tuple[Related, ...]
    history: tuple[Event, ...]
    captures: tuple[Evidence, ...]
    superseded_by: tuple[int, ...]
    next_statuses: tuple[Status, ...]
    decisive_events: int
    neighbours: Neighbours | None


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision that was taken."""

    hit_id: int
    status: Status
    version: int


@dataclass(frozen=True, slots=True)
class ConflictView:
    """A decision that was not taken, because the hit is no longer as the decider saw it."""

    hit: Hit
    wanted: Status
    note: str
    last_event: Event | None
    next_statuses: tuple[Status, ...]
    decisive_events: int


@dataclass(frozen=True, slots=True)
class VerdictView:
    """Whether a capture is as it was sealed: the key it is signed by, what was checked, what is wrong."""

    is_whole: bool
    signed_by: str
    files: int
    records: int
    custody_entries: int
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """A capture in the vault, its custody log, whether it is as it was sealed, and the hit it was taken of."""

    hit_id: int | None
    record: CaptureRecord
    has_picture: bool
    custody: tuple[CustodyEntry, ...]
    verdict: VerdictView


@dataclass(frozen=True, slots=True)
class SourcesView:
    """Every source with its last run."""

    sources: tuple[SourceSummary, ...]


@dataclass(frozen=True, slots=True)
class SourceView:
    """One source, its runs (newest first), and the failures of the one looked at."""

    source: SourceSummary
    runs: tuple[Run, ...]
    run: Run | None
    failures: tuple[Failure, ...]


@dataclass(frozen=True, slots=True)
class ReportsView:
    """The newest reported links; `refused` is what was typed where it is no address of the web."""

    links: tuple[ReportedLink, ...]
    refused: str = ""


@dataclass(frozen=True, slots=True)
class AuditView:
    """A page of the audit log."""

    lines: tuple[AuditLine, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class LoginView:
    """The login page, or what came of a login."""

    is_refused: bool
    account: Account | None = None


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a page cannot be shown. `kind` names it for programs."""

    status: int
    kind: str
    detail: str


@dataclass(frozen=True, slots=True)
class Health:
    """Whether the console can do its work, and how the index stands beside the records.

    `hits` are in the records, `indexed` in the index; `waiting` changes are still to be delivered, the oldest since
    `waiting_since`; `refused` hits the index will never take as they are; `filling` are in the index that a rebuild
    makes. `rules` is `rules_refused` while rule files hold mistakes and earlier rules judge in their place. What could
    not be asked is None.
    """

    status: str
    records: str
    index: str
    rules: str = "ok"
    hits: int | None = None
    indexed: int | None = None
    waiting: int | None = None
    waiting_since: datetime | None = None
    refused: int | None = None
    is_rebuilding: bool | None = None
    filling: int | None = None
    needs_rebuild: bool | None = None
