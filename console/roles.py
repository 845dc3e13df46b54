"""Roles: who may do what in the console, in one table."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """What an account is for."""

    INSPECTOR = "inspector"
    """Reviews hits and decides them."""
    OPERATOR = "operator"
    """Keeps the sources running."""
    ADMIN = "admin"
    """Answers for the installation."""
    AUDITOR = "auditor"
    """Checks afterwards what was done; changes nothing."""


class Action(StrEnum):
    """Something that an account may be allowed to do."""

    SEE_HITS = "see_hits"
    SEE_EVIDENCE = "see_evidence"
    DECIDE = "decide"
    EXPORT = "export"
    SEE_REPORTS = "see_reports"
    REPORT = "report"
    SEE_SOURCES = "see_sources"
    SEE_AUDIT = "see_audit"
    SEE_FAULTS = "see_faults"
    """Why the machinery fails, as programs say it."""


ALLOWED: Mapping[Role, frozenset[Action]] = {
    Role.INSPECTOR: frozenset(
        {
            Action.SEE_HITS,
            Action.SEE_EVIDENCE,
            Action.DECIDE,
            Action.EXPORT,
            Action.SEE_REPORTS,
            Action.REPORT,
            Action.SEE_SOURCES,
        }
    ),
    Role.OPERATOR: frozenset(
        {Action.SEE_HITS, Action.SEE_EVIDENCE, Action.SEE_REPORTS, Action.REPORT, Action.SEE_SOURCES, Action.SEE_FAULTS}
    ),
    Role.ADMIN: frozenset(Action),
    Role.AUDITOR: frozenset(
        {Action.SEE_HITS, Action.SEE_EVIDENCE, Action.SEE_REPORTS, Action.SEE_SOURCES, Action.SEE_AUDIT}
    ),
}


def may(role: Role, action: Action) -> bool:
    """Whether an account of this role may do this."""
    return action in ALLOWED[role]
