"""Campaigns are the connected parts of the ties, whatever happens in whatever order, whoever does it at once."""

from __future__ import annotations

import os
import signal
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from random import Random

import pytest
from alembic import command
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import delete, select
from sqlalchemy.event import listen

from matchers.match import Identifier
from search.campaigns import stop_values
from search.campaigns.campaign import campaign, campaign_of
from search.campaigns.membership import Parts, retie
from search.campaigns.retying import are_ties_current, rebuild_campaigns
from search.campaigns.splitting import (
    CampaignMissing,
    TieMissing,
    cut_tie,
    free_value,
    name_campaign,
    part_hit,
    restore_tie,
    stop_value,
)
from search.campaigns.stop_values import shipped
from search.campaigns.ties import Tie
from search.hits import history
from search.records import Records, migration_config, open_records
from search.tables import Base, CampaignMemberRow, CampaignRow, HitRow, StopValueRow, TieRow
from tests.search.material import JOB_TEXT, LOAN_TEXT, page, record, verdict
from tests.search.processes import at_once

PHONES = [Identifier("phone", f"+8491200011{digit}") for digit in range(4)]
ACCOUNTS = [Identifier("bank_account", f"VCB:007100099988{digit}") for digit in range(3)]


def own_text(of: int | str) -> str:
    """A text like no other's: each number or name gives other words. Figures would not tell texts apart."""
    chance = Random(of)
    return " ".join("".join(chance.choices("abcdeghiklmnopqrstuvxy", k=5)) for _ in range(40))


def together(records: Records) -> set[frozenset[int]]:
    """The campaigns, as the records have them."""
    found = defaultdict(set)
    with records.read() as session:
        for row in session.execute(select(CampaignMemberRow.campaign_id, CampaignMemberRow.hit_id)):
            found[row.campaign_id].add(row.hit_id)
    return {frozenset(members) for members in found.values()}


def computed(records: Records) -> set[frozenset[int]]:
    """The campaigns as one goes about it on paper: sets that share a tie are poured together until none do."""
    with records.read() as session:
        decided = {(row.kind, row.value): row.is_stopped for row in session.scalars(select(StopValueRow))}
        ships = {(tie.kind, tie.value) for tie in shipped()}
        holders: dict[tuple[str, str], set[int]] = defaultdict(set)
        for row in session.scalars(select(TieRow).where(TieRow.cut_at.is_(None))):
            tie = (row.kind, row.value)
            if not decided.get(tie, tie in ships):
                holders[tie].add(row.hit_id)
    pools: list[set[int]] = []
    for hits in holders.values():
        touching = [pool for pool in pools if pool & hits]
        pools = [pool for pool in pools if not pool & hits] + [hits.union(*touching)]
    return {frozenset(pool) for pool in pools if len(pool) > 1}


def empty(records: Records) -> None:
    with records.write() as session:
        for table in reversed(Base.metadata.sorted_tables):
            session.execute(delete(table))


