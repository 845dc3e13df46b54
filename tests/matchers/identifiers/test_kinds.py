"""No kind of identifier is unknown anywhere: search, campaigns, console and documents all have it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from console import labels
from console.language import Language, translate
from matchers.identifiers.kinds import KINDS, Kind
from matchers.match import Identifier
from search.campaigns.ties import TIE_KINDS, Tie, sentences, tie_of
from search.indexes.embedded import EmbeddedIndex
from search.language.grammar import LABELS
from search.language.query import parse
from tests.search.material import document

DOCS = Path(__file__).parents[3] / "docs"
VALUES = {
    "phone": "+84988123456",
    "bank_account": "VIETCOMBANK:0071000999888",
    "card": "970436xxxxxx7890",
    "wallet": "TRON:TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t",
    "merchant": "VNPAY:0102030405",
    "email": "vay@nhanh.vn",
    "tax_code": "0100112437",
    "licence": "12/GP-NHNN",
    "trade_notice": "webdetails/12345",
}


def value_of(kind: str) -> str:
    return VALUES.get(kind, "vaynhanh")


@pytest.fixture
def index(tmp_path: Path) -> Iterator[EmbeddedIndex]:
    opened = EmbeddedIndex(tmp_path / "index.db")
    yield opened
    opened.close()


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
class TestKind:
    """What holds of each kind."""

    def test_the_console_names_it_in_both_languages(self, kind: Kind) -> None:
        name = labels.IDENTIFIER_KINDS[kind.id]
        assert labels.TIE_KINDS[kind.id] == name
        assert translate(Language.ENGLISH, name)
        assert translate(Language.VIETNAMESE, name)

    def test_a_query_finds_it_by_its_field(self, kind: Kind, index: EmbeddedIndex) -> None:
        assert kind.field in LABELS
        value = value_of(kind.id)
        index.put([document(1, identifiers=(Identifier(kind.id, value),)), document(2)])
        assert index.search(parse(f'{kind.field}:"{value}"')).ids == (1,)
        assert index.search(parse(f"{kind.field}:{value[:3]}*")).ids == (1,)

    def test_it_ties_and_says_so(self, kind: Kind) -> None:
        tie = tie_of(kind.id, value_of(kind.id))
        assert tie == Tie(kind.id, value_of(kind.id))
        assert kind.id in TIE_KINDS
        vietnamese, english = sentences(tie, 2)
        assert kind.name_vi in vietnamese
        assert kind.name_en in english

    def test_the_documents_name_it(self, kind: Kind) -> None:
        assert f"`{kind.field}:" in (DOCS / "search.md").read_text("utf-8")
        assert f"`{kind.id}`" in (DOCS / "campaigns.md").read_text("utf-8")


def test_no_table_knows_a_kind_that_is_none() -> None:
    assert set(labels.IDENTIFIER_KINDS) == set(KINDS)
    assert set(labels.TIE_KINDS) == set(TIE_KINDS)
    assert set(VALUES) <= set(KINDS)


def test_a_card_is_asked_for_whole_and_found_by_what_is_kept(index: EmbeddedIndex) -> None:
    index.put([document(1, identifiers=(Identifier("card", "970436xxxxxx7890"),))])
    for written in ("card:9704361234567890", 'card:"9704 3612 3456 7890"', "card:970436*", "card:970436xxxxxx7890"):
        assert index.search(parse(written)).ids == (1,)
    assert tie_of("card", "9704 3612 3456 7890") == Tie("card", "970436xxxxxx7890")


def test_accounts_of_a_number_are_asked_for_as_it_is_dialled(index: EmbeddedIndex) -> None:
    accounts = (Identifier("whatsapp", "+84988123456"), Identifier("zalo", "1570758701534064697"))
    index.put([document(1, identifiers=accounts)])
    for written in ("whatsapp:0988123456", 'whatsapp:"0988 123 456"', "whatsapp:0988*", "zalo:15707587*"):
        assert index.search(parse(written)).ids == (1,)


def test_a_messenger_by_number_is_that_number_and_names_take_capitals() -> None:
    phone = Tie("phone", "+84988123456")
    assert {tie_of(kind, "0988 123 456") for kind in ("zalo", "telegram", "whatsapp", "viber", "wechat")} == {phone}
    assert tie_of("tiktok", "VayNhanh") == Tie("tiktok", "vaynhanh")
    assert tie_of("telegram", "+AbCdEf") == Tie("telegram", "+AbCdEf")
    assert tie_of("licence", "12/gp-nhnn") == Tie("licence", "12/GP-NHNN")
    assert tie_of("tax_code", "01.00.112.437") == Tie("tax_code", "0100112437")
