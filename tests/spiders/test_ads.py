"""Advertisements end to end: slots, frames, script banners, their creatives and where they lead."""

from __future__ import annotations

import pytest

from spiders.ads import headline
from tests.crawler.installation import Installation
from tests.crawler.site import LOAN_SCAM, Site, scam
from tests.matchers.pictures import drawing

TEXT = "Đặt báo, đặt tin theo giá niêm yết. " * 5


def lay_out(web: Site, prefix: str) -> dict[str, str]:
    """A page with an advertisement of every make on it, each leading to a scam of its own; name → landing address."""
    landings = {
        name: web.page(f"{prefix}-{name}.vn", "/vay", scam(f"Vay {name}", f"{LOAN_SCAM} Gói {name}."))
        for name in ("slot", "frame", "inner", "third", "banner", "sponsored", "hops")
    }
    network = f"{prefix}-network.test"
    for number, name in enumerate(("click", "count")):
        onward = web.url(network, "/count") if number == 0 else landings["hops"]
        web.redirect(network, f"/{name}", onward)
    for host, path in ((network, "/b.png"), (f"{prefix}-bao.test", "/a.png")):
        web.page(host, path, drawing.encoded(drawing.qr_code(f"https://{prefix}.vn{path}")), "image/png")
    web.page(network, "/frame", f"<a href='{landings['frame']}'><img alt='Vay khung'></a>")
    web.page(network, "/outer", f"<iframe src='{web.url(network, '/inner')}'></iframe>")
    web.page(network, "/inner", f"<a href='{landings['inner']}'>V<b>a</b>y trong</a>")
    web.page(network, "/third", f"<a href='{landings['third']}'>Vay ngoài</a>")
    web.page("www.youtube.vn", "/embed", f"<a href='{web.url('khong-phai.vn')}'>Video</a>")
    web.page(
        f"{prefix}-bao.test",
        "/",
        f"<html><base href='{web.url(f'{prefix}-bao.test')}'><title>Báo</title><p>{TEXT}</p>"
        f"<div class='quang-cao'><a href='{landings['slot']}'>V<i>a</i>y nh<b>a</b>nh "
        "<img src=a.png alt='nợ xấu'></a></div>"
        f"<div id=admzone1><iframe src='{web.url(network, '/frame')}'></iframe></div>"
        f"<ins class=adsbygoogle><iframe src='{web.url(network, '/outer')}'></iframe></ins>"
        f"<iframe src='{web.url(network, '/third')}'></iframe>"
        f"<a href='{landings['banner']}'><img src='{web.url(network, '/b.png')}' alt='Vay biển'></a>"
        f"<a rel='sponsored' href='{landings['sponsored']}'>Vay tài trợ</a>"
        f"<div class=ads><a href='{web.url(network, '/click')}'>Vay vòng</a></div>"
        f"<a href='{web.url('doi-tac.vn')}'>Đối tác</a><a href='/muc/'><img alt='mục'></a>"
        "<div class=quang-cao><a href='javascript:void(0)'>x</a><a href='tel:0912345678'>y</a></div></html>",
    )
    return landings


def test_advertisements_in_plain_markup(web: Site, installation: Installation) -> None:
    landings = lay_out(web, "plain")
    web.page("plain-none.test", "/", f"<p>{TEXT}</p>")
    name = installation.source("plain", "ads", web.url("plain-bao.test"), web.url("plain-none.test"))
    crawl = installation.crawl(name)
    assert {failure.kind for failure in crawl.failures} == {"no_ads"}
    assert crawl.urls("no_ads") == [web.url("plain-none.test")]
    hits = {hit.url: hit for hit in installation.hits() if hit.page_kind == "landing"}
    assert set(hits) == set(landings.values())
    hops = hits[landings["hops"]]
    assert hops.redirect_chain == (web.url("plain-network.test", "/click"), web.url("plain-network.test", "/count"))
    assert hops.referrer_url == web.url("plain-bao.test")
    assert web.paths("doi-tac.vn") == []
    asked = {seen.path: seen.headers for seen in web.seen if seen.path.endswith(".png")}
    assert set(asked) == {"/a.png", "/b.png"}
    assert {headers["Referer"] for headers in asked.values()} == {web.url("plain-bao.test")}

    tried = installation.crawl(name, "--dry-run")
    creatives = {event["url"]: event for event in tried.events if event.get("kind") == "advertisement"}
    assert creatives[landings["slot"]]["beginning"] == "Vay nhanh\nnợ xấu"
    assert creatives[landings["inner"]]["beginning"] == "Vay trong"
    assert len(creatives) == len(landings)


@pytest.mark.browser
def test_advertisements_in_the_browser(web: Site, installation: Installation) -> None:
    landings = lay_out(web, "shown")
    landings["script"] = web.page("shown-script.vn", "/vay", scam("Vay kịch bản", f"{LOAN_SCAM} Gói kịch bản."))
    landings["late"] = web.page("shown-late.vn", "/vay", scam("Vay muộn", f"{LOAN_SCAM} Gói muộn."))
    banner = f"<a href={landings['script']}><img alt=Vay></a>"
    late = f"<a href={landings['late']}>Vay muộn</a>"
    script = (
        f"<div id=cho></div><div style='height:3000px'></div><div id=xa class=banner-ad></div><script>"
        f"setTimeout(() => document.getElementById('cho').innerHTML = `{banner}`, 150);"
        f"addEventListener('scroll', () => document.getElementById('xa').innerHTML = `{late}`);"
        f"window.open('{web.url('popup.vn')}'); alert('x');</script>"
    )
    web.page("shown-more.test", "/", f"<p>{TEXT}</p>{script}")
    web.page("shown-robots.test", "/robots.txt", "User-agent: *\nDisallow: /", "text/plain")
    starts = [web.url(f"shown-{name}.test") for name in ("bao", "more", "robots")]
    crawl = installation.crawl(installation.source("shown", "ads", *starts, render=True))
    assert [failure.kind for failure in crawl.failures] == ["robots_denied"]
    hits = {hit.url for hit in installation.hits() if hit.page_kind == "landing"}
    assert hits == set(landings.values())
    assert crawl.run is not None
    assert crawl.run.counts.rendered > len(landings)


def test_only_the_operators_slots_count_where_there_are_some(web: Site, installation: Installation) -> None:
    landings = lay_out(web, "chosen")
    name = installation.source(
        "chosen", "ads", web.url("chosen-bao.test"), selectors={"ad_slot": "#admzone1, .ads"}, follow=True
    )
    crawl = installation.crawl(name)
    assert crawl.exit_status == 0
    hits = {hit.url for hit in installation.hits() if hit.page_kind == "landing"}
    assert hits == {landings["frame"], landings["hops"]}


def test_a_creative_is_called_by_what_it_says_and_not_by_its_mark() -> None:
    assert headline("Quảng cáo\nVay tiền nhanh, chỉ cần căn cước\nMở hồ sơ") == "Vay tiền nhanh, chỉ cần căn cước"
    assert headline("QUẢNG CÁO\n\n") == ""
