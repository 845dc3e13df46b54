"""Reported links end to end: text, CSV, and the console's reports with the outcome each of them gets."""

from __future__ import annotations

from contextlib import closing

from search.reports import ReportOutcome, find_link, report_link
from tests.crawler.installation import Installation
from tests.crawler.site import Site, article, scam


def test_lists_and_tables_of_addresses(web: Site, installation: Installation) -> None:
    port = web.port
    for name in ("mot", "hai", "ba", "bon", "nam"):
        web.page(f"{name}.vn", "/x", scam(f"Vay {name}"))
    (installation.sources / "a.csv").write_text(
        f'\ufeffĐường dẫn,ghi chú\nhttp://mot.vn:{port}/x,"gửi qua, tin nhắn"\n"http://hai.vn:{port}/x,mở ngoặc\n'
        f"# http://khong.vn:{port}/x\nba.vn:{port}/x\n\nkhông phải\nhttp://[sai/\n",
        "utf-8",
    )
    web.page("list.test", "/a.txt", f"http://bon.vn:{port}/x\nhttp://nam.vn:{port}/x\n", "text/plain")
    name = installation.source("lists", "links", "a.csv", web.url("list.test", "/a.txt"), "khong-co.csv")
    crawl = installation.crawl(name)
    kinds = sorted(failure.kind for failure in crawl.failures)
    assert kinds == ["file_unreadable", "not_an_address", "not_an_address"]
    assert {hit.host for hit in installation.hits()} == {"mot.vn", "hai.vn", "ba.vn", "bon.vn", "nam.vn"}
    assert web.paths("khong.vn") == []


def test_every_report_gets_its_answer(web: Site, installation: Installation) -> None:
    scammed = web.page("bao-cao.vn", "/vay", scam())
    moved = web.redirect("bao-cao.vn", "/ngan", scammed)
    innocent = web.page("lanh.vn", "/", article("Hoa", "Tiệm hoa nhỏ cuối phố. " * 20))
    pdf = web.page("lanh.vn", "/a.pdf", b"%PDF-1.7", "application/pdf")
    gone = web.page("lanh.vn", "/gone", "x", status=404)
    denied = web.page("dong.vn", "/", scam())
    web.page("dong.vn", "/robots.txt", "User-agent: *\nDisallow: /", "text/plain")
    dead = "http://chet.invalid/"
    inside = f"http://127.0.0.1:{web.port}/secret"
    with closing(installation.records()) as records:
        receipts = {
            url: report_link(records, url, "người dân gửi", "lan").receipt
            for url in (scammed, moved, innocent, pdf, gone, denied, dead, inside)
        }
    crawl = installation.crawl(installation.source("reports", "links"))
    assert crawl.exit_status == 3
    with closing(installation.records()) as records:
        answers = {url: find_link(records, receipt) for url, receipt in receipts.items()}
    outcomes = {url: answer.outcome for url, answer in answers.items() if answer is not None}
    assert outcomes == {
        scammed: ReportOutcome.FLAGGED,
        moved: ReportOutcome.FLAGGED,
        innocent: ReportOutcome.NOTHING_FOUND,
        pdf: ReportOutcome.UNREACHABLE,
        gone: ReportOutcome.UNREACHABLE,
        denied: ReportOutcome.UNREACHABLE,
        dead: ReportOutcome.UNREACHABLE,
        inside: ReportOutcome.UNREACHABLE,
    }
    (hit,) = installation.hits()
    assert {answer.hit_id for answer in answers.values() if answer is not None} == {hit.id, None}
    named = {failure.url: failure.kind for failure in crawl.failures}
    assert named == {
        pdf: "not_html",
        gone: "http_404",
        denied: "robots_denied",
        dead: "unresolved_host",
        inside: "address_refused",
    }
    assert "/secret" not in web.paths("127.0.0.1")
    again = installation.crawl("reports")
    assert again.run is not None
    assert (again.exit_status, again.run.counts.pages) == (0, 0)
