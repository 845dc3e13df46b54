"""Labels: what people read in place of the names that programs use. English here, the rest in the catalogue."""

from __future__ import annotations

import re
from collections.abc import Mapping

from console.audit import Deed
from console.histogram import Span
from console.language import mark
from console.roles import Role
from matchers.match import Severity
from matchers.page import PageKind
from search.campaigns.campaign import CampaignOrder
from search.campaigns.ties import LINK, PICTURE, SITE, TEXT
from search.captures import CaptureState
from search.language.grammar import Order
from search.reports import ReportOutcome
from search.runs import RunState
from search.status import Status

STATUSES: Mapping[str, str] = {
    Status.NEW: mark("New"),
    Status.IN_REVIEW: mark("In review"),
    Status.CONFIRMED: mark("Confirmed violation"),
    Status.NOT_VIOLATION: mark("Not a violation"),
    Status.HANDED_OVER: mark("Handed over"),
    Status.TAKEN_DOWN: mark("Taken down"),
    Status.CLOSED: mark("Closed"),
}
DECISIONS: Mapping[str, str] = {
    Status.NEW: mark("Put back in the queue"),
    Status.IN_REVIEW: mark("Take into review"),
    Status.CONFIRMED: mark("Confirm the violation"),
    Status.NOT_VIOLATION: mark("Not a violation"),
    Status.HANDED_OVER: mark("Hand over"),
    Status.TAKEN_DOWN: mark("Note as taken down"),
    Status.CLOSED: mark("Close"),
}
"""What the button says that leads to a status."""
SEVERITIES: Mapping[str, str] = {
    str(int(Severity.LOW)): mark("Low"),
    str(int(Severity.MEDIUM)): mark("Medium"),
    str(int(Severity.HIGH)): mark("High"),
    str(int(Severity.CRITICAL)): mark("Critical"),
}
PAGE_KINDS: Mapping[str, str] = {
    PageKind.ARTICLE: mark("News article"),
    PageKind.SPONSORED: mark("Paid post"),
    PageKind.ADVERTISEMENT: mark("Advertisement"),
    PageKind.POST: mark("Social post"),
    PageKind.LANDING: mark("Website"),
    PageKind.HOST: mark("Host name, not visited"),
}
SOURCE_KINDS: Mapping[str, str] = {
    "news": mark("News site"),
    "ads": mark("Advertising"),
    "social": mark("Social pages"),
    "domains": mark("New host names"),
    "links": mark("Reported links"),
}
IDENTIFIER_KINDS: Mapping[str, str] = {
    "phone": mark("Phone number"),
    "bank_account": mark("Bank account"),
    "card": mark("Bank card"),
    "wallet": mark("Wallet"),
    "merchant": mark("QR code merchant"),
    "zalo": "Zalo",
    "telegram": "Telegram",
    "facebook": "Facebook",
    "tiktok": "TikTok",
    "youtube": mark("YouTube channel"),
    "whatsapp": "WhatsApp",
    "viber": "Viber",
    "wechat": "WeChat",
    "line": "LINE",
    "kakaotalk": "KakaoTalk",
    "email": mark("E-mail address"),
    "tax_code": mark("Tax code"),
    "licence": mark("Licence number"),
    "trade_notice": mark("Notice at the Ministry of Industry and Trade"),
}
TIE_KINDS: Mapping[str, str] = {
    **IDENTIFIER_KINDS,
    SITE: mark("Site"),
    LINK: mark("Advertised link"),
    TEXT: mark("Nearly the same text"),
    PICTURE: mark("Nearly the same picture"),
}
FIELDS: Mapping[str, str] = {"title": mark("Title"), "text": mark("Text"), "url": mark("Address")}
FOUND_IN: Mapping[str, str] = {
    "evidence": mark("in the evidence"),
    "url": mark("in the address"),
    "identifiers": mark("in its contacts"),
}
"""Where the words of a search stand when it is not in the text."""
BAR_SPANS: Mapping[str, str] = {
    Span.DAY: mark("by day"),
    Span.WEEK: mark("by week"),
    Span.MONTH: mark("by month"),
    Span.YEAR: mark("by year"),
}
RUN_STATES: Mapping[str, str] = {
    RunState.RUNNING: mark("Running"),
    RunState.FINISHED: mark("Finished"),
    RunState.FAILED: mark("Failed"),
    RunState.KILLED: mark("Broken off"),
}
CAPTURE_STATES: Mapping[str, str] = {
    CaptureState.DUE: mark("Evidence is due to be taken"),
    CaptureState.UNDER_WAY: mark("Evidence is being taken"),
    CaptureState.DONE: mark("Evidence was taken"),
    CaptureState.FAILED: mark("Evidence could not be taken"),
}
DEVICES: Mapping[str, str] = {"desktop": mark("Desktop"), "mobile": mark("Mobile")}
CAPTURE_METHODS: Mapping[str, str] = {
    "chromium": mark("in a browser, with every exchange on the network"),
    "http": mark("without a browser: the page alone, no picture"),
}
CUSTODY_ACTIONS: Mapping[str, str] = {
    "taken": mark("Taken"),
    "stored": mark("Stored in the vault"),
    "checked": mark("Checked"),
    "viewed": mark("Viewed"),
    "exported": mark("Handed out"),
}
REPORT_OUTCOMES: Mapping[str, str] = {
    ReportOutcome.WAITING: mark("Waiting for a visit"),
    ReportOutcome.FLAGGED: mark("Flagged"),
    ReportOutcome.NOTHING_FOUND: mark("Nothing suspicious found"),
    ReportOutcome.UNREACHABLE: mark("Could not be reached"),
}
EVENTS: Mapping[str, str] = {
    "found_new": mark("Found"),
    "found_changed": mark("Found again, its text changed"),
    "decided": mark("Decided"),
    "rejudged": mark("Judged again by other rules"),
    "captured": mark("Evidence was taken"),
    "picture_read": mark("Its picture was read"),
    "capture_failed": mark("Evidence could not be taken"),
    "tie_cut": mark("A tie was cut"),
    "tie_restored": mark("A tie was restored"),
    "parted": mark("Taken out of its campaign"),
    "tie_stopped": mark("A value ties nobody any more"),
    "tie_freed": mark("A value ties again"),
}
CAMPAIGN_ORDERS: Mapping[str, str] = {
    CampaignOrder.NEWEST: mark("Seen last first"),
    CampaignOrder.SIZE: mark("Largest first"),
}
ORDERS: Mapping[str, str] = {
    Order.NEWEST: mark("Newest first"),
    Order.SEVERITY: mark("Most severe first"),
    Order.RELEVANCE: mark("Best match first"),
}
SEARCH_REFUSALS: Mapping[str, str] = {
    "name_taken": mark("You have another search of this name. Choose another one."),
    "wrong_name": mark("A saved search needs a name, of 128 letters at most."),
    "too_many_searches": mark("You have as many saved searches as one may keep. Delete one first."),
    "query_error": mark("The search cannot be understood."),
}
"""Why a search was not kept."""
ROLES: Mapping[str, str] = {
    Role.INSPECTOR: mark("Inspector"),
    Role.OPERATOR: mark("Operator"),
    Role.ADMIN: mark("Administrator"),
    Role.AUDITOR: mark("Auditor"),
}
DEEDS: Mapping[str, str] = {
    Deed.LOGIN: mark("Signed in"),
    Deed.LOGIN_FAILED: mark("Failed to sign in"),
    Deed.LOGOUT: mark("Signed out"),
    Deed.HIT_VIEWED: mark("Looked at a hit"),
    Deed.EVIDENCE_VIEWED: mark("Looked at evidence"),
    Deed.DECIDED: mark("Decided"),
    Deed.TIE_CUT: mark("Cut a tie"),
    Deed.TIE_RESTORED: mark("Restored a tie"),
    Deed.HIT_PARTED: mark("Took a hit out of its campaign"),
    Deed.CAMPAIGN_NAMED: mark("Named a campaign"),
    Deed.VALUE_STOPPED: mark("Let a value tie nobody"),
    Deed.VALUE_FREED: mark("Let a value tie again"),
    Deed.REPORTED: mark("Reported a link"),
    Deed.EXPORTED: mark("Exported"),
    Deed.REFUSED: mark("Was refused"),
}
ACTORS: Mapping[str, str] = {"crawler": mark("Crawler"), "rules": mark("New rules")}
FAILURES: Mapping[str, str] = {
    "timeout": mark("No answer in time"),
    "unresolved_host": mark("Host name does not exist"),
    "connection_refused": mark("Server refuses the connection"),
    "connection_lost": mark("Connection broke off"),
    "address_refused": mark("Address leads into a private network"),
    "not_an_address": mark("Not an address of the web"),
    "too_large": mark("Page is too large"),
    "redirect_loop": mark("Redirects without end"),
    "too_many_redirects": mark("Too many redirects"),
    "bad_redirect": mark("Redirect leads nowhere"),
    "robots_denied": mark("Site does not want it read (robots.txt)"),
    "told_to_wait": mark("Server asks to wait longer than we do"),
    "tls_error": mark("Certificate or encryption is broken"),
    "cut_short": mark("Answer broke off"),
    "bad_answer": mark("Answer cannot be read"),
    "http_error": mark("Server answers with an error"),
    "not_html": mark("Not a page (PDF, picture, download, …)"),
    "wrong_charset": mark("Page names a wrong character set"),
    "browser_failed": mark("Browser could not show the page"),
    "browser_missing": mark("No browser installed; page not rendered"),
    "page_stuck": mark("Page did not come to rest in the browser"),
    "frame_lost": mark("Advertising frame went away"),
    "login_wall": mark("Site asks readers to sign in"),
    "no_posts": mark("No post found"),
    "no_ads": mark("No advertisement found"),
    "ads_left_out": mark("More advertisements than are followed"),
    "picture_unfetched": mark("Picture could not be fetched"),
    "picture_unread": mark("Picture could not be read"),
    "pictures_left_out": mark("More pictures than are looked at"),
    "not_a_feed": mark("Neither feed, sitemap nor listing"),
    "empty_feed": mark("Feed is empty"),
    "sitemap_too_deep": mark("Sitemaps nested too deeply"),
    "file_unreadable": mark("File cannot be read"),
    "fetch_failed": mark("Could not be fetched"),
    "request_ignored": mark("Request was not followed up"),
    "spider_error": mark("Fault in reading the page"),
    "item_error": mark("Fault in judging the page"),
    "capture_failed": mark("Came to nothing"),
    "capture_timed_out": mark("Page gave no picture in time"),
    "browser_crashed": mark("Browser crashed"),
    "browser_protocol": mark("Browser refused a command"),
    "refused": mark("Address may not be visited"),
    "unreachable": mark("Could not be reached"),
    "records_unavailable": mark("Records cannot be reached"),
    "records_locked": mark("Records are held by another process"),
    "records_read_only": mark("Records cannot be written"),
    "disk_full": mark("Disk is full"),
    "index_unavailable": mark("Search index cannot be reached"),
    "documents_refused": mark("Search index refuses some hits"),
    "configuration_error": mark("Files of sources or rules hold mistakes"),
    "rules_refused": mark("Rule files hold mistakes; earlier rules judged"),
    "source_unknown": mark("There is no such source"),
    "limit_reached": mark("Page limit reached; the rest was left out"),
}
"""Failures by the names that crawls, records and index give them; `http_404` and its like are told apart by number."""
HTTP_FAILURE = mark("Server answers %(status)s")
_HTTP_STATUS = re.compile(r"http_([1-5]\d\d)\Z")


def told(failure: str) -> tuple[str, str]:
    """A failure's name, and what programs say of it. The name is "" where none that we know stands before it.

    >>> told("unreachable: no route to host"), told("its worker died 3 times")
    (('unreachable', 'no route to host'), ('', 'its worker died 3 times'))
    """
    kind, _, detail = failure.partition(": ")
    return (kind, detail) if kind in FAILURES or http_status(kind) else ("", failure)


def http_status(kind: str) -> str:
    """The HTTP status in a failure's name (`http_404`), "" where there is none."""
    found = _HTTP_STATUS.match(kind)
    return found[1] if found else ""
