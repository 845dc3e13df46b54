"""News sites end to end: by feed, sitemap and listing page, in a process, seen through the records."""

from __future__ import annotations

import gzip

from tests.crawler.installation import Installation
from tests.crawler.site import LOAN_SCAM, Site, article, scam

INNOCENT = "Người dân trong xã gặt xong vụ mùa, năm nay được giá nên ai cũng vui. " * 10


def rss(*links: str) -> str:
    items = "".join(f"<item><title>Bài</title><link>{link}</link></item>" for link in links)
    return f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>{items}</channel></rss>'


def atom(*links: str) -> str:
    entries = "".join(f'<entry><title>Bài</title><link rel="alternate" href="{link}"/></entry>' for link in links)
    return f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom">{entries}</feed>'


def urlset(*links: str, dates: bool = True) -> str:
    urls = "".join(
        f"<url><loc>{link}</loc>{f'<lastmod>2026-01-{day:02}</lastmod>' if dates else ''}</url>"
        for day, link in enumerate(links, 1)
    )
    return f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'


def test_every_way_a_site_lists_its_articles(web: Site, installation: Installation) -> None:
    host = "news.test"
    paths = ["rss", "atom", "nested", "gzipped", "listing-1", "listing-2"]
    links = {path: web.page(host, f"/{path}.html", scam(f"Bài {path}", f"{LOAN_SCAM} {path}")) for path in paths}
    innocent = web.page(host, "/lanh.html", article("Mùa màng", INNOCENT))
    web.page(host, "/rss.xml", rss(links["rss"], innocent, links["rss"]), "application/rss+xml")
    # Wrong content types are everyday matters.
    web.page(host, "/atom.xml", atom("/atom.html"), "text/html")
    index = f"<sitemapindex><sitemap><loc>{web.url(host, '/muc.xml')}</loc></sitemap></sitemapindex>"
    web.page(host, "/index.xml", index, "application/xml")
    web.page(host, "/muc.xml", urlset(links["nested"]), "application/xml")
    web.page(host, "/nen.xml.gz", gzip.compress(urlset(links["gzipped"]).encode()), "application/gzip")
    listing = f"<html><base href='{web.url(host, '/')}x/'><h3><a href='../listing-1.html'>1</a></h3>"
    web.page(host, "/muc/", listing + "<h2><a href='/listing-2.html'>2</a></h2><a href='/thoi.html'>không</a>")
    starts = [web.url(host, path) for path in ("/rss.xml", "/atom.xml", "/index.xml", "/nen.xml.gz", "/muc/")]
    crawl = installation.crawl(installation.source("news", "news", *starts))

    assert (crawl.exit_status, crawl.failures) == (0, [])
    assert {hit.url for hit in installation.hits()} == set(links.values())
    assert crawl.run is not None
    assert crawl.run.counts.pages == len(paths) + 1
    assert (crawl.run.counts.hits_new, crawl.run.counts.hits_seen) == (len(paths), 0)
    assert sorted(web.paths(host)).count("/rss.html") == 1
    assert "/thoi.html" not in web.paths(host)
    hit = next(hit for hit in installation.hits() if hit.url == links["rss"])
    again = installation.crawl("news")
    assert again.run is not None
    assert (again.run.counts.hits_new, again.run.counts.hits_seen) == (0, len(paths))
    assert (hit.category, hit.page_kind, hit.title) == ("loan_credit", "article", "Bài rss")
    assert {(i.kind, i.value) for i in hit.identifiers} >= {("zalo", "+84912345678")}


