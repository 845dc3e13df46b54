"""A citizen's card stands on no page of the console whole."""

from __future__ import annotations

from tests.console.world import World, flagged, match_of

CARD = "4111 1111 1111 1111"
SHOWN = "4111 11xx xxxx 1111"
TEXT = f"Cập nhật thẻ ngay: số thẻ {CARD}, hết hạn 12/29. Gọi 0912 000 111 để mở khóa."


def test_a_card_is_masked_in_the_text_the_title_and_the_answers_of_a_search(world: World) -> None:
    hit_id = world.record(
        *flagged("https://the.top/", f"Thẻ {CARD} bị khóa", TEXT, matches=(match_of(TEXT, f"số thẻ {CARD}"),))
    )
    world.deliver()
    client = world.signed_in()
    for address in (f"/hits/{hit_id}", f"/hits/{hit_id}?text=whole", "/hits?q=cập+nhật+thẻ", "/hits?q=khóa", "/hits"):
        page = client.get(address).text
        assert SHOWN in page.replace("<mark>", "").replace("</mark>", ""), address
        assert "1111 1111" not in page, address
    assert "0912 000 111" in client.get(f"/hits/{hit_id}").text
