import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

import pytest
from babel.messages import pofile
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir

from console import labels
from console.language import DOMAIN, LOCALE, TRANSLATIONS, Language, age, moment, translate
from tests.console.world import World

PO = LOCALE / "vi" / "LC_MESSAGES" / f"{DOMAIN}.po"
REMEDY = "; see console/locale/README.md"


def texts(message: str | Iterable[str]) -> list[str]:
    """The one text of a message, or those for one and for many."""
    return [message] if isinstance(message, str) else list(message)


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    with PO.open("rb") as file:
        return pofile.read_po(file, locale="vi")


@pytest.fixture(scope="module")
def used() -> set[str]:
    """Every message that code and templates use."""
    found = extract_from_dir(
        LOCALE.parent,
        method_map=[("**/templates/**.html", "jinja2"), ("**.py", "python")],
        options_map={"**/templates/**.html": {"silent": "false"}},
        keywords={**DEFAULT_KEYWORDS, "mark": None, "_unit": (2, 3)},
    )
    return {texts(message)[0] for _, _, message, _, _ in found}


def test_every_message_has_both_languages(catalogue: Catalog, used: set[str]) -> None:
    known = {texts(message.id)[0]: message for message in catalogue if message.id}
    assert used - set(known) == set(), "not in the catalogue" + REMEDY
    assert set(known) - used == set(), "nowhere used" + REMEDY
    assert [key for key, message in known.items() if not all(texts(message.string))] == [], "no Vietnamese" + REMEDY
    assert [key for key, message in known.items() if message.fuzzy] == []


def test_both_languages_fill_in_the_same_things(catalogue: Catalog) -> None:
    for message in catalogue:
        if message.id:
            both = (*texts(message.id), *texts(message.string))
            assert len({tuple(sorted(re.findall(r"%\((\w+)\)", text))) for text in both}) == 1, message.id


def test_what_is_read_is_what_was_written(catalogue: Catalog) -> None:
    held = TRANSLATIONS[Language.VIETNAMESE]
    for message in catalogue:
        if message.id:
            one, *many = texts(message.id)
            read = held.ngettext(one, many[0], 2) if many else held.gettext(one)
            assert read == texts(message.string)[0], "the .mo is older than the .po" + REMEDY


def test_every_label_is_translated() -> None:
    proper_names = {"Zalo", "Telegram", "Facebook", "TikTok", "WhatsApp", "Viber", "WeChat", "LINE", "KakaoTalk"}
    tables = [table for name, table in vars(labels).items() if name.isupper() and isinstance(table, Mapping)]
    for message in {message for table in tables for message in table.values()} - proper_names:
        assert translate(Language.VIETNAMESE, message) != message, message


def test_vietnamese_first_english_by_a_switch_that_is_remembered(world: World) -> None:
    client = world.signed_in()
    page = client.get("/hits")
    assert '<html lang="vi">' in page.text and "Hàng đợi" in page.text
    assert "Cho vay trái phép" in page.text
    english = client.get("/hits?lang=en&status=new")
    assert '<html lang="en">' in english.text and "Queue" in english.text
    assert "Illegal lending" in english.text and "Signs of illegal lending" in english.text
    assert 'href="/hits?status=new&amp;lang=vi"' in english.text
    assert "Why it was flagged" in client.get("/hits/1").text
    assert "Vì sao bị đánh dấu" in client.get("/hits/1?lang=vi").text
    assert "Vì sao bị đánh dấu" in client.get("/hits/1?lang=xx").text


def test_the_login_can_be_switched_too(world: World) -> None:
    assert "Sign in" in world.client().get("/login?lang=en").text


def test_times_are_those_of_vietnam() -> None:
    at = datetime(2026, 11, 24, 20, 5, tzinfo=UTC)
    assert moment(Language.VIETNAMESE, at) == "03:05 25/11/2026"
    assert moment(Language.ENGLISH, at) == "25 Nov 2026, 03:05"


@pytest.mark.parametrize(
    ("passed", "vietnamese", "english"),
    [
        (timedelta(seconds=5), "vừa xong", "just now"),
        (timedelta(minutes=1), "1 phút trước", "1 minute ago"),
        (timedelta(hours=3, minutes=59), "3 giờ trước", "3 hours ago"),
        (timedelta(days=40), "40 ngày trước", "40 days ago"),
        (-timedelta(minutes=20), "sau 20 phút nữa", "in 20 minutes"),
        (-timedelta(seconds=5), "ngay bây giờ", "in a moment"),
    ],
)
def test_ages(passed: timedelta, vietnamese: str, english: str) -> None:
    now = datetime(2026, 11, 24, 20, 5, tzinfo=UTC)
    assert age(Language.VIETNAMESE, now - passed, now) == vietnamese
    assert age(Language.ENGLISH, now - passed, now) == english
