"""What a page held beside its text comes back as it went, whatever it held."""

from __future__ import annotations

from dataclasses import replace

from matchers.page import Form, Link, Picture, PictureCode, PictureLine, PictureLink, PictureRole
from search.hits import load_hit
from search.records import Records
from search.seen import MAX_LINKS, seen_page
from search.tables import HitRow
from tests.search.material import page, record

PICTURE = Picture(
    url="https://vay.top/quang-cao.png",
    role=PictureRole.CREATIVE,
    sha256="ab" * 32,
    width=640,
    height=480,
    fingerprint=2**63 + 5,
    lines=(PictureLine("Vay nhanh 5 phút", (10, 20, 300, 60), 0.93),),
    codes=(PictureCode("https://vay.top/x", (400, 100, 500, 200)),),
)


def test_a_hit_gives_back_the_page_that_was_judged(records: Records) -> None:
    seen = replace(
        page("https://vay.top/"),
        requested_url="https://vay.top/a",
        status=203,
        links=tuple(Link(f"https://vay.top/{number}", "xem") for number in range(MAX_LINKS)),
        contacts=("tel:0988000111",),
        forms=(Form("https://vay.top/gui", has_password=True, fields=("user", "otp")),),
        facts={"site_name": "Vay"},
        picture_links=(PictureLink("https://vay.top/logo.png", PictureRole.LOGO, "Vay"),),
        pictures=(PICTURE,),
    )
    hit_id = record(records, seen).hit_id
    with records.read() as session:
        assert seen_page(session.get_one(HitRow, hit_id)) == seen
    hit = load_hit(records, hit_id)
    assert hit is not None
    assert hit.pictures == (PICTURE,)


def test_what_no_database_takes_is_replaced_and_links_are_bounded(records: Records) -> None:
    odd = replace(
        page("https://vay.top/"),
        links=tuple(Link(f"https://vay.top/{number}\x00") for number in range(MAX_LINKS + 50)),
        facts={"byline": "\ud800"},
    )
    hit_id = record(records, odd).hit_id
    with records.read() as session:
        back = seen_page(session.get_one(HitRow, hit_id))
    assert len(back.links) == MAX_LINKS
    assert back.links[0].url == "https://vay.top/0\ufffd"
    assert back.facts == {"byline": "\ufffd"}
