"""The packs' own examples, rewritten the way spam is written: told again, and honest ones left alone."""

from __future__ import annotations

import random

import pytest

from benchmarks.disguise import HABITS, rewritten, share_flagged
from matchers.text.normalise import fold_text
from tests.matchers.material import rules

RECALL = 0.95
"""The goal, for all habits together."""
RECALL_OF_A_HABIT = 0.92
"""What no habit may fall under: rewritten once, an example or two more or less are chance."""
FLAGGED = 0.01
TIMES = 1


@pytest.fixture(scope="module")
def recall() -> dict[str, float]:
    return {habit: share_flagged(rewritten(rules(), (habit,), is_match=True, times=TIMES)) for habit in HABITS}


@pytest.mark.parametrize("habit", HABITS)
def test_disguised_scams_are_told(habit: str, recall: dict[str, float]) -> None:
    assert recall[habit] >= RECALL_OF_A_HABIT


def test_disguised_scams_are_told_over_all(recall: dict[str, float]) -> None:
    assert sum(recall.values()) / len(recall) >= RECALL


@pytest.mark.parametrize("habit", HABITS)
def test_honest_texts_stay_silent_in_disguise(habit: str) -> None:
    rows = list(rewritten(rules(), (habit,), is_match=False, times=TIMES))
    assert share_flagged(rows) <= FLAGGED, [row.text for row in rows if row.is_flagged]


@pytest.mark.parametrize("habit", HABITS)
def test_every_habit_rewrites_and_is_the_same_by_its_seed(habit: str) -> None:
    text = (
        "Hỗ trợ vay tiền nhanh cho người không có tài khoản, liên hệ ngay hôm nay để nhận ưu đãi, nợ xấu vẫn được duyệt"
    )
    told = {HABITS[habit](text, random.Random(seed)) for seed in range(9)}
    assert told != {text}
    assert told == {HABITS[habit](text, random.Random(seed)) for seed in range(9)}


@pytest.mark.parametrize(
    "habit", ["without_marks", "decomposed", "capitals", "zero_width", "soft_hyphens", "emoji", "full_width", "greek"]
)
def test_habits_that_change_looks_alone_fold_to_the_same_words(habit: str) -> None:
    text = "Quỹ mời góp vốn, cam kết hoàn tiền mỗi tháng, bảo toàn vốn gốc."
    for seed in range(5):
        assert fold_text(HABITS[habit](text, random.Random(seed))) == fold_text(text)
