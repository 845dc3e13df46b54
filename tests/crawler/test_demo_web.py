"""The demo web, served for real on loopback: what it answers, its quirks, its second day, and its ground truth."""

from __future__ import annotations

import csv
import io
import re
import time
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import feedparser
import httpx
import pytest
from playwright.sync_api import sync_playwright
from selectolax.lexbor import LexborHTMLParser

import crawler.demo
from crawler.demo import PACK, DemoWeb, is_same, planted
from crawler.demo.content import articles, read_yaml
from crawler.demo.document import NOTICE, split_letters, windows_1258
from crawler.demo.feeds import newly_seen
from crawler.source import SourceKind, load_sources
from evidence.browser import find_chromium, launch_arguments
from matchers.hosts.brands import BUILT_IN_BRANDS
from matchers.rules import load_rules
from matchers.text.normalise import fold_text

MOBILE = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36"
DESKTOP = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"
SCAM_KINDS = {
    "fake_bank",
    "illegal_fundraising",
    "job_export",
    "loan_credit",
    "prize_notice",
    "impersonated_authority",
}
NEWS = "baoquemoi.test"


class Visitor:
    """An HTTP client that finds every host of the demo web at its loopback port, as the crawler's resolver does."""

    def __init__(self, web: DemoWeb) -> None:
        self.web = web
        self.client = httpx.Client(trust_env=False)

    def get(self, url: str, user_agent: str = DESKTOP, timeout: float = 5) -> httpx.Response:
        parts = urlsplit(url)
        query = f"?{parts.query}" if parts.query else ""
        return self.client.get(
            f"http://127.0.0.1:{self.web.port}{parts.path or '/'}{query}",
            headers={"Host": parts.netloc, "User-Agent": user_agent},
            timeout=timeout,
        )

    def page(self, host: str, path: str = "/", user_agent: str = DESKTOP) -> httpx.Response:
        return self.get(self.web.url(host, path), user_agent)

    def text(self, host: str, path: str = "/", user_agent: str = DESKTOP) -> str:
        return visible(self.page(host, path, user_agent).text)


def visible(html: str) -> str:
    tree = LexborHTMLParser(html)
    tree.strip_tags(["script", "style"])
    return tree.body.text(separator=" ") if tree.body is not None else ""


@pytest.fixture(scope="module")
def web() -> Iterator[DemoWeb]:
    """The web on its first day, shared by tests that only look at it."""
    with DemoWeb.serve() as served:
        yield served


@pytest.fixture(scope="module")
def visitor(web: DemoWeb) -> Iterator[Visitor]:
    seen = Visitor(web)
    yield seen
    seen.client.close()


@pytest.fixture(params=[1, 2])
def visitor_on_day(request: pytest.FixtureRequest) -> Iterator[tuple[Visitor, int]]:
    """A visitor of a web of its own, on its first and on its second day."""
    with DemoWeb.serve() as served:
        if request.param == 2:
            served.advance()
        seen = Visitor(served)
        yield seen, request.param
        seen.client.close()


def test_every_address_answers_as_it_says(visitor_on_day: tuple[Visitor, int]) -> None:
    visitor, _ = visitor_on_day
    web = visitor.web
    documents = [document for document in web.documents() if not document.delay_seconds]
    for document in documents:
        user_agent = MOBILE if document.device == "mobile" else DESKTOP
        answer = visitor.page(document.host, document.path, user_agent)
        assert answer.status_code == document.status, document.path
        assert answer.content == document.body
        if answer.status_code == 200:
            assert answer.content
            assert answer.headers["content-type"] == document.media_type
    assert len(web.requests) == len(documents) > 100


def test_unknown_hosts_and_paths_are_not_found(visitor: Visitor) -> None:
    assert visitor.page("vn-saomaibank.test").status_code == 404
    assert visitor.page(NEWS, "/khong-co-trang-nay.html").status_code == 404


def test_requests_are_counted(web: DemoWeb, visitor: Visitor) -> None:
    visitor.page(NEWS, "/robots.txt")
    visitor.page("quytamvang.test", "/?ref=thu", MOBILE)
    robots, landing = web.requests[-2:]
    assert (robots.method, robots.host, robots.path, robots.status) == ("GET", NEWS, "/robots.txt", 200)
    assert (landing.host, landing.path, landing.user_agent) == ("quytamvang.test", "/?ref=thu", MOBILE)


def test_a_taken_port_is_refused(web: DemoWeb) -> None:
    with pytest.raises(OSError, match="in use"), DemoWeb.serve(web.port):
        pass