def test_selectors_paid_posts_and_where_they_lead(web: Site, installation: Installation) -> None:
    host = "paid.test"
    landing = web.page("vay-le.vn", "/", scam("Trang vay"))
    away = f"<a href='{landing}'>Xem</a><a href='https://zalo.me/0912345678'>Zalo</a><a href='/khac.html'>Bài khác</a>"
    paid = (
        "<html><head><title>Tên tờ báo</title></head><body><div class=menu>Nợ xấu vẫn vay được</div>"
        "<h2 class=tit>Bài <b>trả tiền</b></h2><div class=by>Phóng viên A</div><span class=pr>PR</span>"
        f"<div class=body><p>Gặt <i>lú</i>a</p><p>hai</p>{away}</div></body></html>"
    )
    web.page(host, "/paid.html", paid)
    web.page(host, "/said.html", article("Tự nhận", INNOCENT, "<div class=advertorial></div>" + away))
    web.page(host, "/plain.html", article("Bài thường", INNOCENT, f"<a href='{web.url('khac.vn', '/x')}'>x</a>"))
    web.page(host, "/rss.xml", rss("/paid.html", "/said.html", "/plain.html"), "application/rss+xml")
    selectors = {"title": ".tit", "text": ".body p", "byline": ".by", "sponsored": ".pr"}
    name = installation.source("paid", "news", web.url(host, "/rss.xml"), selectors=selectors)

    tried = installation.crawl(name, "--dry-run")
    pages = {event["url"]: event for event in tried.events if event["event"] == "page"}
    assert pages[web.url(host, "/paid.html")]["title"] == "Bài trả tiền"
    assert pages[web.url(host, "/paid.html")]["beginning"] == "Gặt lúa\nhai"
    kinds = {url.rpartition("/")[2]: page["kind"] for url, page in pages.items()}
    assert kinds == {"paid.html": "sponsored", "said.html": "sponsored", "plain.html": "article", "": "landing"}
    assert pages[landing]["is_hit"]
    assert not installation.hits()
    assert tried.run is None
    assert web.paths("khac.vn") == []


def test_a_crawls_limit_leaves_out_what_is_old(web: Site, installation: Installation) -> None:
    host = "old.test"
    links = [web.page(host, f"/{day}.html", article(str(day), INNOCENT)) for day in range(1, 21)]
    web.page(host, "/sitemap.xml", urlset(*links), "text/xml")
    name = installation.source("old", "news", web.url(host, "/sitemap.xml"), limits={"pages": 3, "concurrency": 1})
    crawl = installation.crawl(name)
    assert {failure.kind for failure in crawl.failures} == {"limit_reached"}
    assert web.paths(host)[1:] == ["/20.html", "/19.html", "/18.html"]


def test_what_lists_nothing_says_so_and_the_rest_is_read(web: Site, installation: Installation) -> None:
    host = "empty.test"
    good = web.page(host, "/good.html", scam())
    web.page(host, "/good.xml", rss(good), "application/rss+xml")
    web.page(host, "/empty.xml", rss(), "application/rss+xml")
    web.page(host, "/nothing", b"", "application/xml")
    web.page(host, "/broken.xml", "<rss><channel><item><link>" + good, "application/rss+xml")
    web.page(host, "/no-links.html", "<html><p>không có bài</p></html>")
    web.page(host, "/data.json", '{"a": 1}', "application/json")
    web.page(host, "/bomb.xml.gz", gzip.compress(b"<urlset>" + b" " * 30_000_000), "application/gzip")
    web.page(host, "/bad.xml.gz", b"\x1f\x8b\x08garbage", "application/gzip")
    web.page(host, "/odd-links.xml", rss("http://[sai/", "mailto:a@b.vn", "javascript:x"), "application/rss+xml")
    for level in range(5):
        below = web.url(host, f"/deep-{level + 1}.xml")
        index = f"<sitemapindex><sitemap><loc>{below}</loc></sitemap></sitemapindex>"
        web.page(host, f"/deep-{level}.xml", index, "text/xml")
    names = "good.xml empty.xml nothing broken.xml no-links.html data.json bomb.xml.gz bad.xml.gz odd-links.xml"
    starts = [web.url(host, f"/{name}") for name in [*names.split(), "deep-0.xml"]]
    crawl = installation.crawl(installation.source("empty", "news", *starts))
    assert crawl.exit_status == 3
    assert [hit.url for hit in installation.hits()] == [good]
    found = {failure.url.rpartition("/")[2]: failure.kind for failure in crawl.failures}
    assert found == {
        "empty.xml": "empty_feed",
        "nothing": "empty_feed",
        "broken.xml": "empty_feed",
        "no-links.html": "empty_feed",
        "data.json": "not_a_feed",
        "bomb.xml.gz": "empty_feed",
        "bad.xml.gz": "empty_feed",
        "odd-links.xml": "empty_feed",
        "deep-3.xml": "sitemap_too_deep",
    }
