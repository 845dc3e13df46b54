"""What watched sites wrote is shown as text, whatever they wrote."""

import re
from html.parser import HTMLParser

import pytest
from sqlalchemy import update

from console.roles import Role
from matchers.match import Identifier, Match, Severity, Span
from search.campaigns.campaign import campaign_of
from search.campaigns.splitting import name_campaign, part_hit, stop_value
from search.reports import report_link
from search.runs import Counts, Failure, RunState, SourceSummary, finish_run, keep_sources, start_run, update_run
from search.saved import save_search
from search.tables import SavedSearchRow
from tests.console.world import NOW, World, flagged

ATTACKS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    "</title><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    '<a href="https://evil.example/">bấm vào đây</a>',
    "<form action=https://evil.example/><button>",
    '<div hx-get="https://evil.example/" hx-trigger=load>',
    "{{ 7*7 }}{% raw %}",
    "%(num)s %s {0}",
    "javascript:alert(1)",
    "\u202egnp.exe\u0000\u001b[31m",
    "<!--",
    "]]>",
    "&lt;script&gt;",
)
LOCAL = re.compile(r"(/(?!/)|[?#])")


class Reader(HTMLParser):
    """Gathers every address that a browser would follow, and every piece of markup that could act."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.addresses: list[str] = []
        self.acting: list[str] = []
        self.scripts: list[str] = []
        self._in_script = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self._in_script = tag == "script"
        if tag in ("iframe", "object", "embed", "base", "style", "applet", "frame"):
            self.acting.append(tag)
        for name, value in attributes:
            if name in ("href", "src", "action", "formaction", "srcset", "poster", "data", "hx-get", "hx-post", "ping"):
                self.addresses.append(value or "")
            if name.startswith("on") or name == "style" or name.startswith("hx-on"):
                self.acting.append(f"{tag} {name}={value}")
            if tag == "meta" and name == "http-equiv":
                self.acting.append("meta http-equiv")

    def handle_data(self, data: str) -> None:
        if self._in_script and data.strip():
            self.scripts.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._in_script = False


def check(html: str) -> None:
    """Nothing on the page acts by itself or leads away from the console."""
    reader = Reader()
    reader.feed(html)
    assert reader.scripts == []
    assert reader.acting == []
    assert [address for address in reader.addresses if not LOCAL.match(address)] == []
    assert "\u202e" not in html and "\x00" not in html and "\x1b" not in html


@pytest.mark.parametrize("attack", ATTACKS)
def test_every_page_shows_hostile_text_as_text(world: World, attack: str) -> None:
    title, text = f"Tiêu đề {attack}", f"Đầu {attack} giữa {attack} cuối"
    start = text.index(attack)
    matches = tuple(
        Match(
            "p/r", "phrases", f"Có {attack}", f"Says {attack}", "loan_credit", 1.0, 1.0, Span(field, begin, end), attack
        )
        for field, begin, end in (("text", start, start + len(attack)), ("title", 8, 99), ("url", 0, 9), ("text", 2, 9))
    )
    url = f"https://evil.example/{attack}"
    page, verdict = flagged(
        url,
        title,
        text,
        source="bao-mau",
        severity=Severity.CRITICAL,
        matches=matches,
        identifiers=(Identifier("telegram", attack), Identifier(attack[:20], "x")),
        redirect_chain=(url, attack),
        referrer_url=attack,
    )
    hit_id = world.record(page, verdict)
    world.record(*flagged("https://evil.example/2", title, "khác", identifiers=(Identifier("telegram", attack),)))
    world.deliver()
    keep_sources(world.records, [SourceSummary("bao-mau", attack, attack, attack, True, NOW)])
    run = start_run(world.records, "bao-mau")
    update_run(world.records, run, Counts(), [Failure(NOW, attack[:40], url, attack)])
    finish_run(world.records, run, RunState.FAILED, attack)
    receipt = report_link(world.records, url, attack, attack).receipt
    save_search(world.records, Role.ADMIN, attack[:99], "")
    telegram = (Identifier("telegram", attack),)
    world.record(*flagged("https://evil.example/3", title, f"khác {attack}", identifiers=telegram))
    with world.records.write() as session:
        session.execute(update(SavedSearchRow).values(query=attack))
    part_hit(world.records, hit_id, attack, attack)
    stop_value(world.records, "facebook", attack, attack, attack)
    world.refuse(hit_id, attack)
    campaign_id = campaign_of(world.records, hit_id + 1)
    name_campaign(world.records, campaign_id or 0, attack)
    client = world.signed_in(Role.ADMIN)
    pages = [
        client.get(address)
        for address in (
            "/hits",
            f"/hits/{hit_id}?at=0",
            f"/hits/{hit_id}?text=whole&lang=en",
            "/sources",
            "/sources/bao-mau",
            "/reports",
            f"/reports/{receipt}",
            "/audit",
            "/hits?q=giua",
            "/hits?q=evil",
            "/alerts",
            "/searches",
            "/searches/1",
            "/campaigns",
            f"/campaigns/{campaign_id}",
            "/stop-values",
        )
    ]
    pages += [
        client.get(
            "/hits", params={"q": attack, "source": attack, "category": attack, "since": attack, "page": attack}
        ),
        client.get(f"/hits/{hit_id}", params={"q": attack, "at": "0", "decided": attack, "text": attack}),
        world.client().get("/login", params={"next": attack, "lang": attack}),
        client.get("/sources/x", params={"run": attack}),
        client.get(f"/campaigns/{campaign_id}", params={"kind": "telegram", "value": attack.lower(), "part": attack}),
        client.get(f"/campaigns/{campaign_id}", params={"from": attack, "to": attack, "page": attack}),
        client.get("/stop-values", params={"kind": attack, "value": attack}),
    ]
    for answer in pages:
        assert answer.status_code in (200, 400, 404), answer.url
        check(answer.text)
    assert "hxxps://<wbr>" in pages[1].text or "hxxps:/" in pages[1].text
    assert 'href="https:' not in pages[1].text


@pytest.mark.parametrize("day", ["0001-01-01", "0001-01-02", "9999-12-30", "9999-12-31", "0000-00-00", "10000-01-01"])
def test_days_at_the_ends_of_time_are_days(world: World, day: str) -> None:
    client = world.signed_in()
    for parameters in ({"since": day}, {"until": day}, {"since": day, "until": day}):
        for path in ("/hits", "/hits/1", "/export/csv"):
            assert client.get(path, params={**parameters, "at": "0"}).status_code == 200, (path, parameters)
    assert client.get("/hits", params={"until": "0001-01-01", "format": "json"}).json()["total"] == 0
    assert client.get("/hits", params={"since": "0001-01-01", "format": "json"}).json()["total"] == 5


def test_what_people_type_is_shown_as_text_too(world: World) -> None:
    client = world.signed_in(Role.ADMIN)
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/hits").text)[1]  # type: ignore[index]
    for attack in ATTACKS:
        refused = client.post("/reports", data={"csrf_token": token, "url": attack, "note": attack, "reporter": attack})
        check(refused.text)
        conflict = client.post(
            "/hits/1/decisions", data={"csrf_token": token, "to": "closed", "version": "1", "note": attack}
        )
        assert conflict.status_code == 409
        check(conflict.text)
        fields = {"csrf_token": token, "name": attack, "query": f"severity:{attack}"}
        check(client.post("/searches", data=fields).text)
        tie = {"csrf_token": token, "hit": "1", "kind": attack, "value": attack, "note": attack, "is_stopped": "true"}
        for path in ("/campaigns/1/cuts", "/campaigns/1/restorations", "/stop-values"):
            check(client.post(path, data=tie).text)


def test_no_address_of_a_watched_site_is_a_link(world: World) -> None:
    page = world.signed_in().get("/hits/1").text
    assert "https://vay-nhanh.top" not in page
    assert "https://ads.mang-qc.net" not in page
    assert "https://bao-mau.vn" not in page
    check(page)