def test_news_site_is_a_newspaper(web: DemoWeb, visitor: Visitor) -> None:
    listed = re.findall(r"<loc>(.*?)</loc>", visitor.page(NEWS, "/sitemap.xml").text)
    assert len(listed) >= 60
    slow = {article.path for article in articles() if "slow" in article.quirks}
    texts = {}
    for url in listed:
        if urlsplit(url).path in slow:
            continue
        answer = visitor.get(url)
        assert answer.status_code == 200
        assert 8_000 <= len(answer.content) <= 25_000, url
        article = LexborHTMLParser(answer.text).css_first("article .noi-dung")
        assert article is not None
        texts[url] = article.text()
        assert len(texts[url].split()) >= 120, url
    assert len(set(texts.values())) == len(texts)

    feed = feedparser.parse(visitor.page(NEWS, "/rss.xml").content)
    assert not feed.bozo
    assert len(feed.entries) >= 40
    dates = [entry.published_parsed for entry in feed.entries if "published_parsed" in entry]
    assert dates == sorted(dates, reverse=True)


def test_paid_posts_say_so_and_journalism_is_signed(visitor: Visitor) -> None:
    today = [article for article in articles() if 1 in article.days]
    paid = [article for article in today if article.sponsored]
    assert len(paid) >= 4
    assert sum(article.planted is not None for article in paid) == 2
    for article in paid:
        html = LexborHTMLParser(visitor.page(NEWS, article.path).text)
        label = html.css_first("article .nhan-tai-tro")
        assert label is not None
        assert label.text() in {"Bài tài trợ", "Thông tin doanh nghiệp"}
    about_scams = {entry["slug"] for entry in read_yaml("news/canh-bao.yaml")}
    assert len(about_scams) == 6
    for article in today:
        if article.slug in about_scams:
            html = LexborHTMLParser(visitor.page(NEWS, article.path).text)
            assert html.css_first("article .tac-gia") is not None
            assert html.css_first("article blockquote") is not None
            assert re.search("[Cc]ông an|Ngân hàng Nhà nước|cơ quan chức năng", article.body)
    assert not any(article.planted for article in today if not article.sponsored)


def test_clicks_pass_two_redirects(web: DemoWeb, visitor: Visitor) -> None:
    script = visitor.page("qc.mangquangcao.test", "/the.js").text
    assert "document.createElement" in script
    home = visitor.page(NEWS, "/").text
    frames = re.findall(r'<iframe src="(.*?)"', home)
    clicks = re.findall(r'"click": "(.*?)"', script)
    assert len(frames) >= 3
    assert len(clicks) >= 3
    for frame in frames:
        clicks += re.findall(r'<a href="(.*?)"', visitor.get(frame).text)
    assert all(urlsplit(click).hostname == "bam.mangquangcao.test" for click in clicks)
    landings = set()
    for click in clicks:
        first = visitor.get(click)
        second = visitor.get(first.headers["location"])
        assert (first.status_code, second.status_code) == (302, 302)
        assert urlsplit(first.headers["location"]).hostname == "theodoi.dolieuqc.test"
        landing = visitor.get(second.headers["location"])
        assert landing.status_code == 200
        landings.add(urlsplit(second.headers["location"]).hostname)
    assert {"nhasachlatre.test", "phanbonmanon.test", "vaycanhen247.test", "quytamvang.test"} <= landings


def test_channel_preview_is_plain_html_with_permalinks(visitor: Visitor) -> None:
    preview = LexborHTMLParser(visitor.page("kenhtin.test", "/s/sanviec").text)
    messages = preview.css(".tgme_widget_message")
    assert len(messages) == 10
    for message in messages:
        link = message.css_first("a.tgme_widget_message_date")
        text = message.css_first(".tgme_widget_message_text")
        assert link is not None
        assert text is not None
        single = visible(visitor.get(str(link.attributes["href"])).text)
        assert text.text().split("\n")[0][:60] in single


def test_social_page_shows_nothing_without_a_browser(visitor: Visitor) -> None:
    html = visitor.page("mangbanbe.test", "/trang/hoi-cho-viec").text
    assert "<noscript>" in html
    assert "VAY TIỀN" not in html
    paths = []
    endpoint: str | None = "/api/trang/hoi-cho-viec?tu=0"
    while endpoint:
        batch = visitor.page("mangbanbe.test", endpoint).json()
        paths += [post["duong_dan"] for post in batch["bai"]]
        endpoint = batch["tiep"]
    assert len(paths) == len(set(paths)) == 22


