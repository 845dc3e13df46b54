"""What every `Index` must do, whichever engine stands behind it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from matchers.match import Identifier
from search.indexes.elastic import ElasticsearchIndex
from search.indexes.embedded import EmbeddedIndex
from search.indexes.index import FACET_FIELDS, Document, Index, IndexCondition
from search.language.grammar import Order
from search.language.query import Query, parse
from tests.search.material import ACCOUNT, NOW, PHONE, document

Find = Callable[[str], list[int]]
_VOCABULARY = "vay tiền nhanh lãi thấp giải ngân đầu tư lợi nhuận việc nhẹ lương cao trúng thưởng ngân hàng"


@pytest.fixture(params=["embedded", pytest.param("elasticsearch", marks=pytest.mark.elasticsearch)])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Index]:
    """An empty index of each kind."""
    opened: Index
    if request.param == "embedded":
        opened = EmbeddedIndex(tmp_path / "index.db")
    else:
        opened = ElasticsearchIndex(request.getfixturevalue("elasticsearch_server").address)
        opened.clear()
    yield opened
    opened.close()


@pytest.fixture
def find(index: Index) -> Find:
    """The ids that a query finds, in order."""
    return lambda text: list(index.search(parse(text, NOW).page(200, 0)).ids)


def _texts(index: Index, *texts: str) -> None:
    index.put(
        [document(number, text=text, title="", url=f"https://x{number}.top/") for number, text in enumerate(texts, 1)]
    )


def test_an_empty_index_finds_nothing_and_has_every_facet(index: Index) -> None:
    results = index.search(parse("vay"))
    assert (results.ids, results.total) == ((), 0)
    assert results.facets == {field: {} for field in FACET_FIELDS}
    assert results.timeline == {}
    assert index.count() == 0


@pytest.mark.parametrize("text", ["", "vay", "vay seen:..2026-11-18 severity>=2", "nothing-of-it"])
def test_an_open_field_is_counted_as_if_none_of_its_own_values_were_asked_for(index: Index, text: str) -> None:
    drawn = random.Random(3)
    index.put(
        [
            document(
                number,
                category=drawn.choice(["loan_credit", "fake_bank", "job_export"]),
                source=drawn.choice(["báo", "mạng", "quảng-cáo"]),
                status=drawn.choice(["new", "in_review", "closed"]),
                severity=drawn.randint(1, 4),
                text=drawn.choice(["vay tiền", "việc nhẹ"]),
                last_seen_at=NOW - timedelta(days=drawn.randint(0, 9)),
            )
            for number in range(1, 121)
        ]
    )
    filters = {"status": ("new", "in_review"), "severity": ("3", "4"), "category": ("loan_credit", "not-there")}
    closed = replace(parse(text, NOW), filters=filters)
    for open_fields in (("status",), ("status", "severity"), FACET_FIELDS):
        found = index.search(replace(closed, open_fields=open_fields))
        plain = index.search(closed)
        assert (found.ids, found.total, found.timeline) == (plain.ids, plain.total, plain.timeline)
        assert index.search(replace(closed, open_fields=open_fields, limit=0)).total == plain.total
        for name in FACET_FIELDS:
            others = {field: values for field, values in filters.items() if field != name}
            alone = index.search(replace(closed, filters=others if name in open_fields else filters))
            assert list(found.facets[name].items()) == list(alone.facets[name].items()), (open_fields, name)


def test_what_was_put_is_found_when_put_returns(index: Index, find: Find) -> None:
    index.put([document(1), document(2)])
    assert find("") == [2, 1]
    assert index.count() == 2
    index.put([])
    assert index.count() == 2


def test_marks_case_and_disguises_do_not_matter_either_way(index: Index, find: Find) -> None:
    _texts(index, "Cảnh báo LỪA ĐẢO", "canh bao lua dao", "l.ừ.a đ.ả.o kh0ng", "lừa\u200b đảo", "chuyện khác")
    for query in ("lừa đảo", "lua dao", "LUA ĐẢO", '"lừa đảo"', '"lua dao"'):
        assert find(query) == [4, 3, 2, 1], query
    assert find("không") == find("kh0ng") == [3]


def test_all_words_must_occur_anywhere(index: Index, find: Find) -> None:
    index.put(
        [
            document(1, title="Vay nhanh", text="giải ngân trong ngày"),
            document(2, title="Vay", text="thế chấp"),
            document(3, title="", text="", url="https://giai-ngan.top/vay", host="giai-ngan.top"),
        ]
    )
    assert find("vay ngân") == [3, 1]
    assert find("vay ngân chấp") == []


def test_phrases_stand_in_order_and_within_one_field(index: Index, find: Find) -> None:
    index.put(
        [
            document(1, title="", text="chuyển tiền, ngay bây giờ"),
            document(2, title="", text="tiền chuyển đi"),
            document(3, title="chuyển", text="tiền"),
            document(4, title="", text="chuyển-tiền"),
        ]
    )
    assert find('"chuyển tiền"') == [4, 1]
    assert find('"tiền ngay bây"') == [1]


def test_a_star_opens_the_end_of_a_word(index: Index, find: Find) -> None:
    _texts(index, "nghiệp vụ", "nghiêng", "nghe", "tín nghiệp")
    assert find("nghi*") == [4, 2, 1]
    assert find("nghi") == []
    assert find("tin-ngh*") == [4]


def test_a_minus_takes_out(index: Index, find: Find) -> None:
    _texts(index, "vay tiền", "vay vàng", "vay tiền mặt")
    assert find("vay -tiền") == [2]
    assert find('vay -"tiền mặt"') == [2, 1]
    assert find("-vay") == []
    assert find("-vàng") == [3, 1]
    assert find("-ti*") == [2]


def test_addresses_and_identifiers_are_searched(index: Index, find: Find) -> None:
    index.put(
        [
            document(1, url="https://vcb-digibank.top/login", identifiers=(PHONE, ACCOUNT)),
            document(2, identifiers=(Identifier("phone", "+84912000112"),)),
        ]
    )
    assert find("vcb-digibank.top") == [1]
    assert find("https://vcb-digibank.top/login") == [1]
    assert find("84912000111") == [1]
    assert find("849120001*") == [2, 1]
    assert find("VCB:0071000999888") == [1]


def test_letters_of_other_scripts_are_found(index: Index, find: Find) -> None:
    _texts(index, "加微信 ngay", "เงินกู้ vay", "ПРИВЕТ")
    assert find("加微信") == [1]
    assert find("加微*") == [1]
    assert find("เงินกู้") == [2]
    assert find("привет") == [3]


def test_fields_filter_with_alternatives_and_exclusions(index: Index, find: Find) -> None:
    index.put(
        [
            document(1, category="loan_credit", source="a", status="new", severity=1),
            document(2, category="fake_bank", source="a", status="confirmed", severity=2),
            document(3, category="fake_bank", source="b", status="new", severity=3),
            document(4, category="job_export", source="b", status="closed", severity=4),
        ]
    )
    assert find("category:fake_bank") == [3, 2]
    assert find("category:fake_bank category:job_export") == [4, 3, 2]
    assert find("category:fake_bank source:a") == [2]
    assert find("-category:fake_bank -status:closed") == [1]
    assert find("severity>=3") == [4, 3]
    assert find("severity>=2 severity<=3") == [3, 2]
    assert find("severity:1 severity:4") == [4, 1]
    assert find("-severity:1") == [4, 3, 2]
    assert find("category:none") == []


def test_or_and_not_and_parentheses(index: Index, find: Find) -> None:
    _texts(index, "vay tiền", "vay vàng", "gửi tiền", "gửi vàng", "chuyện khác")
    assert find("vay OR gửi") == [4, 3, 2, 1]
    assert find("vay AND tiền") == find("vay tiền") == [1]
    assert find("vay tiền OR gửi vàng") == [4, 1]
    assert find("(vay OR gửi) tiền") == [3, 1]
    assert find("NOT vay") == find("-vay") == [5, 4, 3]
    assert find("-(vay OR gửi)") == [5]
    assert find("NOT (vay tiền)") == [5, 4, 3, 2]
    assert find("(vay OR (gửi -vàng))") == [3, 2, 1]
    assert find('"vay tiền" OR "gửi vàng" OR khác') == [5, 4, 1]
    assert find("vay OR -tiền") == [5, 4, 2, 1]
    assert find("NOT NOT vay") == [2, 1]


def test_fields_within_alternatives(index: Index, find: Find) -> None:
    index.put(
        [
            document(1, category="a", severity=1, host="x.top", text="vay", title=""),
            document(2, category="b", severity=4, host="y.vn", text="vay", title=""),
            document(3, category="b", severity=2, host="z.top", url="", text="gửi", title=""),
        ]
    )
    assert find("category:a OR severity:4") == [2, 1]
    assert find("(category:b severity<=2) OR host:x.*") == [3, 1]
    assert find("gửi OR severity>=4") == [3, 2]
    assert find("NOT (category:b host:*.top)") == [2, 1]
    assert find("(category:a category:b) vay") == [2, 1]
    assert find("-severity>=3") == [3, 1]
    assert find("-seen:100w OR category:a") == [1]
    assert find("NOT seen:100w") == []


def test_an_equals_sign_keeps_the_marks(index: Index, find: Find) -> None:
    _texts(index, "Lừa Đảo", "lua dao", "lưa đao", "l\u01b0\u0300a đảo")
    index.put([document(9, title="đảo xa", text="")])
    assert find("lừa") == [4, 3, 2, 1]
    assert find("=lừa") == [4, 1]
    assert find("=LỪA") == [4, 1]
    assert find("=lua") == [2]
    assert find('="lừa đảo"') == [4, 1]
    assert find("=đảo") == [9, 4, 1]
    assert find("=đả*") == [9, 4, 1]
    assert find("-=lừa") == [9, 3, 2]
    assert find("=lừa OR =lua") == [4, 2, 1]
    assert find("=đảo sort:relevance") == [9, 4, 1]


def test_a_tilde_forgives_mistakes(index: Index, find: Find) -> None:
    _texts(index, "nghiệp vụ", "nghiẹp", "ngiệp", "ngành", "telegram", "telegarm", "teelgarm", "hợp")
    assert find("nghiep~") == [3, 2, 1]
    assert find("telegram~") == [7, 6, 5]
    assert find("hop~") == [8]
    assert find("hap~") == [8]
    assert find("vop~") == []
    assert find("-telegram~ -nghiep~") == [8, 4]
    assert find("telegram~ OR hop~") == [8, 7, 6, 5]


def test_a_tilde_finds_however_many_words_are_near(index: Index, find: Find) -> None:
    """Engines have bounds of their own: fifty words, were it left to Elasticsearch."""
    letters = "bcdefghijklmnopqrstuvwxyz"
    near = [f"telegr{one}{two}" for one in letters[:12] for two in letters]
    index.put([document(number, text=word, title="", url="") for number, word in enumerate(near, 1)])
    index.put([document(999, text="telxgxxm", title="", url="")])
    assert find("telegram~ -telegrbb sort:newest")[:3] == [300, 299, 298]
    assert index.search(parse("telegram~")).total == 300
    assert index.search(parse("telegramm~")).total == 25 + 11  # ending in m, and in amm's two places
    assert index.search(parse("-telegram~")).total == 1


def test_long_words_are_found_whole_by_their_beginning_and_among_others(index: Index, find: Find) -> None:
    lengths = (119, 120, 121, 240, 241, 255, 256, 300, 40_000)
    words = ["ab" * (length // 2) + "c" * (length % 2) for length in lengths]
    index.put(
        [
            document(number, title="", text=f"đầu {word.upper()} cuối", url="", evidence=f"= {word[::-1]}")
            for number, word in enumerate(words, 1)
        ]
    )
    for number, word in enumerate(words[:-1], 1):
        assert number in find(word), number
        assert number in find(f"={word}"), number
        assert number in find(word[::-1]), number
        assert find(f'"đầu {word} cuối"') == [number], number
    assert find("ab" * 60) == [9, 8, 7, 6, 5, 4, 3, 2]
    assert find(f"{'ab' * 60}*") == [9, 8, 7, 6, 5, 4, 3, 2]
    assert find(f"{'ab' * 59}*") == [9, 8, 7, 6, 5, 4, 3, 2, 1]
    assert find(f"{'ab' * 62}*") == [9, 8, 7, 6, 5, 4]
    assert find(f"{'ab' * 140}~") == find("ab" * 140) == [9]
    assert find(f"{'ab' * 59}a~") == [9, 8, 7, 6, 5, 4, 3, 2, 1]


def test_values_of_any_length_are_counted_and_found(index: Index, find: Find) -> None:
    long = "x" * 40_000
    index.put(
        [
            document(1, host=f"{long}.top", category=long, source=f"đ{long}", brands=(long,), rules=(f"pack/{long}",)),
            document(2, host="y.top", identifiers=(Identifier("zalo", "\U0001f600" * 40_000),)),
        ]
    )
    assert find("host:x*") == find("brand:xxx*") == find("rule:pack/x*") == [1]
    assert find("zalo:\U0001f600\U0001f600*") == [2]
    facets = index.search(parse("vay")).facets
    assert facets["category"] == {"x" * 8_000: 1, "loan_credit": 1}
    assert set(facets["source"]) == {f"đ{'x' * 7_999}", "quang-cao"}


def test_labels_are_found_by_value_or_beginning(index: Index, find: Find) -> None:
    index.put(
        [
            document(1, identifiers=(PHONE, ACCOUNT, Identifier("telegram", "vay_nhanh.24h"))),
            document(2, identifiers=(Identifier("phone", "+84912000112"), Identifier("zalo", "+84912000111"))),
            document(3, brands=("vietcombank",), rules=("loan_credit/fast", "domains/combo")),
            document(4, brands=("vietinbank",), rules=("loan_credit/fast-money",), text="84912000111"),
        ]
    )
    assert find("phone:0912000111") == find("phone:+84912000111") == find('phone:"0912 000 111"') == [1]
    assert find("phone:0912*") == [2, 1]
    assert find("zalo:+84912000111") == [2]
    assert find("account:VCB:0071000999888") == find("account:0071000999888") == find("account:vcb:*") == [1]
    assert find("telegram:@Vay_Nhanh.24h") == [1]
    assert find("telegram:vay_nhanh") == []
    assert find("brand:vietcombank") == [3]
    assert find("brand:viet*") == [4, 3]
    assert find("rule:loan_credit/fast") == [3]
    assert find("rule:loan_credit/*") == [4, 3]
    assert find("-rule:loan_credit/* -phone:0912*") == []
    assert find("brand:vietinbank OR zalo:+84912*") == [4, 2]


def test_hosts_are_matched_whole_or_by_stars(index: Index, find: Find) -> None:
    hosts = ("vay.top", "a.vay.top", "vay.icu", "vayxtop", "[v]?.top", "VAY.TOP.vn".lower())
    index.put([document(number, host=host) for number, host in enumerate(hosts, 1)])
    assert find("host:vay.top") == [1]
    assert find("host:VAY.top") == [1]
    assert find("host:*.top") == [5, 2, 1]
    assert find("host:vay.*") == [6, 3, 1]
    assert find("host:*vay*top*") == [6, 4, 2, 1]
    assert find("-host:*vay*") == [5]
    assert find("host:[v]*") == [5]
    assert find("host:va?.top") == []
    assert find("host:va\\\\*") == []


def test_dates_count_from_last_sight_in_days_of_vietnam(index: Index, find: Find) -> None:
    index.put([document(number, last_seen_at=NOW - timedelta(days=number)) for number in range(1, 6)])
    assert find("seen:2d") == [1, 2]
    assert find("seen:49h") == [1, 2]
    day = (NOW - timedelta(days=3)).date()
    assert find(f"seen:{day}") == [3]
    assert find(f"seen:{day}..") == [1, 2, 3]
    assert find(f"seen:..{day}") == [3, 4, 5]
    edge = document(9, last_seen_at=parse(f"seen:{day}").seen_from)
    index.put([edge, document(10, last_seen_at=edge.last_seen_at - timedelta(microseconds=1))])
    assert find(f"seen:{day}") == [3, 9]


def test_ties_of_every_order_are_broken_by_the_newest_id(index: Index, find: Find) -> None:
    index.put([document(number, last_seen_at=NOW) for number in (5, 3, 9, 1)])
    for order in Order:
        assert find(f"vay sort:{order}") == [9, 5, 3, 1], order


def test_orders(index: Index, find: Find) -> None:
    index.put(
        [
            document(1, severity=4, title="Tin khác", last_seen_at=NOW - timedelta(days=3)),
            document(2, severity=2, title="Vay tiền", last_seen_at=NOW - timedelta(days=2)),
            document(3, severity=4, title="Tin khác", last_seen_at=NOW - timedelta(days=1)),
        ]
    )
    assert find("vay sort:newest") == [3, 2, 1]
    assert find("vay sort:severity") == [3, 1, 2]
    assert find("vay sort:relevance")[0] == 2
    assert find("sort:relevance") == [3, 2, 1]


def test_pages_follow_one_another_without_gap_or_repeat(index: Index) -> None:
    index.put([document(number, last_seen_at=NOW + timedelta(minutes=number % 4)) for number in range(1, 26)])
    for order in Order:
        query = replace(parse("vay"), order=order)
        pages = [index.search(query.page(7, offset)).ids for offset in range(0, 28, 7)]
        assert [len(ids) for ids in pages] == [7, 7, 7, 4]
        whole = [hit_id for ids in pages for hit_id in ids]
        assert whole == list(index.search(query.page(200, 0)).ids) == list(index.ids(query))
        assert index.search(query.page(7, 1000)).ids == ()
        assert index.search(query.page(7, 1000)).total == 25


def test_pages_beyond_what_an_engine_gives_at_once(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("search.indexes.elastic.WINDOW", 10)
    index.put([document(number, severity=number % 4 + 1, title="vay" * (number % 3)) for number in range(1, 96)])
    index.put([document(999, title="", text="chuyện khác", url="")])
    for order in Order:
        query = replace(parse("vay"), order=order)
        whole = [hit_id for at in range(0, 100, 4) for hit_id in index.search(query.page(4, at)).ids]
        assert whole == list(index.ids(query))
        assert len(whole) == 95
        deep = index.search(query.page(4, 93))
        assert deep.ids == tuple(whole[93:])
        assert deep.total == sum(deep.timeline.values()) == sum(deep.facets["status"].values()) == 95
    assert index.search(parse("vay").page(50, 1_000_000)).ids == ()


def test_ids_go_beyond_every_page(index: Index) -> None:
    index.put([document(number, text="vay", title="") for number in range(1, 451)])
    assert list(index.ids(parse("vay").page(10, 5))) == list(range(450, 0, -1))
    assert list(index.ids(parse("khác"))) == []


def test_facets_count_all_that_fits_most_first(index: Index) -> None:
    index.put(
        [
            document(1, category="a", source="x", severity=3),
            document(2, category="b", source="x", severity=3),
            document(3, category="b", source="y", severity=1),
            document(4, category="c", source="y", severity=3, status="closed"),
        ]
    )
    results = index.search(parse("vay").page(1, 0))
    assert results.total == 4
    assert list(results.facets["category"].items()) == [("b", 2), ("a", 1), ("c", 1)]
    assert results.facets["severity"] == {"3": 3, "1": 1}
    assert results.facets["status"] == {"new": 3, "closed": 1}
    assert index.search(parse("vay category:b")).facets["source"] == {"x": 1, "y": 1}


def test_the_timeline_counts_all_that_fits_by_the_days_of_vietnam(index: Index) -> None:
    midnight = datetime(2026, 11, 17, 17, tzinfo=UTC)  # in Vietnam the 18th begins
    moments = (
        midnight,
        midnight - timedelta(microseconds=1),
        midnight + timedelta(hours=23),
        NOW,
        datetime(1999, 12, 31, 17, tzinfo=UTC),
        datetime(2099, 12, 31, 16, 59, 59, 999_999, tzinfo=UTC),
    )
    index.put([document(number, last_seen_at=moment) for number, moment in enumerate(moments, 1)])
    index.put([document(9, text="chuyện khác", title="", url="")])
    results = index.search(parse("vay", NOW).page(1, 0))
    assert list(results.timeline.items()) == [
        (date(2000, 1, 1), 1),
        (date(2026, 11, 17), 1),
        (date(2026, 11, 18), 2),
        (date(2026, 11, 20), 1),
        (date(2099, 12, 31), 1),
    ]
    assert index.search(parse("vay seen:2026-11-18..2026-11-20")).timeline == {
        date(2026, 11, 18): 2,
        date(2026, 11, 20): 1,
    }


def test_absurd_dates_are_found_and_stand_beyond_every_timeline(index: Index, find: Find) -> None:
    moments = (
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(1969, 12, 31, 23, tzinfo=UTC),
        datetime(1999, 12, 31, 16, 59, 59, 999_999, tzinfo=UTC),
        datetime(2099, 12, 31, 17, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    )
    index.put([document(number, last_seen_at=moment) for number, moment in enumerate(moments, 1)])
    assert find("vay") == [5, 4, 3, 2, 1]
    assert find("seen:..2026-01-01") == [3, 2, 1]
    results = index.search(parse("vay"))
    assert (results.total, results.timeline) == (5, {})


def test_words_find_a_hit_by_what_its_captures_show(index: Index, find: Find) -> None:
    index.put(
        [
            document(1, title="Vay", text="giải ngân", evidence="Nạp 200.000đ để rút Lừa Đảo"),
            document(2, title="Vay", text="giải ngân rồi nạp", evidence="để rút"),
        ]
    )
    assert find("vay rút") == [2, 1]
    assert find('"nạp 200.000đ để"') == [1]
    assert find('"nạp để rút"') == find('"giải ngân nạp"') == []
    assert find("lưa") == find("=lừa") == find('="lừa đảo"') == find("lu*") == find("luaa~") == [1]
    assert find("=lưa") == []
    assert find("-rút") == []
    assert find("rút sort:relevance") == [2, 1]
    index.put([document(1, version=2, title="Vay", text="giải ngân")])
    assert find("rút") == [2]


def test_a_newer_version_replaces_and_an_older_one_is_ignored(index: Index, find: Find) -> None:
    index.put([document(1, version=5, text="bản năm", title="", status="confirmed")])
    index.put([document(1, version=3, text="bản ba", title="", status="new")])
    assert find('"bản năm" status:confirmed') == [1]
    assert find("ba") == []
    index.put([document(1, version=6, text="bản sáu", title="", status="closed")])
    assert find('"bản sáu" status:closed') == [1]
    assert find("năm") == []
    assert index.count() == 1


def test_of_versions_in_one_batch_the_newest_wins_whatever_the_order(index: Index, find: Find) -> None:
    versions = [document(1, version=number, text=f"bản {word}", title="") for number, word in enumerate("xyz", 1)]
    index.put([versions[2], versions[0], versions[1]])
    assert find("z") == [1]
    assert find("x") == find("y") == []
    assert index.count() == 1


def test_the_same_version_again_changes_nothing(index: Index, find: Find) -> None:
    for _ in range(2):
        index.put([document(1, version=2), document(2, version=1)])
    assert find("vay") == [2, 1]
    assert index.count() == 2


def test_a_cleared_index_forgets_and_starts_anew(index: Index, find: Find) -> None:
    index.put([document(1, version=9), document(2)])
    index.clear()
    assert index.count() == 0
    assert find("") == []
    index.put([document(1, version=1)])
    assert find("vay") == [1]


def test_a_renewal_takes_over_when_it_is_full_and_not_before(index: Index, find: Find) -> None:
    index.put([document(1)])
    for number in (2, 3):
        with index.renewal() as fresh:
            assert fresh.count() == 0
            fresh.put([document(number), document(10 + number)])
            assert fresh.count() == 2
            index.put([document(1, version=number)])
            assert 1 in find("vay")
        assert find("vay") == [10 + number, number]
        index.put([document(1)])


def test_a_renewal_that_fails_changes_nothing_and_is_gone_on_with(index: Index, find: Find) -> None:
    index.put([document(1)])
    for number in (2, 3):
        with pytest.raises(ZeroDivisionError), index.renewal() as fresh:
            fresh.put([document(number, version=7)])
            raise ZeroDivisionError
        assert find("vay") == [1]
        state = index.state()
        assert (state.hits, state.filling, state.is_behind) == (1, number - 1, False)
    index.put([document(5)])
    assert find("vay") == [5, 1]
    with index.renewal() as fresh:
        assert list(fresh.versions()) == [(2, 7), (3, 7)]
        fresh.put([document(4)])
    assert find("vay") == [4, 3, 2]


def test_a_renewal_may_start_from_nothing(index: Index, find: Find) -> None:
    with pytest.raises(ZeroDivisionError), index.renewal() as fresh:
        fresh.put([document(1)])
        raise ZeroDivisionError
    with index.renewal(is_anew=True) as fresh:
        assert list(fresh.versions()) == []
        fresh.put([document(2)])
    assert find("vay") == [2]


def test_the_state_tells_what_took_over_and_has_not_caught_up(index: Index) -> None:
    index.put([document(1), document(2)])
    before = index.state()
    assert (before.condition, before.hits, before.filling) == (IndexCondition.READY, 2, None)
    assert not (before.is_behind or before.needs_rebuild or before.problem)
    with index.renewal() as fresh:
        fresh.put([document(3)])
        assert index.state().filling == 1
    after = index.state()
    assert (after.hits, after.filling, after.is_behind, after.needs_rebuild) == (1, None, True, True)
    assert after.name != before.name
    assert (after.engine, after.server, after.place) == (before.engine, before.server, before.place)
    index.settle()
    assert not index.state().is_behind
    index.put([document(4)])
    with index.renewal() as fresh:
        assert fresh.count() == 0  # what has settled is no half-filled index


def test_versions_are_told_by_ascending_id(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("search.indexes.elastic.WINDOW", 7)
    index.put([document(number, version=number % 5 + 1) for number in range(30, 0, -1)])
    index.put([document(3, version=9), document(4, version=1)])
    expected = {number: number % 5 + 1 for number in range(1, 31)} | {3: 9}
    told = index.versions()
    first = next(told)
    index.put([document(1, version=8), document(99)])
    assert [first, *told] == list(expected.items())
    assert next(iter(index.versions())) == (1, 8)


def test_texts_of_any_size_and_kind_are_taken(index: Index, find: Find) -> None:
    long_word = "x" * 40_000
    index.put(
        [
            document(1, text="", title="", url="", host=""),
            document(2, text=f"\x00\ud800 đầu {'vay tiền ' * 500_000} cuối {long_word}"),
            document(
                3,
                title="t" * 100_000,
                host="h" * 255,
                identifiers=tuple(Identifier("phone", f"+84{n}") for n in range(1000)),
            ),
        ]
    )
    assert find("") == [3, 2, 1]
    assert find("đầu cuối") == [2]
    assert find("84999") == [3]
    index.put([document(4, text=f"đầu {'lãi ' * 2_500_000} cuối", evidence="OTP " * 25_000)])  # 10 MB and more
    assert find("đầu cuối") == [4, 2]
    assert find('"lãi cuối"') == find("otp") == [4]


def _crowd(count: int, seed: int) -> list[Document]:
    chance = random.Random(seed)
    words = _VOCABULARY.split()
    return [
        document(
            number,
            title=" ".join(chance.choices(words, k=4)),
            text=" ".join(chance.choices(words, k=30)),
            host=f"{chance.choice('abc')}.vay.{chance.choice(['top', 'vn'])}",
            url=f"https://x{number}.top/",
            category=chance.choice(["loan_credit", "fake_bank", "job_export"]),
            source=chance.choice("xyz"),
            status=chance.choice(["new", "confirmed"]),
            severity=chance.randint(1, 4),
            last_seen_at=NOW - timedelta(hours=chance.randint(0, 200)),
        )
        for number in range(1, count + 1)
    ]


def test_answers_are_those_of_looking_at_every_document(index: Index) -> None:
    """Random filters against a plain walk over the documents."""
    crowd, chance = _crowd(600, seed=7), random.Random(8)
    index.put(crowd)
    for _ in range(60):
        category, status = chance.choice(["loan_credit", "fake_bank"]), chance.choice(["new", "confirmed", ""])
        low, hours, word = chance.randint(1, 4), chance.randint(1, 250), chance.choice(["lãi", "thưởng", "tư", "cao"])
        text = f"{word} category:{category} severity>={low} seen:{hours}h" + (f" status:{status}" if status else "")
        query: Query = parse(text, NOW).page(50, 0)
        fitting = [
            one
            for one in crowd
            if word in f"{one.title} {one.text}".split()
            and one.category == category
            and (not status or one.status == status)
            and one.severity >= low
            and one.last_seen_at >= NOW - timedelta(hours=hours)
        ]
        fitting.sort(key=lambda one: (one.last_seen_at, one.id), reverse=True)
        results = index.search(query)
        assert results.ids == tuple(one.id for one in fitting[:50]), text
        assert results.total == len(fitting)
        assert results.facets["severity"] == Counter(str(one.severity) for one in fitting)
