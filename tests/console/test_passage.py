import re

import pytest

from console.queue import PASSAGE_CHARACTERS
from matchers.match import Severity
from search.captures import ShownPage, captures_of, finish_capture
from search.hits import load_hits
from search.language.query import parse
from search.passages import found_in
from tests.console.world import World, flagged


def shown(pieces: tuple[object, ...]) -> str:
    """Pieces as text, the marks within brackets."""
    return "".join(f"[{piece.text}]" if piece.is_marked else piece.text for piece in pieces)  # type: ignore[attr-defined]


def passages(world: World, asked: str, hit_id: int) -> dict[str, str]:
    """What the line of a hit shows of a search, the title among it."""
    (found,) = found_in(world.records, parse(asked), load_hits(world.records, [hit_id]), PASSAGE_CHARACTERS)
    return {"title": shown(found.title)} | {passage.field: shown(passage.pieces) for passage in found.passages}


def captured(world: World, url: str, text: str, shows: str) -> int:
    """A hit whose capture shows more than its text."""
    hit_id = world.record(*flagged(url, "Trang mẫu", text, severity=Severity.CRITICAL))
    (job,) = captures_of(world.records, hit_id)
    finish_capture(world.records, job.id, "e" * 16, ShownPage(shows, 0))
    world.deliver()
    return hit_id


def test_words_are_marked_as_the_page_wrote_them(world: World) -> None:
    assert passages(world, "vay nhanh the chap", 1) == {
        "title": "[Vay] [nhanh] 24h",
        "text": "[Vay] tiền [nhanh] trong 5 phút, không cần [thế] [chấp]. Gọi ngay 0912 000 111 để giải ngân.",
    }


def test_a_search_without_words_has_no_passage(world: World) -> None:
    assert passages(world, "category:loan_credit -báo", 1) == {"title": "Vay nhanh 24h"}


def test_an_address_is_shown_where_only_it_holds_the_word_and_is_no_address_any_more(world: World) -> None:
    assert passages(world, "vay-nhanh.top", 1)["url"] == "hxxps://[vay-nhanh[.]top]/dang-ky?goi=1"
    assert "url" not in passages(world, "vay", 1)
    assert passages(world, "https", 1)["url"].startswith("[hxxps]://")


def test_a_contact_is_shown_where_only_it_holds_the_word(world: World) -> None:
    assert passages(world, "84912000111", 1)["identifiers"] == "+[84912000111]"


def test_a_long_text_is_cut_around_its_words(world: World) -> None:
    hit_id = world.record(*flagged("https://dai.top/", "Dài", "mở đầu " * 5000 + "trúng thưởng lớn" + " kết" * 5000))
    (found,) = found_in(world.records, parse("trung thuong"), load_hits(world.records, [hit_id]), PASSAGE_CHARACTERS)
    (passage,) = found.passages
    assert "[trúng] [thưởng] lớn" in shown(passage.pieces)
    assert len(shown(passage.pieces)) <= PASSAGE_CHARACTERS + 4
    assert passage.is_cut_before and passage.is_cut_after


def test_a_word_of_the_evidence_alone_is_said_to_be_there(world: World) -> None:
    hit_id = captured(world, "https://nap-tien.top/", "Trang chủ", "Trang chủ\nNạp 200.000đ để rút thưởng")
    assert passages(world, "rut thuong", hit_id)["evidence"] == "Nạp 200.000đ để [rút] [thưởng]"
    page = world.signed_in().get("/hits", params={"q": "rut thuong"}).text
    assert re.search(
        r'<b class="where">trong bằng chứng:</b> Nạp 200\.000đ để <mark>rút</mark> <mark>thưởng</mark>', page
    )
    assert "in the evidence:" in world.signed_in().get("/hits", params={"q": "rut thuong", "lang": "en"}).text


@pytest.mark.parametrize("attack", ["\u202e", "\u2066", "\x1b", "\x9b"])
def test_what_reorders_letters_is_shown_for_what_it_is_and_moves_no_mark(world: World, attack: str) -> None:
    text = f"{attack}mở {attack}đầu{attack} vay{attack} tiền <b>nhanh</b> {attack}"
    hit_id = world.record(*flagged("https://dao.top/", f"{attack}Vay {attack}tiền", text))
    found = passages(world, "tien nhanh", hit_id)
    assert found["title"] == "\ufffdVay \ufffd[tiền]"
    assert "[tiền] <b>[nhanh]</b>" in found["text"]
    world.deliver()
    page = world.signed_in().get("/hits", params={"q": "tien nhanh"}).text
    assert attack not in page
    assert "<mark>tiền</mark> &lt;b&gt;<mark>nhanh</mark>&lt;/b&gt;" in page


def test_a_disguised_word_is_marked_whole(world: World) -> None:
    hit_id = world.record(*flagged("https://an.top/", "Ẩn", "xin l.ừ.a đ\u200bảo nhé"))
    assert passages(world, "lua dao", hit_id)["text"] == "xin [l.ừ.a] [đ\u200bảo] nhé"


def test_the_lines_of_a_queue_carry_them_as_json(world: World) -> None:
    hits = world.signed_in().get("/hits", params={"q": "vay nhanh", "format": "json"}).json()["hits"]
    assert hits[0]["title_pieces"][0] == {"text": "Vay", "is_marked": True}
    assert hits[0]["passages"][0]["field"] == "text"