@pytest.mark.browser
def test_browser_sees_posts_grow_and_banners_appear(web: DemoWeb) -> None:
    chromium = find_chromium(None)
    assert chromium is not None, "no Chromium; run `luoitroi doctor`"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(chromium.executable),
            args=list(launch_arguments(host_addresses={"*.test": "127.0.0.1"})),
        )
        page = browser.new_page()
        page.goto(web.url("mangbanbe.test", "/trang/hoi-cho-viec"))
        page.wait_for_selector("article.bai-viet")
        counts = [page.locator("article.bai-viet").count()]
        for _ in range(6):
            page.evaluate("window.scrollTo(0, document.documentElement.scrollHeight)")
            page.wait_for_timeout(250)
            counts.append(page.locator("article.bai-viet").count())
        assert counts[0] < counts[-1] == 22
        page.goto(web.url("mangbanbe.test", "/bai/1029"))
        page.wait_for_selector("article.bai-viet")
        assert "0900 000 137" in page.inner_text("article.bai-viet .noi-dung")

        page.goto(web.url(NEWS), wait_until="networkidle")
        assert page.locator(".quang-cao a").count() >= 3
        assert "Lợi nhuận 30% mỗi tháng" in page.inner_text("aside")
        frames = [frame.url for frame in page.frames if "/khung/" in frame.url]
        assert len(frames) >= 3
        browser.close()


def test_windows_1258_pages_declare_it_and_read_back(visitor: Visitor) -> None:
    for host, path, words in (
        (NEWS, "/nguoi-sua-radio-cuoi-cung-pho-ben-do.html", "Người sửa radio cuối cùng ở phố Bến Đò"),
        ("trian-giolanh.test", "/nhan-thuong", "Chúc mừng quý khách đã trúng thưởng giải đặc biệt"),
    ):
        answer = visitor.page(host, path)
        assert "charset=windows-1258" in answer.headers["content-type"]
        assert b'charset="windows-1258"' in answer.content
        assert words in unicodedata.normalize("NFC", answer.content.decode("cp1258"))
        with pytest.raises(UnicodeDecodeError):
            answer.content.decode("utf-8")


def test_one_page_lies_about_its_charset(visitor: Visitor) -> None:
    answer = visitor.page(NEWS, "/phim-ngan-ve-nguoi-cheo-do-doat-giai.html")
    assert "charset=utf-8" in answer.headers["content-type"]
    assert "mái chèo" in unicodedata.normalize("NFC", answer.content.decode("cp1258"))


@pytest.mark.parametrize("text", ["Tiếng Việt: ẵm, nguyễn, ưỡn, Đắk, Ỷ lại, ĐỀN", "plain", "“lãi 2%” – 5 đồng"])
def test_windows_1258_keeps_vietnamese(text: str) -> None:
    assert unicodedata.normalize("NFC", windows_1258(text).decode("cp1258")) == text


def test_quirks_of_planted_pages(visitor: Visitor) -> None:
    loan = visitor.text("tindung-phatloc.test", "/vay-nhanh")
    assert unicodedata.is_normalized("NFD", loan)
    assert not unicodedata.is_normalized("NFC", loan)
    assert "Phí bảo hiểm khoản vay" in unicodedata.normalize("NFC", loan)

    refund = visitor.text("hoanthue-tructuyen.test", "/hoan-thue")
    assert "tài khoản tạm giữ" not in refund
    assert "tài khoản tạm giữ" in re.sub("[\u200b\u200c\u2060]", "", refund)
    assert "190000075582" in refund

    on_desktop = visitor.text("quatang-giolanh.test", "/qua")
    on_mobile = visitor.text("quatang-giolanh.test", "/qua", MOBILE)
    assert "trúng thưởng" in on_mobile
    assert "trúng thưởng" not in on_desktop
    assert "giấy dó" in on_desktop


def test_split_letters_leaves_tags_and_digits() -> None:
    marked = split_letters('<a href="http://quy.test/dautu">đầu tư 190000</a>')
    assert marked.startswith('<a href="http://quy.test/dautu">')
    assert "190000" in marked
    assert "đầu" not in marked


def test_broken_markup_leaves_tags_open(visitor: Visitor) -> None:
    for host, path in (
        (NEWS, "/bao-tang-tinh-trung-bay-mot-tram-cai-non-la.html"),
        ("phanbonmanon.test", "/"),
    ):
        html = visitor.page(host, path).text
        assert html.count("<p") > html.count("</p>") == 0
        assert "</html>" not in html
        assert len(visible(html)) > 500


