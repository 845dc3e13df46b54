"""Measuring the matchers on labelled rows: host names, texts, whole sites."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from matchers.errors import Problem
from matchers.examples import text_page
from matchers.hosts.hostname import host_of, parse_host
from matchers.hosts.lookalike import lookalike
from matchers.hosts.mentions import is_known_suffix
from matchers.judge import Judge
from matchers.page import PageKind
from matchers.rules import Rules

_HARD: Final = "hard"
_FLAGGED_SITES: Final = frozenset(("loan", "prize", "gambling", "clone"))
# Texts that read like an article are judged as one: a spider would know; here length and line shape have to do.
_ARTICLE_LENGTH: Final = 700
_FIRST_ROWS: Final = 100


class EvaluationError(ValueError):
    """A file of labelled rows cannot be read; the message names file, line and remedy."""


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled row: what is judged, whether it is to be flagged, and how hard a benign one is."""

    line: int
    text: str
    is_bad: bool
    is_hard: bool
    source: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """A row and what the matchers said of it."""

    row: Row
    is_flagged: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """Figures over all rows. Rates are shares from 0 to 1; `fpr` is the share of benign rows flagged, `fpr_hard` and
    `fpr_easy` of the hard and easy ones; `per_second` rows judged a second of processor time."""

    precision: float
    recall: float
    f1: float
    fpr: float
    fpr_hard: float
    fpr_easy: float
    per_second: float
    n: int
    outcomes: tuple[Outcome, ...]

    def figures(self) -> dict[str, float | int]:
        """The figures without the rows, for JSON."""
        return {
            name: getattr(self, name)
            for name in ("precision", "recall", "f1", "fpr", "fpr_hard", "fpr_easy", "per_second", "n")
        }

    @property
    def errors(self) -> list[Outcome]:
        """Rows that were judged against their label."""
        return [outcome for outcome in self.outcomes if outcome.is_flagged is not outcome.row.is_bad]


@dataclass(frozen=True, slots=True)
class SiteReport:
    """How many of the sites to be flagged were, which were missed, and which of the others were flagged."""

    recall: float
    n: int
    missed: tuple[str, ...]
    flagged_others: tuple[str, ...]
    outcomes: tuple[Outcome, ...]

    def figures(self) -> dict[str, Any]:
        """The figures without the texts, for JSON."""
        return {
            "recall": self.recall,
            "n": self.n,
            "missed": list(self.missed),
            "flagged_others": list(self.flagged_others),
        }


def evaluate_domains(path: Path, rules: Rules) -> Report:
    """Judges the host names of a TSV (host, label 0 or 1, brand, source). Raises `EvaluationError`."""

    def judge(row: Row) -> tuple[bool, str]:
        found = lookalike(row.text, rules.brands)
        return (True, f"{found.brand.id} ({found.kind}, {found.confidence})") if found else (False, "")

    return _measure(list(_host_rows(path)), judge)


def evaluate_texts(path: Path, rules: Rules) -> Report:
    """Judges the texts of a JSON Lines file (text, label, hardness, source). Raises `EvaluationError`."""
    judge_of = Judge(rules)

    def judge(row: Row) -> tuple[bool, str]:
        kind = PageKind.POST if len(row.text) <= _ARTICLE_LENGTH else PageKind.LANDING
        verdict = judge_of.judge(text_page(row.text, kind))
        return verdict.is_hit, f"{verdict.category} {verdict.score:.2f} {verdict.reason_vi}"

    return _measure(list(_text_rows(path)), judge)


def evaluate_sites(path: Path, rules: Rules) -> SiteReport:
    """Judges whole sites of a JSON Lines file (site, kind, text): loan, prize, gambling and clone are to be flagged.

    A site whose name is a host name is judged there, any other on a stranger's host. Raises `EvaluationError`.
    """
    judge = Judge(rules)
    outcomes: list[Outcome] = []
    for line, data in _json_rows(path, ("site", "kind", "text")):
        is_bad = data["kind"] in _FLAGGED_SITES
        title, _, text = data["text"].partition("\n")
        page = replace(text_page(text, PageKind.LANDING), title=title, url=_site_url(data["site"]))
        verdict = judge.judge(page)
        row = Row(line, data["site"], is_bad, False, data["kind"])
        outcomes.append(Outcome(row, verdict.is_hit, f"{verdict.category} {verdict.score:.2f} {verdict.reason_vi}"))
    wanted = [outcome for outcome in outcomes if outcome.row.is_bad]
    missed = tuple(outcome.row.text for outcome in wanted if not outcome.is_flagged)
    recall = round((len(wanted) - len(missed)) / len(wanted), 4) if wanted else 0.0
    others = tuple(outcome.row.text for outcome in outcomes if outcome.is_flagged and not outcome.row.is_bad)
    return SiteReport(recall, len(outcomes), missed, others, tuple(outcomes))


