"""Accounts of networks and messengers, by link and by name."""

from __future__ import annotations

import pytest

from tests.matchers.identifiers.material import found, values


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("zalo.me/84918759421", "zalo", "+84918759421"),
        ("https://zalo.me/0918759421", "zalo", "+84918759421"),
        ("https://zalo.me/1234567890123456789", "zalo", "1234567890123456789"),
        ("vào nhóm https://zalo.me/g/AbCdef123", "zalo", "g/abcdef123"),
        ("https://chat.zalo.me/?phone=1 zalo.me/pc/0918759421", "zalo", "+84918759421"),
        ("Zalo: 0708922540", "zalo", "+84708922540"),
        ("t.me/VayNhanh24h", "telegram", "vaynhanh24h"),
        ("https://t.me/s/VayNhanh24h/12", "telegram", "vaynhanh24h"),
        ("telegram.me/VayNhanh24h", "telegram", "vaynhanh24h"),
        ("https://t.me/+AbCdEfGhIjKlMnOp", "telegram", "+AbCdEfGhIjKlMnOp"),
        ("https://t.me/joinchat/AbCdEfGhIjKlMnOp", "telegram", "+AbCdEfGhIjKlMnOp"),
        ("tele: @HoTroVay", "telegram", "hotrovay"),
        ("Telegram - @ho_tro_vay", "telegram", "ho_tro_vay"),
        ("https://www.facebook.com/vay.nhanh.uytin", "facebook", "vay.nhanh.uytin"),
        ("fb.com/vaynhanh", "facebook", "vaynhanh"),
        ("https://m.facebook.com/profile.php?id=100012345678901", "facebook", "100012345678901"),
        ("facebook.com/profile.php?locale=vi_VN&id=100012345678901", "facebook", "100012345678901"),
        ("https://facebook.com/groups/1234567890", "facebook", "groups/1234567890"),
        ("https://facebook.com/people/Vay-Nhanh/100012345678901/", "facebook", "100012345678901"),
        ("https://facebook.com/p/Vay-Nhanh-24h-61550000000000/", "facebook", "61550000000000"),
        ("https://facebook.com/pages/Vay/123456789012", "facebook", "123456789012"),
        ("m.me/vaynhanh", "facebook", "vaynhanh"),
        ("https://www.messenger.com/t/vaynhanh", "facebook", "vaynhanh"),
        ("https://www.tiktok.com/@vay.nhanh24h?lang=vi", "tiktok", "vay.nhanh24h"),
        ("TikTok: @Vay_Nhanh", "tiktok", "vay_nhanh"),
        ("https://youtube.com/@VayNhanh", "youtube", "vaynhanh"),
        ("https://www.youtube.com/channel/UC1234567890abcdefghijkl", "youtube", "UC1234567890abcdefghijkl"),
        ("https://www.youtube.com/c/VayNhanh", "youtube", "c/vaynhanh"),
        ("wa.me/84988123456", "whatsapp", "+84988123456"),
        ("https://api.whatsapp.com/send?text=a&phone=+855961234567", "whatsapp", "+855961234567"),
        ("https://chat.whatsapp.com/AbCdEfGhIjKlMnOpQrStUv", "whatsapp", "g/AbCdEfGhIjKlMnOpQrStUv"),
        ("viber://chat?number=%2B84988123456", "viber", "+84988123456"),
        ("WeChat ID: vay_nhanh88", "wechat", "vay_nhanh88"),
        ("WeChat: vaynhanh88", "wechat", "vaynhanh88"),
        ("Line ID: @vaynhanh", "line", "vaynhanh"),
        ("LINE: vay.nhanh88", "line", "vay.nhanh88"),
        ("https://line.me/ti/p/~vaynhanh", "line", "vaynhanh"),
        ("https://lin.ee/AbCdEfG", "line", "lin.ee/AbCdEfG"),
        ("Kakaotalk ID vaynhanh88", "kakaotalk", "vaynhanh88"),
        ("https://open.kakao.com/o/sAbCdEf", "kakaotalk", "o/sAbCdEf"),
        ("http://online.gov.vn/Home/WebDetails/12345", "trade_notice", "webdetails/12345"),
        ("online.gov.vn/(X(1)S(abc))/Home/WebDetails/12345?a", "trade_notice", "webdetails/12345"),
    ],
)
def test_each_form(text: str, kind: str, value: str) -> None:
    assert values(kind, text) == {value}


@pytest.mark.parametrize(
    "text",
    [
        "https://www.facebook.com/sharer/sharer.php?u=x",
        "https://facebook.com/watch/?v=1 https://facebook.com/story.php?id=1",
        "https://www.facebook.com/tr?id=1&ev=PageView",
        "https://t.me/share/url?url=x",
        "https://notfacebook.com/vaynhanh",
        "https://get.me/vaynhanh start.me/vaynhanh",
        "họp online: 2024abc, deadline: thang12, hotline: abc123",
        "WeChat: liên hệ, wechat rất tiện, trên WeChat: nhantin",
        "youtube.com/watch?v=dQw4w9WgXcQ",
        "tiktok.com/foryou",
        "bài của @nguyenvana trên mạng",
        "email tele@vaynhanh.vn",
        "kakaotalk là ứng dụng của Hàn Quốc",
    ],
)
def test_what_names_nobody(text: str) -> None:
    assert not {one for one in found(text) if one[0] != "email"}


def test_who_has_an_account_by_number_has_the_number() -> None:
    assert found("wa.me/84988123456") == {("whatsapp", "+84988123456"), ("phone", "+84988123456")}
