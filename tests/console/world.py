"""What tests of the console build on: real records, a real index, a real vault, and a handful of invented hits."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fastapi import FastAPI
from starlette.testclient import TestClient

from console.accounts import add_account, all_accounts
from console.app import create_app
from console.gate import session_cookie
from console.roles import Role
from console.sessions import open_session
from console.settings import ConsoleSettings
from evidence.capture import Capture
from evidence.custodian import Custodian
from evidence.exchange import Exchange
from evidence.metadata import CaptureMetadata
from evidence.request import CaptureRequest
from evidence.signing import SigningKey
from evidence.vault import FolderVault
from evidence.warc import write_warc
from matchers.match import Identifier, Match, Severity, Span, Verdict
from matchers.page import Page, PageKind
from matchers.rules import Category
from search.captures import CaptureState, captures_of, finish_capture, request_capture
from search.hits import record_hit
from search.indexes.embedded import EmbeddedIndex
from search.outbox import deliver
from search.records import Records, open_records
from search.tables import OutboxRow

PASSWORD = "mua-rao-ngoai-san-14"
NOW = datetime(2026, 11, 20, 3, 30, tzinfo=UTC)
CATEGORIES = {
    "loan_credit": Category("loan_credit", "Cho vay trái phép", "Illegal lending", Severity.MEDIUM),
    "fake_bank": Category("fake_bank", "Giả mạo ngân hàng", "Bank impersonation", Severity.HIGH),
    "job_export": Category("job_export", "Lừa xuất khẩu lao động", "Job export scam", Severity.MEDIUM),
}
# One white pixel.
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8/5+hHgAHggJ/PchI7wAAAABJRU5ErkJggg=="
)
PHONE = Identifier("phone", "+84912000111")


def match_of(text: str, quote: str, rule: str = "loan/quick", weight: float = 1.0, field: str = "text") -> Match:
    """A match on the first place where `quote` stands in `text`."""
    start = text.index(quote)
    return Match(
        rule=rule,
        matcher="phrases",
        category="loan_credit",
        weight=weight,
        reason_vi=f"Có cụm từ “{quote}”",
        reason_en=f"Says “{quote}”",
        span=Span(field, start, start + len(quote)),  # type: ignore[arg-type]
        quote=quote,
    )


def flagged(
    url: str,
    title: str,
    text: str,
    *,
    category: str = "loan_credit",
    severity: Severity = Severity.MEDIUM,
    source: str = "bao-mau",
    kind: PageKind = PageKind.LANDING,
    matches: tuple[Match, ...] = (),
    identifiers: tuple[Identifier, ...] = (),
    minutes: int = 0,
    redirect_chain: tuple[str, ...] = (),
    referrer_url: str = "",
) -> tuple[Page, Verdict]:
    """A page and the verdict that flags it."""
    page = Page(
        url=url,
        fetched_at=NOW + timedelta(minutes=minutes),
        source=source,
        kind=kind,
        title=title,
        text=text,
        redirect_chain=redirect_chain,
        referrer_url=referrer_url,
    )
    found = tuple(
        Match("identifiers/" + identifier.kind, "identifiers", "Có liên lạc", "Has a contact", identifier=identifier)
        for identifier in identifiers
    )
    verdict = Verdict(
        is_hit=True,
        category=category,
        severity=severity,
        score=1.5,
        reason_vi=f"Dấu hiệu {CATEGORIES[category].title_vi.lower()}: {title}",
        reason_en=f"Signs of {CATEGORIES[category].title_en.lower()}: {title}",
        matches=(*matches, *found),
        rules_version="0" * 16,
    )
    return page, verdict


LOAN_TEXT = "Vay tiền nhanh trong 5 phút, không cần thế chấp. Gọi ngay 0912 000 111 để giải ngân."


@dataclass
class World:
    """Everything a test of the console needs, and the way to sign in."""

    folder: Path
    records: Records
    index: EmbeddedIndex
    vault: FolderVault
    custodian: Custodian
    settings: ConsoleSettings
    app: FastAPI

    def record(self, page: Page, verdict: Verdict, capture_from: Severity = Severity.CRITICAL) -> int:
        """Record a flagged page; returns the hit's id."""
        return record_hit(self.records, page, verdict, capture_from, "desktop").hit_id

    def deliver(self) -> None:
        """Bring the index up to date."""
        deliver(self.records, self.index)

    def refuse(self, hit_id: int, reason: str) -> None:
        """Note that the index refused the hit, as a delivery does."""
        with self.records.write() as session:
            session.add(OutboxRow(hit_id=hit_id, created_at=NOW, refusal=reason))

    def client(self, **headers: str) -> TestClient:
        """A browser that follows no redirect by itself."""
        return TestClient(self.app, follow_redirects=False, headers={"accept": "text/html", **headers})

    def keep_evidence(self, hit_id: int, url: str = "https://vay-nhanh.top/", picture: bytes = PNG) -> str:
        """Seal a small capture of a hit, as the crawler does; returns its id in the vault."""
        folder = self.vault.workspace.folder()
        body, shot = folder.path / "body", folder.path / "screenshot.png"
        body.write_bytes(b"<html>vay</html>")
        shot.write_bytes(picture)
        exchange = Exchange(
            "1", url, "GET", NOW, status=200, status_text="OK", protocol="http/1.1", body_path=body, body_size=16
        )
        warc = folder.path / "data.warc.gz"
        with warc.open("wb") as stream:
            records, responses = write_warc(stream, [exchange], {"software": "luoitroi"})
        metadata = CaptureMetadata(
            tool="luoitroi",
            tool_version="0",
            method="chromium",
            browser=None,
            url=url,
            final_url=url,
            redirect_chain=(),
            status=200,
            title="Vay nhanh",
            server_address="203.0.113.7",
            requested_by="crawler",
            reason=f"hit {hit_id}",
            device="desktop",
            referrer="",
            host="may-thu",
            started_at=NOW,
            finished_at=NOW,
            exchanges=1,
            body_bytes=16,
            failures=(),
            omissions=(),
            remarks=(),
        )
        request = CaptureRequest(url, "crawler", f"hit {hit_id}")
        capture = Capture(request, metadata, folder, warc, {"screenshot.png": shot}, records, responses)
        kept = self.custodian.keep(capture)
        with self.records.write() as session:
            request_capture(session, hit_id, url, "desktop", "")
        job = next(job for job in captures_of(self.records, hit_id) if job.state is CaptureState.DUE)
        finish_capture(self.records, job.id, kept.id)
        return kept.id

    def signed_in(self, role: Role = Role.INSPECTOR) -> TestClient:
        """A browser in which the account of this role is signed in."""
        account = next(account for account in all_accounts(self.records) if account.role is role)
        client = self.client()
        client.cookies.set(session_cookie(self.settings), open_session(self.records, account, 1), "testserver.local")
        return client