class Life(RuleBasedStateMachine):
    """Hits that come, change, are cut off and restored; values that are stopped and freed; all of it tied anew."""

    records: Records

    def __init__(self) -> None:
        super().__init__()
        empty(self.records)

    @rule(
        number=st.integers(0, 7),
        identifiers=st.sets(st.sampled_from([*PHONES, *ACCOUNTS, Identifier("phone", "+8419009247")]), max_size=3),
        text=st.sampled_from(["loan", "loan with another number", "job", "own"]),
        rules=st.sampled_from(["r1", "r2"]),
        category=st.sampled_from(["loan_credit", "fake_bank", "job_export"]),
    )
    def sees(self, number: int, identifiers: set[Identifier], text: str, rules: str, category: str) -> None:
        said = {"loan": LOAN_TEXT, "loan with another number": LOAN_TEXT.replace("0912", "0933"), "job": JOB_TEXT}
        seen = page(f"https://{number % 5}.{number % 3}.top/{number}", said.get(text, own_text(number)))
        record(self.records, seen, verdict(*sorted(identifiers, key=repr), rules_version=rules, category=category))

    @rule(pick=st.integers(0, 1000))
    def cuts(self, pick: int) -> None:
        if ties := self._ties(is_cut=False):
            cut_tie(self.records, *ties[pick % len(ties)], actor="an", note="khác người")

    @rule(pick=st.integers(0, 1000))
    def restores(self, pick: int) -> None:
        if ties := self._ties(is_cut=True):
            restore_tie(self.records, *ties[pick % len(ties)], actor="an", note="nhầm")

    @rule(pick=st.integers(0, 1000))
    def parts(self, pick: int) -> None:
        if ties := self._ties(is_cut=False):
            with suppress(TieMissing):  # nothing joins it
                part_hit(self.records, ties[pick % len(ties)][0], "an", "")

    @rule(identifier=st.sampled_from(PHONES + ACCOUNTS), stops=st.booleans())
    def decides(self, identifier: Identifier, stops: bool) -> None:
        decide = stop_value if stops else free_value
        decide(self.records, identifier.kind, identifier.value, "an", "số của tòa soạn")

    @rule(pick=st.integers(0, 1000), name=st.sampled_from(["", "Nhóm vay"]))
    def names(self, pick: int, name: str) -> None:
        with self.records.read() as session:
            alive = session.scalars(select(CampaignRow.id).where(CampaignRow.merged_into_id.is_(None))).all()
        if alive:
            name_campaign(self.records, alive[pick % len(alive)], name)

    @rule()
    def ties_anew(self) -> None:
        before = self._rows()
        rebuild_campaigns(self.records)
        assert self._rows() == before

    @invariant()
    def campaigns_are_the_connected_parts(self) -> None:
        assert together(self.records) == computed(self.records)
        with self.records.read() as session:
            gone = select(CampaignRow.id).where(CampaignRow.merged_into_id.is_not(None))
            assert session.scalars(gone.where(CampaignRow.id.in_(select(CampaignMemberRow.campaign_id)))).all() == []
            leads = {row.id: row.merged_into_id for row in session.scalars(select(CampaignRow))}
            for member in session.scalars(select(CampaignMemberRow)):
                here, steps = member.origin_id, 0
                while (further := leads[here]) is not None:
                    here, steps = further, steps + 1
                    assert steps <= len(leads)
                assert here == member.campaign_id

    def _ties(self, is_cut: bool) -> list[tuple[int, str, str]]:
        which = TieRow.cut_at.is_not(None) if is_cut else TieRow.cut_at.is_(None)
        with self.records.read() as session:
            return [(row.hit_id, row.kind, row.value) for row in session.scalars(select(TieRow).where(which))]

    def _rows(self) -> object:
        with self.records.read() as session:
            ties = {(row.hit_id, row.kind, row.value, row.cut_at) for row in session.scalars(select(TieRow))}
            members = {
                (row.hit_id, row.campaign_id, row.origin_id) for row in session.scalars(select(CampaignMemberRow))
            }
        return ties, members


@pytest.fixture
def life(sqlite_records: Records, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Life]]:
    for bound, value in {"MANY_HITS": 4, "MANY_SITES": 2, "MANY_CATEGORIES": 3}.items():
        monkeypatch.setattr(stop_values, bound, value)
    yield type("LifeHere", (Life,), {"records": sqlite_records})


def test_campaigns_are_the_connected_parts_whatever_happens(life: type[Life]) -> None:
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large]
    run_state_machine_as_test(
        life, settings=settings(max_examples=30, stateful_step_count=30, deadline=None, suppress_health_check=checks)
    )


