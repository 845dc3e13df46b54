"""Public social pages end to end: channel previews in plain HTML, script-made pages that grow, and login walls."""

from __future__ import annotations

import pytest

from tests.crawler.installation import Installation
from tests.crawler.site import LOAN_SCAM, Site, scam


def telegram(*posts: str) -> str:
    shown = "".join(
        f"<div class='tgme_widget_message' data-post='kenh/{number}'><div class='tgme_widget_message_text'>{post}</div>"
        f"<a class='tgme_widget_message_date' href='https://t.me/kenh/{number}'>10:00</a></div>"
        for number, post in enumerate(posts, 1)
    )
    return f"<html><head><title>Kênh – Telegram</title></head><body>{shown}</body></html>"


def test_channel_previews_in_plain_html(web: Site, installation: Installation) -> None:
    landing = web.page("vay-kenh.vn", "/", scam("Trang vay"))
    web.page("nhom.vn", "/", scam("Không tới"))
    posts = (
        f"{LOAN_SCAM}<br>Đăng ký: <a href='{landing}'>tại đ<b>â</b>y</a>, "
        "nhóm <a href='https://t.me/nhom'>Telegram</a>",
        "Chúc bà con buổi sáng tốt lành.",
        "",
    )
    channel = web.page("kenh.test", "/s/kenh", telegram(*posts))
    web.page("wall.test", "/page", "<title>Đăng nhập</title><form action=/login><input type=password name=p></form>")
    web.redirect("moved.test", "/page", web.url("moved.test", "/login/?next=page"))
    web.page("moved.test", "/login/", "<title>Mạng</title><p>Đăng nhập để xem tiếp")
    web.page("quiet.test", "/page", "<title>Trang</title><p>Chưa có gì")
    others = [web.url(host, "/page") for host in ("wall.test", "moved.test", "quiet.test")]
    crawl = installation.crawl(installation.source("kenh", "social", channel, *others))
    kinds = {failure.url.split("/")[2].partition(":")[0]: failure.kind for failure in crawl.failures}
    assert kinds == {"wall.test": "login_wall", "moved.test": "login_wall", "quiet.test": "no_posts"}
    assert crawl.exit_status == 3
    hits = {hit.page_kind: hit for hit in installation.hits()}
    assert len(installation.hits()) == 2
    post = hits["post"]
    assert post.url == "https://t.me/kenh/1"
    assert "tại đây" in post.text
    assert post.referrer_url == channel
    assert hits["landing"].url == landing
    assert crawl.run is not None
    assert crawl.run.counts.pages == 3


def test_a_source_that_does_not_follow_reads_the_posts_alone(web: Site, installation: Installation) -> None:
    landing = web.page("khong-toi.vn", "/", scam())
    html = f"<div class=p id=b7>{LOAN_SCAM}<a href='{landing}'>x</a></div>"
    page = web.page("trang.test", "/", html)
    name = installation.source("trang", "social", page, follow=False, selectors={"post": ".p", "post_text": ".khong"})
    assert installation.crawl(name).exit_status == 0
    (hit,) = installation.hits()
    assert hit.url == f"{page}#b7"
    assert web.paths("khong-toi.vn") == []


@pytest.mark.browser
def test_script_made_pages_grow_as_they_are_scrolled(web: Site, installation: Installation) -> None:
    web.page(
        "mang.test",
        "/trang",
        f"""<title>Mạng</title><div id=posts></div><script>
        let shown = 0;
        function more() {{
          for (let i = 0; i < 3 && shown < 12; i++, shown++) {{
            const post = document.createElement('article');
            post.className = 'bai';
            post.style.minHeight = '500px';
            post.innerHTML = `<div class=noi-dung>${{shown === 11 ? {LOAN_SCAM!r} : 'Bài thứ ' + shown}}</div>` +
              `<a class=luc href='/bai/${{shown}}'>lúc</a>`;
            document.getElementById('posts').append(post);
          }}
        }}
        more();
        addEventListener('scroll', () => {{
          if (scrollY + innerHeight > document.documentElement.scrollHeight - 200) more();
        }});
        </script>""",
    )
    selectors = {"post": "article.bai", "post_text": ".noi-dung", "post_link": "a.luc"}
    for name, scrolls in (("short", 0), ("long", 8)):
        installation.source(
            name, "social", web.url("mang.test", "/trang"), render=True, selectors=selectors, scrolls=scrolls
        )
    runs = [(name, installation.start("crawler.process", name)) for name in ("short", "long")]
    short, long = (installation.finish(process, name) for name, process in runs)
    assert short.run is not None
    assert long.run is not None
    assert (short.exit_status, short.run.counts.pages, short.run.counts.hits_new) == (0, 3, 0)
    assert (long.exit_status, long.run.counts.pages, long.run.counts.hits_new) == (0, 12, 1)
    assert long.run.counts.rendered == 12
    (hit,) = installation.hits()
    assert hit.url == web.url("mang.test", "/bai/11")
    assert hit.is_rendered