def test_links_that_lead_to_no_article(visitor: Visitor) -> None:
    feed = feedparser.parse(visitor.page(NEWS, "/rss.xml").content)
    links = {urlsplit(entry.link).path: entry.link for entry in feed.entries}
    pdf = visitor.get(links["/tai-lieu/lich-thoi-vu-dong-xuan.pdf"])
    assert pdf.headers["content-type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF-1.")
    png = visitor.get(links["/do-hoa/ban-do-tuyen-duong"])
    assert png.headers["content-type"] == "image/png"
    assert png.content.startswith(b"\x89PNG")
    assert visitor.get(links["/tin-da-xoa.html"]).status_code == 404
    loop = visitor.get(visitor.get(links["/chuyen-de/vong-1"]).headers["location"])
    assert loop.headers["location"] == links["/chuyen-de/vong-1"]
    robots = visitor.page(NEWS, "/robots.txt").text
    assert "Disallow: /ban-in/" in robots
    assert "/ban-in/gia-lua" in links


def test_slow_page_keeps_waiting_and_holds_up_nobody(web: DemoWeb, visitor: Visitor) -> None:
    slow = next(article.path for article in articles() if "slow" in article.quirks)
    with pytest.raises(httpx.ReadTimeout):
        visitor.get(web.url(NEWS, slow), timeout=0.3)
    began = time.monotonic()
    assert visitor.page(NEWS, "/").status_code == 200
    assert time.monotonic() - began < 3


def test_feed_of_host_names_and_reported_links(web: DemoWeb, visitor: Visitor) -> None:
    lines = visitor.page("tenmienmoi.test", "/moi-nhat.txt").text.split()
    names = [line.removesuffix(f":{web.port}") for line in lines]
    assert tuple(names) == newly_seen(1)
    assert len(names) == len(set(names)) >= 300
    lookalikes = [name for name in names if "saomaiba" in name and name != "saomaibank.test"]
    assert sorted(visitor.page(name).status_code for name in lookalikes) == [200, 404, 404]

    rows = list(csv.DictReader(io.StringIO(visitor.page("tiepnhan.test", "/lien-ket.csv").text)))
    plain = visitor.page("tiepnhan.test", "/lien-ket.txt").text.splitlines()
    assert [row["url"] for row in rows] == [line for line in plain if not line.startswith("#")]
    assert all(row["note"] for row in rows)
    assert all(visitor.get(row["url"]).status_code == 200 for row in rows)
    assert web.url("trian-giolanh.test", "/nhan-thuong") in plain
    assert web.url("quatang-giolanh.test", "/qua") in visitor.page("tiepnhan.test", "/lien-ket-di-dong.txt").text


@pytest.mark.parametrize("visitor_on_day", [1], indirect=True)
def test_second_day_adds_edits_and_removes(visitor_on_day: tuple[Visitor, int]) -> None:
    visitor, _ = visitor_on_day
    web = visitor.web
    paid = "/dai-bang-bien-don-hang-han-quoc-luong-65-trieu.html"
    market = "/phien-cho-nong-san-cuoi-thang.html"
    listed_before = set(re.findall(r"<loc>(.*?)</loc>", visitor.page(NEWS, "/sitemap.xml").text))
    channel_before = visitor.page("kenhtin.test", "/s/sanviec").text.count('class="tgme_widget_message_wrap')
    assert "310 triệu đồng" in visitor.text(NEWS, market)
    assert "0900 000 137" in visitor.text("vaycanhen247.test")
    assert visitor.page(NEWS, paid).status_code == 200
    assert visitor.page("hacngocfx.test").status_code == 200
    assert visitor.page("mangbanbe.test", "/bai/1031").status_code == 404

    web.advance()
    listed = set(re.findall(r"<loc>(.*?)</loc>", visitor.page(NEWS, "/sitemap.xml").text))
    assert len(listed - listed_before) == 3
    assert listed_before - listed == {web.url(NEWS, paid)}
    assert visitor.page(NEWS, paid).status_code == 410
    assert visitor.page("hacngocfx.test").status_code == 404
    assert "365 triệu đồng" in visitor.text(NEWS, market)
    assert "0900 000 148" in visitor.text("vaycanhen247.test")
    assert visitor.page("mangbanbe.test", "/bai/1031").status_code == 200
    channel = visitor.page("kenhtin.test", "/s/sanviec").text.count('class="tgme_widget_message_wrap')
    assert channel == channel_before + 1
    assert planted(1) != planted(2)
    web.advance()
    assert web.day == 2