def test_eight_processes_that_record_at_once_make_the_same_campaigns(records_url: str) -> None:
    def work(number: int) -> None:
        records = open_records(records_url, lock_wait_seconds=60)
        for turn in range(12):
            place = (number * 5 + turn * 3) % 12
            shown = [PHONES[place % 4], ACCOUNTS[(place + turn) % 3]][turn % 2 :]
            text = LOAN_TEXT if place % 4 == 1 else own_text(place + turn)
            recorded = record(records, page(f"https://a{place}.top/{place}", text), verdict(*shown))
            if turn % 5 == 4:
                with suppress(TieMissing):  # somebody else cut it, or nothing joins it
                    part_hit(records, recorded.hit_id, f"an {number}", "")
        records.close()

    at_once(8, work)
    records = open_records(records_url)
    assert together(records) == computed(records)
    assert together(records)
    with records.read() as session:
        assert len(session.scalars(select(HitRow.id)).all()) >= 12
    records.close()


def test_a_writer_killed_in_the_middle_leaves_nothing_half(records_url: str) -> None:
    records = open_records(records_url)
    first = record(records, page("https://a.top/"), verdict(PHONES[0])).hit_id
    process = os.fork()
    if process == 0:
        records.engine.dispose(close=False)
        mine = open_records(records_url)
        with mine.write() as session:
            row = session.get_one(HitRow, first)
            row.matches = []
            retie(session, row)
            session.flush()
            os.kill(os.getpid(), signal.SIGKILL)
    assert os.waitpid(process, 0)[1] == signal.SIGKILL
    second = record(records, page("https://b.top/", JOB_TEXT), verdict(PHONES[0])).hit_id
    assert together(records) == {frozenset((first, second))} == computed(records)
    records.close()


def seen(records: Records, number: int, *identifiers: Identifier, rules: str = "r1") -> int:
    shown = verdict(*identifiers, rules_version=rules)
    return record(records, page(f"https://a{number}.top/", own_text(number)), shown).hit_id


@pytest.mark.parametrize(
    ("names", "kept"),
    [(("Nhóm vay", ""), 0), (("", "Chuyên án 42"), 1), (("Nhóm vay", "Chuyên án 42"), 0), (("", ""), 0)],
)
@pytest.mark.parametrize("way", ["bridge", "freed value"])
def test_a_named_campaign_outlives_an_unnamed_one_and_both_come_back_when_parted(
    records: Records, names: tuple[str, str], kept: int, way: str
) -> None:
    if way == "freed value":
        stop_value(records, PHONES[2].kind, PHONES[2].value, "an", "tổng đài")
    also = PHONES[2:3] if way == "freed value" else []
    hits = [[seen(records, n, PHONES[side], *also) for n in (2 * side, 2 * side + 1)] for side in (0, 1)]
    numbers = [campaign_of(records, hits[side][0]) for side in (0, 1)]
    for number, name in zip(numbers, names, strict=True):
        assert number is not None
        name_campaign(records, number, f" {name} ")
    for turn in range(2):
        if way == "bridge":
            bridge = seen(records, 9 + turn, PHONES[0], PHONES[1])
        else:
            free_value(records, PHONES[2].kind, PHONES[2].value, "an", "của nhóm này")
        for number in numbers:
            assert number is not None
            found = campaign(records, number)
            assert found is not None
            assert (found.id, found.name, found.size) == (numbers[kept], names[kept], 5 if way == "bridge" else 4)
        lost = numbers[1 - kept]
        assert lost is not None
        with pytest.raises(CampaignMissing):
            name_campaign(records, lost, "x")
        rebuild_campaigns(records)
        if way == "bridge":
            part_hit(records, bridge, "an", "trang tin, không phải nhóm này")
        else:
            stop_value(records, PHONES[2].kind, PHONES[2].value, "an", "tổng đài")
        for side, number in enumerate(numbers):
            assert number is not None
            found = campaign(records, number)
            assert found is not None
            assert (found.id, found.name) == (number, names[side])
            assert sorted(member.hit_id for member in found.members) == hits[side]


