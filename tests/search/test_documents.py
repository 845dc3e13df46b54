"""What indexes are given of hits: their captures' words as far as the page's own text lacks them."""

from __future__ import annotations

import pytest
from sqlalchemy import event, select

from search.documents import (
    MAX_EVIDENCE_CHARACTERS,
    READ_CAPTURES,
    READ_CHARACTERS,
    captured_texts,
    document_batch,
    documents,
    evidence_of,
)
from search.records import Records
from search.tables import CapturedPageRow, CaptureRow, HitRow
from tests.search.material import NOW, page, record


def _show(records: Records, hit_id: int, *texts: str) -> None:
    """Put down captures of a hit that show these texts."""
    with records.write() as session:
        for text in texts:
            capture = CaptureRow(
                hit_id=hit_id, url="https://x.top/", device="desktop", referrer_url="", state="done", requested_at=NOW
            )
            session.add(capture)
            session.flush()
            session.add(CapturedPageRow(capture_id=capture.id, hit_id=hit_id, text=text, picture_fingerprint=0))


def test_lines_that_the_page_holds_are_no_evidence() -> None:
    text = "Giải ngân ngay\ntrong ngày, không thế chấp"
    assert evidence_of("Vay nhanh", text, []) == ""
    assert evidence_of("Vay nhanh", text, ["VAY  NHANH\n\ngiai ngan ngay trong ngay\nthế chấp!", "..."]) == ""
    assert evidence_of("Vay nhanh", text, ["  Nạp tiền\nvay nhanh giải ngân", "NẠP TIỀN\nMã OTP"]) == (
        "Nạp tiền\nvay nhanh giải ngân\nMã OTP"
    )
    assert evidence_of("Vay nhanh", text, ["ân ngay"]) == "ân ngay"


def test_evidence_is_bounded() -> None:
    lines = [f"dòng {number}" for number in range(30_000)]
    kept = evidence_of("", "", ["\n".join(lines)]).split("\n")
    assert kept[:-1] == lines[: len(kept) - 1]
    assert MAX_EVIDENCE_CHARACTERS - 20 < len("\n".join(kept)) <= MAX_EVIDENCE_CHARACTERS
    assert len(evidence_of("", "", ["x" * 300_000])) == MAX_EVIDENCE_CHARACTERS


def test_evidence_of_a_batch_is_read_at_once(records: Records) -> None:
    ids = [record(records, page(f"https://vay-{number}.top/")).hit_id for number in range(5)]
    _show(records, ids[0], "Mã OTP cũ", "Mã OTP mới", "")
    _show(records, ids[3], "Nạp tiền")
    asked: list[str] = []
    event.listen(records.engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
    with records.read() as session:
        found = documents(session, session.scalars(select(HitRow).order_by(HitRow.id)).all())
    assert [one.id for one in found] == ids
    assert [one.evidence for one in found] == ["Mã OTP mới\nMã OTP cũ", "", "", "Nạp tiền", ""]
    assert len([sql for sql in asked if "captured_pages" in sql]) == 1


def test_only_the_newest_captures_are_read_and_no_more_of_each_than_is_needed(records: Records) -> None:
    often, once = (record(records, page(f"https://{name}.top/")).hit_id for name in ("nhieu", "mot"))
    _show(records, often, *(f"lần {number}\n{'ậ' * READ_CHARACTERS}" for number in range(10)))
    _show(records, once, "một lần")
    with records.read() as session:
        captured = captured_texts(session, [often, once])
    assert [text.split("\n")[0] for text in captured[often]] == ["lần 9", "lần 8", "lần 7"]
    assert {len(text) for text in captured[often]} == {READ_CHARACTERS}
    assert len(captured[often]) == READ_CAPTURES
    assert captured[once] == ["một lần"]


def test_a_batch_ends_where_its_texts_grow_too_long(records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("search.documents._READ_HITS", 2)
    ids = [record(records, page(f"https://vay-{number}.top/", "chữ " * 250)).hit_id for number in range(7)]
    with records.read() as session:
        batch, count = document_batch(session, [ids[3], 99_999, *ids])
        assert (len(batch), count) == (8, 9)
        assert [one.id for one in batch] == [ids[3], *ids]
        monkeypatch.setattr("search.documents.BATCH_CHARACTERS", 3_000)
        batch, count = document_batch(session, ids)
    assert [one.id for one in batch] == ids[:4]
    assert count == 4
