"""The page limit: so many pages are asked for, and what was left out is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from search.runs import RunState
from tests.crawler.installation import Installation
from tests.crawler.site import serving


def test_a_source_s_limit_bounds_what_is_asked_for_dead_links_included(tmp_path: Path) -> None:
    with serving() as web:
        installation = Installation(tmp_path / "installation")
        links = "".join(f"<url><loc>{web.url('bao.test', f'/{number}')}</loc></url>" for number in range(300))
        web.page("bao.test", "/sitemap.xml", f"<urlset>{links}</urlset>", "application/xml")
        name = installation.source("bao", "news", web.url("bao.test", "/sitemap.xml"), limits={"pages": 5})
        crawl = installation.crawl(name)
    assert crawl.run.state is RunState.FAILED
    assert crawl.run.failures == {"http_404": 5, "limit_reached": 295}
    assert len([failure for failure in crawl.failures if failure.kind == "limit_reached"]) <= 201


@pytest.mark.parametrize("asked", [None, 3])
def test_names_that_are_not_visited_have_no_limit_but_the_one_asked_for(tmp_path: Path, asked: int | None) -> None:
    installation = Installation(tmp_path / "installation")
    names = "".join(f"vietcombank-dangnhap-{number}.top\n" for number in range(12))
    (installation.folder / "sources" / "names.txt").write_text(names, "utf-8")
    name = installation.source("names", "domains", "names.txt", limits={"pages": 5}, follow=False)
    crawl = installation.crawl(name, *([] if asked is None else ["--limit", str(asked)]))
    assert crawl.exit_status == 0
    assert crawl.run.counts.pages == (asked or 12)
