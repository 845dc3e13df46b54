"""What indexes are given of hits: their captures' words as far as the page's own text lacks them."""

from __future__ import annotations

from sqlalchemy import event, select

from search.documents import MAX_EVIDENCE_CHARACTERS, documents, evidence_of
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
