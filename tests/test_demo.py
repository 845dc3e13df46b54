"""The whole way of a page, as `luoitroi demo` walks it: two days of the demo web, crawled, captured and verified."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from evidence.signing import KeyRing
from evidence.vault import FolderVault
from evidence.verify import verify
from search.captures import CaptureState, captures_in, captures_of
from search.hits import Hit, iterate_hits
from search.indexes.embedded import EmbeddedIndex
from search.language.query import parse
from search.outbox import waiting
from search.records import Records, open_records

SIX_KINDS = {
    "fake_bank",
    "illegal_fundraising",
    "impersonated_authority",
    "job_export",
    "loan_credit",
    "prize_notice",
}
pytestmark = pytest.mark.browser


@dataclass
class Trial:
    exit_status: int
    told: dict[str, Any]
    data: Path
    records: Records
    hits: list[Hit]


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Trial:
    folder = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "crawler.cli", "demo", "--once", "--json", "--days", "2", "--folder", str(folder)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert ended.stdout, ended.stderr
    records = open_records(f"sqlite:///{folder / 'data' / 'luoitroi.db'}")
    told = json.loads(ended.stdout.splitlines()[-1])
    return Trial(ended.returncode, told, folder / "data", records, list(iterate_hits(records)))


def test_every_planted_scam_is_found_and_no_innocent_page_flagged(trial: Trial) -> None:
    assert trial.told["missed"] == []
    assert trial.told["false_alarms"] == []
    assert trial.exit_status == 0


def test_the_last_line_tells_everything_a_program_needs(trial: Trial) -> None:
    assert set(trial.told) >= {
        "pages",
        "rendered",
        "hits",
        "captures",
        "seconds",
        "missed",
        "false_alarms",
        "failures",
    }
    assert set(trial.told["hits"]) >= SIX_KINDS
    assert trial.told["pages"] > 150
    assert trial.told["rendered"] > 20


def test_the_demo_webs_quirks_end_in_named_failures(trial: Trial) -> None:
    assert set(trial.told["failures"]) >= {"http_404", "not_html", "redirect_loop", "robots_denied", "timeout"}


def test_what_is_seen_again_is_updated_and_not_doubled(trial: Trial) -> None:
    addresses = [(hit.url, hit.content_hash) for hit in trial.hits]
    assert len(addresses) == len(set(addresses))
    assert sum(hit.seen_count > 1 for hit in trial.hits) >= 10


def test_the_second_day_brings_new_hits_and_changed_ones(trial: Trial) -> None:
    first_day = min(hit.first_seen_at for hit in trial.hits)
    last_new = max(hit.first_seen_at for hit in trial.hits)
    assert (last_new - first_day).total_seconds() > 5
    assert any(hit.supersedes_id is not None for hit in trial.hits)


def test_every_capture_verifies(trial: Trial) -> None:
    assert captures_in(trial.records, CaptureState.DUE) == 0
    assert captures_in(trial.records, CaptureState.UNDER_WAY) == 0
    vault = FolderVault(trial.data / "vault")
    keys = KeyRing.from_folder(trial.data / "keys")
    severe = [hit for hit in trial.hits if hit.severity >= 3 and hit.page_kind != "host"]
    assert severe
    for hit in severe:
        taken = [capture for capture in captures_of(trial.records, hit.id) if capture.state is CaptureState.DONE]
        assert taken, f"{hit.url} was not captured"
        assert verify(vault, taken[0].evidence_id, keys).is_whole


def test_the_index_heard_of_every_hit(trial: Trial) -> None:
    assert waiting(trial.records) == (0, None)
    index = EmbeddedIndex(trial.data / "luoitroi.db")
    assert index.count() == len(trial.hits)
    with_marks, without = index.search(parse("ngân hàng")), index.search(parse("NGAN HANG"))
    assert with_marks.ids == without.ids
    assert with_marks.total >= 2


def test_reasons_quote_the_words_they_stand_on(trial: Trial) -> None:
    for hit in trial.hits:
        assert hit.reason_vi
        assert hit.reason_en
        for match in hit.matches:
            if match.span is not None and match.span.field != "url":
                text = {"title": hit.title, "text": hit.text}[match.span.field]
                assert text[match.span.start : match.span.end] == match.quote