def test_a_campaign_lives_on_in_the_part_with_its_oldest_hit_that_is_one(records: Records) -> None:
    ids = [record(records, page(f"https://a{n}.top/", own_text(n)), verdict(PHONES[0])).hit_id for n in range(3)]
    before = campaign_of(records, ids[0])
    part_hit(records, ids[0], "an", "")
    assert [campaign_of(records, hit_id) for hit_id in ids] == [None, before, before]
    part_hit(records, ids[1], "an", "")
    assert before is not None
    dissolved = campaign(records, before)
    assert dissolved is not None
    assert (dissolved.size, dissolved.members, dissolved.first_seen_at) == (0, (), None)


def test_a_hit_that_drops_many_ties_asks_little_for_each(
    sqlite_records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.campaigns.ties.MAX_OF_A_KIND", 200)
    dropped = [Identifier("phone", f"+8491300{n:04}") for n in range(60)]
    kept = [Identifier("phone", f"+8491400{n:04}") for n in range(60)]
    still = Identifier("telegram", "vaynhanh")
    a_page = page("https://a.top/", own_text("a"))
    changing = record(sqlite_records, a_page, verdict(*dropped, *kept, still)).hit_id
    rest = [("b", [*dropped, still]), ("c", kept)]
    others = [record(sqlite_records, page(f"https://{n}.top/", own_text(n)), verdict(*of)).hit_id for n, of in rest]
    asked: list[str] = []
    listen(sqlite_records.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    record(sqlite_records, a_page, verdict(*kept, still, rules_version="r2"))
    assert together(sqlite_records) == {frozenset((changing, *others))} == computed(sqlite_records)
    assert len(asked) < 4 * len(dropped)


def test_a_value_of_many_hits_is_stopped_and_freed_in_few_statements(sqlite_records: Records) -> None:
    pairs = [Identifier("bank_account", f"VCB:{n // 2}") for n in range(60)]
    ids = [seen(sqlite_records, n, PHONES[0], pair) for n, pair in enumerate(pairs)]
    asked: list[str] = []
    listen(sqlite_records.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    for decide in (stop_value, free_value, stop_value):
        decide(sqlite_records, PHONES[0].kind, PHONES[0].value, "an", "tổng đài")
        assert len(asked) < len(ids) / 2
        asked.clear()
    assert together(sqlite_records) == {frozenset(ids[n : n + 2]) for n in range(0, 60, 2)}
    told = [event.action for event in history(sqlite_records, ids[-1])]
    assert told == ["found_new", "tie_stopped", "tie_freed", "tie_stopped"]


def test_records_from_before_are_tied_once_and_for_all(empty_url: str) -> None:
    records = open_records(empty_url)
    ids = [record(records, page(f"https://a{n}.top/", LOAN_TEXT), verdict(PHONES[n])).hit_id for n in range(3)]
    with records.write() as session:
        command.downgrade(migration_config(session.connection()), "0003")
    records.close()
    again = open_records(empty_url)
    assert not are_ties_current(again)
    assert together(again) == set()
    told: list[tuple[int, int]] = []
    assert rebuild_campaigns(again, lambda done, of: told.append((done, of))) == 3
    assert told == [(3, 3)]
    assert are_ties_current(again)
    assert together(again) == {frozenset(ids)}
    again.close()


def test_what_ships_as_stopped_anew_parts_those_it_tied(records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(2):
        record(records, page(f"https://a{n}.top/", own_text(n)), verdict(PHONES[0]))
    rebuild_campaigns(records)
    assert len(together(records)) == 1
    monkeypatch.setattr("search.campaigns.stop_values.shipped", lambda: {Tie("phone", PHONES[0].value): "Tổng đài mới"})
    monkeypatch.setattr("search.campaigns.retying.shipped_version", lambda: "another")
    assert not are_ties_current(records)
    rebuild_campaigns(records)
    assert together(records) == set()


def test_the_parts_are_the_oldest_hit_first() -> None:
    parts = Parts()
    for one, other in ((5, 4), (9, 7), (2, 9), (8, 8)):
        parts.join(one, other)
    assert parts.parts() == [[2, 7, 9], [4, 5]]
    assert parts.find(9) == 2
