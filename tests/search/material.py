"""Pages, verdicts and documents to record and index, each with sensible parts where a test names none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from matchers.match import Identifier, Match, Severity, Span, Verdict
from matchers.page import Page, PageKind
from search.hits import Recorded, record_hit
from search.indexes.index import Document
from search.records import Records

NOW = datetime(2026, 11, 20, 3, 30, tzinfo=UTC)
PHONE = Identifier("phone", "+84912000111")
ACCOUNT = Identifier("bank_account", "VCB:0071000999888")
LOAN_TEXT = (
    "Vay tiền nhanh trong năm phút, không cần thế chấp, không cần gặp mặt. Công ty tài chính chúng tôi hỗ trợ mọi "
    "khách hàng trên toàn quốc, kể cả nợ xấu. Chỉ cần căn cước công dân và tài khoản ngân hàng là được giải ngân "
    "ngay trong ngày. Đóng phí bảo hiểm khoản vay trước khi nhận tiền, gọi ngay 0912 000 111 gặp nhân viên tư vấn."
)
JOB_TEXT = (
    "Tuyển gấp lao động đi Hàn Quốc, lương sáu mươi triệu mỗi tháng, không cần học tiếng, bay trong tháng này. "
    "Chỉ nhận hai mươi hồ sơ cuối cùng của năm, đặt cọc giữ chỗ trước qua tài khoản của trung tâm môi giới."
)


def page(url: str = "https://vay-nhanh.top/", text: str = LOAN_TEXT, minutes: float = 0, **parts: Any) -> Page:
    """A landing page seen `minutes` after NOW."""
    given = {"source": "quang-cao", "kind": PageKind.LANDING, "title": "Vay nhanh 24h", **parts}
    return Page(url=url, text=text, fetched_at=NOW + timedelta(minutes=minutes), **given)


def verdict(
    *identifiers: Identifier,
    category: str = "loan_credit",
    severity: Severity = Severity.HIGH,
    rules_version: str = "r1",
    matches: tuple[Match, ...] = (),
) -> Verdict:
    """A verdict that flags a page and found these identifiers on it."""
    phrase = Match(
        rule="loan_credit/fast",
        matcher="phrases",
        category=category,
        weight=1.2,
        reason_vi="Có cụm từ “Vay tiền nhanh”",
        reason_en="Says “Vay tiền nhanh”",
        span=Span("text", 0, 14),
        quote="Vay tiền nhanh",
    )
    found = tuple(
        Match(f"identifiers/{one.kind}", "identifiers", "Có liên lạc", "Has a contact", identifier=one)
        for one in identifiers
    )
    return Verdict(
        is_hit=True,
        category=category,
        severity=severity,
        score=1.5,
        reason_vi="Dấu hiệu cho vay trái phép",
        reason_en="Signs of illegal lending",
        matches=(phrase, *found, *matches),
        rules_version=rules_version,
    )


def record(
    records: Records,
    seen: Page | None = None,
    judged: Verdict | None = None,
    capture_from: Severity = Severity.CRITICAL,
) -> Recorded:
    """Record a page with a verdict, as the crawl does."""
    return record_hit(records, seen or page(), judged or verdict(), capture_from, "desktop")


def document(hit_id: int, version: int = 1, **parts: Any) -> Document:
    """What an index is given of a hit."""
    given = {
        "title": "Vay nhanh 24h",
        "text": LOAN_TEXT,
        "url": f"https://vay-{hit_id}.top/dang-ky",
        "host": f"vay-{hit_id}.top",
        "identifiers": (),
        "category": "loan_credit",
        "source": "quang-cao",
        "status": "new",
        "severity": 3,
        "last_seen_at": NOW + timedelta(minutes=hit_id),
        **parts,
    }
    return Document(id=hit_id, version=version, **given)
