"""Newly seen host names end to end: every form of a feed, what is visited, and what its name alone tells."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spiders.domains import read_host
from tests.crawler.installation import Installation
from tests.crawler.site import Site, scam


@pytest.mark.parametrize(
    ("line", "host"),
    [
        ("vietcombank-dangnhap.top", "vietcombank-dangnhap.top"),
        ("  VietcomBank-DangNhap.TOP. ", "vietcombank-dangnhap.top"),
        ("a.vn:8080", "a.vn:8080"),
        ("a.vn\tphishing\t1", "a.vn"),
        ("a.vn,2026-01-01", "a.vn"),
        ("a.vn;x", "a.vn"),
        ("0.0.0.0 a.vn", "a.vn"),
        ("127.0.0.1\ta.vn # ghi chú", "a.vn"),
        ("::1 a.vn", "a.vn"),
        ("*.a.vn", "a.vn"),
        ("https://a.vn/x?y=1", "a.vn"),
        ("http://user@a.vn:81/", "a.vn:81"),
        ("xn--vitcombank-7hb.vn", "xn--vitcombank-7hb.vn"),
        ("viètcombank.vn", "viètcombank.vn"),
        ("# a.vn", None),
        ("", None),
        ("0.0.0.0", None),
        ("127.0.0.1 localhost", None),
        ("domain", None),
        ("a@b.vn", None),
        ("not a host", None),
    ],
)
def test_a_line_of_a_feed(line: str, host: str | None) -> None:
    assert read_host(line) == host


@given(st.text(max_size=80))
def test_no_line_makes_it_raise(line: str) -> None:
    host = read_host(line)
    assert host is None or (host == host.lower() and "." in host and "/" not in host)


def test_feeds_of_every_form_and_what_becomes_of_each_name(web: Site, installation: Installation) -> None:
    live = "vietcombank-dangnhap.vn"
    web.page(live, "/", scam("Đăng nhập"))
    web.redirect("agribank-xacminh.vn", "/", web.url("noi-khac.vn"))
    web.redirect("techcombank-xacminh.vn", "/", web.url("noi-khac.vn"))
    web.page("noi-khac.vn", "/", "<title>Hoa tươi</title><p>Tiệm hoa")
    web.page("bidv-baomat.vn", "/", b"%PDF-1.7 x", "application/pdf")
    web.page("gat-lua.vn", "/", scam("Không tới"))
    port = web.port
    feeds = installation.folder / "sources"
    (feeds / "plain.txt").write_text(f"\ufeff# mới\n{live}:{port}\ngat-lua.vn:{port}\n", "utf-8")
    (feeds / "hosts").write_text(f"0.0.0.0 agribank-xacminh.vn:{port}\n127.0.0.1 localhost\n", "utf-8")
    table = f"domain,seen\ntechcombank-xacminh.vn:{port},x\n{live}:{port},x\n"
    web.page("feed.test", "/new.csv", table, "text/csv")
    urls = f"http://bidv-baomat.vn:{port}/x\nhttp://vpbank-thongbao.invalid/\n"
    web.page("feed.test", "/urls.txt", urls, "text/plain")
    web.page("feed.test", "/nothing.txt", "# không\n", "text/plain")
    web.page("feed.test", "/gone.txt", "", status=404)
    starts = [web.url("feed.test", f"/{name}") for name in ("new.csv", "urls.txt", "nothing.txt", "gone.txt")]
    name = installation.source("names", "domains", "plain.txt", "hosts", *starts, "khong-co.txt")
    crawl = installation.crawl(name)
    assert crawl.exit_status == 3
    assert sorted((failure.kind, failure.url.rpartition("/")[2] or failure.url) for failure in crawl.failures) == [
        ("empty_feed", "nothing.txt"),
        ("file_unreadable", "khong-co.txt"),
        ("http_404", "gone.txt"),
        ("not_html", f"http://bidv-baomat.vn:{port}/"),
        ("unresolved_host", "http://vpbank-thongbao.invalid/"),
    ]
    hits = {hit.host: hit for hit in installation.hits()}
    names_alone = {"agribank-xacminh.vn", "techcombank-xacminh.vn", "bidv-baomat.vn", "vpbank-thongbao.invalid"}
    # Where a suspicious name leads may be a hit as well: the page was come to by it.
    assert set(hits) - {"noi-khac.vn"} == {live, *names_alone}
    assert hits[live].page_kind == "landing"
    assert {hits[host].page_kind for host in names_alone} == {"host"}
    assert web.paths("gat-lua.vn") == []
    assert web.paths(live) == ["/"]
    assert crawl.run is not None
    assert crawl.run.detail == "7 host names read, 5 suspicious"


def test_seventeen_thousand_names_without_a_visit(installation: Installation, tmp_path: Path) -> None:
    names = [f"cua-hang-{number}.vn" for number in range(17_000)]
    names[8_000] = "vietcombank-dangnhap.top"
    names[16_999] = "agribank-xacminh.xyz"
    feed = tmp_path / "names.tsv"
    feed.write_text("".join(f"{name}\tlabel\n" for name in names), "utf-8")
    crawl = installation.crawl(installation.source("many", "domains", str(feed), follow=False))
    assert crawl.exit_status == 0
    assert {hit.host for hit in installation.hits()} == {"vietcombank-dangnhap.top", "agribank-xacminh.xyz"}
    assert crawl.run is not None
    assert crawl.run.detail == "17000 host names read, 2 suspicious"
    assert crawl.ending["seconds"] < 30