def _site_url(site: str) -> str:
    """The address of a site: its name where that is a host name, else one that nobody owns (RFC 6761)."""
    host = parse_host(host_of(f"http://{site}/"))
    return f"https://{host.host}/" if host.suffix and is_known_suffix(host) else "https://site.example/"


def _measure(rows: list[Row], judge: Callable[[Row], tuple[bool, str]]) -> Report:
    for row in rows[:_FIRST_ROWS]:
        judge(row)  # builds the automata, which are made once and are not the rate
    gc.collect()
    gc.freeze()  # as a crawl does: what the rules hold lives as long as the process
    started = time.process_time()
    told = [judge(row) for row in rows]
    seconds = time.process_time() - started
    gc.unfreeze()
    outcomes = tuple(Outcome(row, flagged, reason) for row, (flagged, reason) in zip(rows, told, strict=True))
    hits = sum(outcome.is_flagged and outcome.row.is_bad for outcome in outcomes)
    flagged = sum(outcome.is_flagged for outcome in outcomes)
    bad = sum(row.is_bad for row in rows)
    precision = hits / flagged if flagged else 0.0
    recall = hits / bad if bad else 0.0
    f1 = 2 * precision * recall / (precision + recall) if hits else 0.0
    return Report(
        precision=round(precision, 4),
        recall=round(recall, 4),
        f1=round(f1, 4),
        fpr=_share(outcomes, lambda row: True),
        fpr_hard=_share(outcomes, lambda row: row.is_hard),
        fpr_easy=_share(outcomes, lambda row: not row.is_hard),
        per_second=round(len(rows) / seconds, 1) if seconds else 0.0,
        n=len(rows),
        outcomes=outcomes,
    )


def _share(outcomes: tuple[Outcome, ...], chosen: Callable[[Row], bool]) -> float:
    benign = [outcome for outcome in outcomes if not outcome.row.is_bad and chosen(outcome.row)]
    return round(sum(outcome.is_flagged for outcome in benign) / len(benign), 6) if benign else 0.0


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise EvaluationError(f"{path}: cannot be read: {error}; give a UTF-8 file that exists") from error
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, line.rstrip("\r")


def _host_rows(path: Path) -> Iterator[Row]:
    for number, line in _lines(path):
        fields = line.split("\t")
        if number == 1 and fields[0] == "host":
            continue
        if len(fields) < 2 or fields[1] not in ("0", "1") or not fields[0].strip():
            raise EvaluationError(
                str(Problem(str(path), number, "is not a host and a label 0 or 1", "write host<TAB>label"))
            )
        source = fields[3] if len(fields) > 3 else ""
        yield Row(number, fields[0].strip(), fields[1] == "1", source in ("near", "vn_pages"), source)


def _json_rows(path: Path, names: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    for number, line in _lines(path):
        try:
            data = json.loads(line)
        except ValueError as error:
            raise EvaluationError(
                str(Problem(str(path), number, f"is not JSON: {error}", "write one object a line"))
            ) from error
        missing = [name for name in names if not isinstance(data, dict) or not isinstance(data.get(name), str)]
        if missing:
            raise EvaluationError(
                str(Problem(str(path), number, f"has no text in {missing[0]!r}", f"give {', '.join(names)} as text"))
            )
        yield number, data


def _text_rows(path: Path) -> Iterator[Row]:
    for number, data in _json_rows(path, ("text", "label")):
        if data["label"] not in ("scam", "benign"):
            raise EvaluationError(
                str(Problem(str(path), number, f"label is {data['label']!r}", "write 'scam' or 'benign'"))
            )
        is_hard = data.get("hardness", _HARD) == _HARD
        yield Row(number, data["text"], data["label"] == "scam", is_hard, data.get("source", ""))