def test_planted_scams_are_there_and_speak_as_such(visitor_on_day: tuple[Visitor, int]) -> None:
    visitor, day = visitor_on_day
    handle = re.compile(r"0\d{3} 000 \d{3}|\d{12}|@\w+|OTP")
    for scam in planted(day):
        host, slash, path = scam.url_path.partition("/")
        if scam.kind == "host":
            assert visitor.page(host).status_code == 404
            assert host in newly_seen(day)
            continue
        answer = visitor.page(host, slash + path, MOBILE)
        if scam.kind == "advertisement":
            assert answer.status_code == 302
            continue
        if host == "mangbanbe.test":
            answer = visitor.page(host, f"/api{slash}{path}")
            assert handle.search(answer.text)
            continue
        assert answer.status_code == 200
        assert handle.search(unicodedata.normalize("NFC", visible(answer.text))), scam.url_path


@pytest.mark.parametrize("day", [1, 2])
def test_every_kind_of_scam_is_planted_more_than_once(day: int) -> None:
    kinds = Counter(scam.category for scam in planted(day))
    assert set(kinds) >= SCAM_KINDS
    assert min(kinds.values()) >= 2
    assert set(kinds) <= set(load_rules().categories)
    assert len({scam.url_path for scam in planted(day)}) == len(planted(day))


def test_is_same_looks_past_port_and_tracking() -> None:
    by_address = {scam.url_path: scam for scam in planted(1)}
    fund = by_address["quytamvang.test/"]
    assert is_same(fund, "http://quytamvang.test:8123/?ref=mqc-tam-vang")
    assert is_same(fund, "http://QuyTamVang.test")
    assert is_same(fund, "quytamvang.test")
    assert not is_same(fund, "http://quytamvang.test:8123/khac")
    advertisement = by_address["bam.mangquangcao.test/c?id=vay-canh-en"]
    assert is_same(advertisement, "http://bam.mangquangcao.test:8123/c?id=vay-canh-en")
    assert not is_same(advertisement, "http://bam.mangquangcao.test:8123/c?id=la-tre")


def test_contacts_join_planted_scams_into_campaigns(web: DemoWeb, visitor: Visitor) -> None:
    sites: dict[str, set[str]] = {}
    for document in web.documents():
        if document.truth is None or document.delay_seconds:
            continue
        path = f"/api{document.path}" if document.host == "mangbanbe.test" else document.path
        text = unicodedata.normalize("NFC", visitor.page(document.host, path, MOBILE).text)
        for telephone in re.findall(r"0(?!960)\d{3} 000 \d{3}", text):  # honest places have numbers under 0960
            sites.setdefault(telephone, set()).add(document.host)
    assert len(sites) == 5
    assert all(len(hosts) >= 2 for hosts in sites.values()), sites


def test_source_files_are_valid_and_lead_to_the_web(web: DemoWeb, visitor: Visitor, tmp_path: Path) -> None:
    written = web.write_sources(tmp_path / "sources")
    sources = load_sources([tmp_path / "sources"])
    assert len(sources) == len(written) == 8
    assert {source.kind for source in sources} == set(SourceKind)
    assert {source.render for source in sources} == {True, False}
    for source in sources:
        for address in source.start:
            assert visitor.get(address).status_code == 200, address


def test_no_real_company_is_named() -> None:
    with BUILT_IN_BRANDS.open(encoding="utf-8") as rows:
        companies = [row for row in csv.DictReader(rows) if row["sector"] not in ("government", "social")]
    assert len(companies) > 50
    names = {
        re.sub(r"[^a-z0-9]+", " ", fold_text(name)).strip()
        for row in companies
        for name in (row["id"], row["name"], *row["aliases"].split(";"), *row["official_domains"].split(";"))
    }
    known = "|".join(re.escape(name) for name in names if len(name) > 2)
    pattern = re.compile(rf"(?<![a-z0-9])(?:{known})(?![a-z0-9])")
    for file in Path(crawler.demo.__file__).parent.rglob("*"):
        if file.suffix in (".yaml", ".html", ".txt", ".csv", ".svg", ".js"):
            text = re.sub(r"[^a-z0-9]+", " ", fold_text(file.read_text("utf-8")))
            assert pattern.findall(text) == [], file


def test_invented_brands_are_listed_with_their_sites(web: DemoWeb) -> None:
    with (PACK / "brands.csv").open(encoding="utf-8") as rows:
        brands = list(csv.DictReader(rows))
    assert [brand["id"] for brand in brands] == ["saomaibank", "phusabank"]
    assert "saomaibank.test" in web.hosts()


def test_every_page_says_that_it_is_a_demonstration(web: DemoWeb) -> None:
    pages = [document for document in web.documents() if document.media_type.startswith("text/html") and document.body]
    assert len(pages) > 100
    english = NOTICE.rpartition("Demo page")[2].encode()
    for page in pages:
        assert english in page.body, page.path
