"""A seeded sample of the long proofs: tampering shows, kills lose nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.proof_evidence import FILE_MUTATIONS, VAULT_MUTATIONS, kill, make_exhibits, tamper

pytestmark = pytest.mark.browser


def test_every_mutation_is_seen_and_nothing_untouched_accused(tmp_path: Path) -> None:
    figures = tamper(make_exhibits(tmp_path), 300, seed=7)
    assert (figures.mutations, figures.untouched) == (300, 30)
    assert figures.unseen == [] and figures.accused == []
    assert set(figures.by_kind) == {mutation.__name__ for mutation in (*FILE_MUTATIONS, *VAULT_MUTATIONS)}


def test_a_killed_capturer_loses_nothing_it_acknowledged(tmp_path: Path) -> None:
    figures = kill(tmp_path, 6, seed=7)
    assert figures.kills == 6 and figures.acknowledged > 0
    assert figures.lost == [] and figures.faults == [] and figures.strays == []