def csrf_token(html: str) -> str:
    """The token that a page's forms carry."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', html)
    assert found, "the page holds no token"
    return found[1]


def open_world(folder: Path, file: Path, key: SigningKey) -> World:
    """A console over a copy of the database in `file`, in a folder of its own."""
    copy = folder / "luoitroi.db"
    if file.exists():
        copy.write_bytes(file.read_bytes())
    records = open_records(f"sqlite:///{copy}", lock_wait_seconds=0.5)
    index = EmbeddedIndex(copy)
    vault = FolderVault(folder / "vault")
    settings = ConsoleSettings(unit_name="Sở Thử nghiệm")
    custodian, _ = Custodian.open(vault, key)
    app = create_app(records, index, vault, CATEGORIES, settings, custodian.trusted)
    return World(folder, records, index, vault, custodian, settings, app)


def fill(world: World) -> Path:
    """An account for each role and five hits: three loans (two share a phone number), a fake bank, a job scam.

    Returns the database file, whole by itself; the world is closed then.
    """
    for role in Role:
        add_account(world.records, role, PASSWORD, role, f"Người thử {role}")
    for page, verdict in (
        flagged(
            "https://vay-nhanh.top/dang-ky?goi=1",
            "Vay nhanh 24h",
            LOAN_TEXT,
            severity=Severity.HIGH,
            matches=(
                match_of(LOAN_TEXT, "Vay tiền nhanh"),
                match_of(LOAN_TEXT, "không cần thế chấp", "loan/no-pledge"),
            ),
            identifiers=(PHONE,),
            redirect_chain=("https://ads.mang-qc.net/c?id=1", "https://nhay.link/x"),
            referrer_url="https://bao-mau.vn/bai/1",
        ),
        flagged(
            "https://tien-lien.icu/",
            "Tiền liền tay",
            "Hỗ trợ vốn cho mọi nhà, liên hệ 0912.000.111 gặp cô Tám.",
            identifiers=(PHONE,),
            minutes=10,
        ),
        flagged(
            "https://vcb-digibank.top/login",
            "Đăng nhập ngân hàng số",
            "Nhập mã OTP để xác thực tài khoản.",
            category="fake_bank",
            severity=Severity.CRITICAL,
            source="ten-mien-moi",
            minutes=20,
        ),
        flagged(
            "https://mxh.vn/nhom/1/bai/9",
            "Đi Hàn Quốc lương 60 triệu",
            "Cọc trước 20 triệu giữ chỗ.",
            category="job_export",
            source="mang-xa-hoi",
            kind=PageKind.POST,
            minutes=30,
        ),
        flagged(
            "https://vay-online.xyz/",
            "Vay online duyệt tự động",
            "Chỉ cần căn cước, duyệt trong ngày.",
            severity=Severity.LOW,
            minutes=40,
        ),
    ):
        world.record(page, verdict)
    world.deliver()
    with world.records.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    world.records.close()
    return world.folder / "luoitroi.db"
