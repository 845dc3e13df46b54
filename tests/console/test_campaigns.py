import re
from html import unescape

import pytest
from starlette.testclient import TestClient

from console import labels
from console.audit import audit_lines
from console.roles import Role
from matchers.match import Identifier
from search.campaigns.campaign import CampaignOrder, campaign_of
from search.campaigns.splitting import cut_tie, stop_value, stop_values
from search.campaigns.stop_values import COUNTED
from search.hits import history
from tests.console.test_queue import titles
from tests.console.world import PHONE, World, csrf_token, flagged

ACCOUNT = Identifier("bank_account", "VCB:0071000999888")


@pytest.fixture
def chain(world: World) -> World:
    """Hits 1 and 2 share a number, 6 and 7 an account, and 8 has both: one campaign of five."""
    for number, host in enumerate(("mot.top", "hai.top")):
        text = f"chuyển khoản {host} " * 3
        world.record(*flagged(f"https://{host}/", f"Trang {host}", text, identifiers=(ACCOUNT,), minutes=50 + number))
    both = (PHONE, ACCOUNT)
    world.record(*flagged("https://ba.top/", "Cầu nối", "gọi và chuyển khoản", identifiers=both, minutes=60))
    return world


def campaign_id(world: World, hit_id: int = 1) -> int:
    found = campaign_of(world.records, hit_id)
    assert found is not None
    return found


def post(client: TestClient, path: str, **fields: object) -> str:
    """Send a form with the token of our page; where it leads."""
    answer = client.post(path, data={"csrf_token": csrf_token(client.get("/hits").text), **fields})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def test_campaigns_are_listed_with_what_joins_most_of_them(chain: World) -> None:
    client = chain.signed_in()
    page = client.get("/campaigns").text
    assert titles(page) == [f"Chiến dịch {campaign_id(chain)}"]
    assert "1 chiến dịch" in page and "5 mục" in page
    assert "Cùng số điện thoại +84912000111 trên 3 mục." in page
    assert "Cùng tài khoản ngân hàng VCB:0071000999888 trên 3 mục." in page
    assert "Cho vay trái phép <b>5</b>" in page
    english = client.get("/campaigns?lang=en").text
    assert "The same phone number +84912000111 on 3 hits." in english
    view = client.get("/campaigns?sort=size&format=json").json()
    assert (view["total"], view["pages"], view["order"]) == (1, 1, "size")
    assert view["campaigns"][0]["size"] == 5


def test_campaigns_are_ordered_and_paged(world: World) -> None:
    world.record(*flagged("https://bon.top/", "Bốn", "bốn", identifiers=(PHONE,), minutes=1))
    for number in range(2):
        account = Identifier("telegram", "cho_vay")
        world.record(
            *flagged(f"https://k{number}.top/", f"K{number}", f"k {number}", identifiers=(account,), minutes=99)
        )
    client = world.signed_in()
    newest = [line["size"] for line in client.get("/campaigns?format=json").json()["campaigns"]]
    largest = [line["size"] for line in client.get("/campaigns?format=json&sort=size").json()["campaigns"]]
    assert (newest, largest) == ([2, 3], [3, 2])
    assert set(labels.CAMPAIGN_ORDERS) == set(CampaignOrder)
    assert "Không có trang 2" in client.get("/campaigns?page=2").text


def test_a_campaign_shows_its_hits_and_each_tie_with_its_hits(chain: World) -> None:
    client = chain.signed_in()
    page = client.get(f"/campaigns/{campaign_id(chain)}").text
    for said in ("Tiền liền tay", "Vay nhanh 24h", "Trang mot.top", "Cầu nối", "hxxps:/<wbr>/<wbr>mot[.]"):
        assert said in page, said
    tie = re.search(r'Cùng số điện thoại \+84912000111 trên 3 mục\. <span class="soft">các mục (.*?)</span>', page)
    assert tie and re.findall(r'href="/hits/(\d+)"', tie[1]) == ["8", "2", "1"]
    closer = re.search(r'href="(/campaigns/\d+\?kind=phone[^"#]*)#tie"', page)
    assert closer
    looked_at = client.get(unescape(closer[1])).text
    assert 'id="tie-heading">Cùng số điện thoại' in looked_at
    assert client.get(f"/campaigns/{campaign_id(chain)}?format=json").json()["campaign"]["size"] == 5


def test_why_two_hits_belong_together_is_shown_hop_by_hop(chain: World) -> None:
    client = chain.signed_in()
    here = f"/campaigns/{campaign_id(chain)}"
    page = client.get(f"{here}?from=1&to=6").text
    hops = re.findall(r"mục (\d+)</a> → <a [^>]*>mục (\d+)</a>: <a [^>]*>(cùng [^<]*)</a>", page)
    assert hops == [
        ("1", "8", "cùng số điện thoại +84912000111 trên 3 mục"),
        ("8", "6", "cùng tài khoản ngân hàng VCB:0071000999888 trên 3 mục"),
    ]
    assert len(client.get(f"{here}?from=1&to=6&format=json").json()["path"]) == 2
    for nowhere in ("from=1&to=3", "from=1&to=999999999", "from=1&to=1"):
        assert "Không có gì nối hai mục này" in client.get(f"{here}?{nowhere}").text
    assert client.get(f"{here}?from=1&to=x&format=json").json()["path"] is None


def test_a_hit_tells_its_campaign_and_what_it_shares(chain: World) -> None:
    client = chain.signed_in()
    page = client.get("/hits/8").text
    assert f'href="/campaigns/{campaign_id(chain)}?from=8"><b>Chiến dịch {campaign_id(chain)}</b></a>, 5 mục' in page
    assert "chung" in page and "Trang mot.top" in page
    assert client.get("/hits/8?format=json").json()["campaign"] == {"id": campaign_id(chain), "name": "", "size": 5}
    assert client.get("/hits/3?format=json").json()["campaign"] is None


def test_a_tie_is_cut_and_restored_with_a_note_in_history_and_audit(chain: World) -> None:
    client = chain.signed_in()
    here = f"/campaigns/{campaign_id(chain)}"
    tie = {"hit": 8, "kind": PHONE.kind, "value": PHONE.value}
    assert post(client, f"{here}/cuts", **tie, note=" số gọi nhầm ") == here
    assert campaign_of(chain.records, 8) != campaign_of(chain.records, 1)
    last = history(chain.records, 8)[-1]
    assert (last.actor, last.action) == ("inspector", "tie_cut") and "số gọi nhầm" in last.note
    line = audit_lines(chain.records, 1)[0][0]
    assert (line.actor, line.action, line.subject) == ("inspector", "tie_cut", "hit 8")
    assert "số gọi nhầm" in line.detail
    assert "Đã cắt một mối nối" in client.get("/hits/8").text
    page = client.get(f"/campaigns/{campaign_id(chain, 8)}").text
    assert "Những mối nối đã cắt" in page and "số gọi nhầm" in page
    post(client, f"/campaigns/{campaign_id(chain, 8)}/restorations", **tie, note="đúng là số này")
    assert campaign_of(chain.records, 8) == campaign_of(chain.records, 1)
    assert [event.action for event in history(chain.records, 8)][-1] == "tie_restored"
    assert audit_lines(chain.records, 1)[0][0].action == "tie_restored"


def test_a_hit_is_taken_out(chain: World) -> None:
    client = chain.signed_in()
    here = f"/campaigns/{campaign_id(chain)}"
    form = client.get(f"{here}?part=8").text
    assert 'action="' + here + '/partings"' in form and "Tách mục 8 ra" in form
    post(client, f"{here}/partings", hit=8, note="trang báo chí")
    assert campaign_of(chain.records, 8) is None
    assert [event.action for event in history(chain.records, 8)][-1] == "parted"
    assert audit_lines(chain.records, 1)[0][0].action == "hit_parted"
    assert "Được tách khỏi chiến dịch" in client.get("/hits/8").text


def test_a_campaign_is_named_and_leads_on_when_it_was_joined(chain: World) -> None:
    client = chain.signed_in()
    old = campaign_id(chain)
    for number in range(2):
        account = Identifier("telegram", "cho_vay")
        chain.record(*flagged(f"https://k{number}.top/", f"K{number}", f"k {number}", identifiers=(account,)))
    newer = campaign_id(chain, 9)
    post(client, f"/campaigns/{old}/name", name="Nhóm cũ")
    post(client, f"/campaigns/{newer}/name", name=" Nhóm   K ")
    assert "Nhóm K" in client.get(f"/campaigns/{newer}").text
    assert audit_lines(chain.records, 1)[0][0].action == "campaign_named"
    chain.record(*flagged("https://noi.top/", "Nối", "nối", identifiers=(PHONE, Identifier("telegram", "cho_vay"))))
    answer = client.get(f"/campaigns/{newer}?from=9&to=1")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/campaigns/{old}?from=9&to=1")
    token = csrf_token(client.get("/hits").text)
    assert client.post(f"/campaigns/{newer}/name", data={"csrf_token": token, "name": "x"}).status_code == 404


def test_a_value_that_honest_people_share_ties_nobody_until_it_is_freed(chain: World) -> None:
    client = chain.signed_in()
    here = f"/campaigns/{campaign_id(chain)}"
    value = {"kind": "phone", "value": "0912 000 111"}
    assert (
        post(client, "/stop-values", **value, is_stopped="true", note="tổng đài", campaign=campaign_id(chain)) == here
    )
    assert campaign_of(chain.records, 1) is None
    assert campaign_of(chain.records, 8) is not None
    (decided,) = [one for one in stop_values(chain.records) if one.value == PHONE.value]
    assert (decided.is_stopped, decided.reason, decided.decided_by) == (True, "tổng đài", "inspector")
    assert audit_lines(chain.records, 1)[0][0].action == "value_stopped"
    page = client.get("/stop-values").text
    assert "+84912000111" in page and "tổng đài" in page and "có sẵn trong chương trình" in page
    assert post(client, "/stop-values", **value, is_stopped="false", note="không phải") == "/stop-values"
    assert campaign_of(chain.records, 1) == campaign_of(chain.records, 8)
    assert audit_lines(chain.records, 1)[0][0].action == "value_freed"
    assert "được nối lại" in client.get("/stop-values").text


def test_what_the_program_stopped_by_itself_is_marked_until_somebody_decides(chain: World) -> None:
    client = chain.signed_in()
    value = {"kind": "phone", "value": PHONE.value}
    stop_value(chain.records, **value, actor=COUNTED, reason="Có trên quá nhiều mục khác loại")
    assert "cần xem lại" in client.get("/stop-values").text
    post(client, "/stop-values", **value, is_stopped="true", note="đúng là tổng đài")
    assert "cần xem lại" not in client.get("/stop-values").text


def test_a_campaign_that_was_taken_apart_says_so(world: World) -> None:
    client = world.signed_in()
    here = f"/campaigns/{campaign_id(world)}"
    cut_tie(world.records, 2, PHONE.kind, PHONE.value, "ai đó", "nhầm")
    page = client.get(here)
    assert page.status_code == 200 and "đã được tách hết" in page.text
    assert "Chưa có chiến dịch nào" in client.get("/campaigns").text


def test_what_cannot_be_done_is_said(chain: World) -> None:
    client = chain.signed_in()
    here, token = f"/campaigns/{campaign_id(chain)}", csrf_token(client.get("/hits").text)
    tie = {"hit": "8", "kind": "phone", "value": PHONE.value, "note": "x"}
    for path, fields, status in (
        (f"{here}/cuts", {**tie, "value": "+84900000000"}, 409),
        (f"{here}/restorations", tie, 409),
        (f"{here}/cuts", {**tie, "note": "  "}, 400),
        (f"{here}/cuts", {**tie, "hit": "x"}, 400),
        (f"{here}/partings", {"hit": "3", "note": "x"}, 409),
        (f"{here}/partings", {"hit": "99999", "note": "x"}, 404),
        ("/campaigns/99999/name", {"name": "x"}, 404),
        (f"{here}/name", {"name": "x" * 129}, 400),
        ("/stop-values", {"kind": "site", "value": "docs.google.com", "is_stopped": "true", "note": "x"}, 400),
        ("/stop-values", {"kind": "phone", "value": "0912000111", "note": "x"}, 400),
    ):
        answer = client.post(path, data={"csrf_token": token, **fields})
        assert answer.status_code == status, (path, fields, answer.text)
    assert client.get("/campaigns/99999").status_code == client.get("/campaigns/0").status_code == 404
    assert campaign_of(chain.records, 8) == campaign_of(chain.records, 1)


def test_acts_as_json_say_where_they_show(chain: World) -> None:
    client = chain.signed_in()
    headers = {"x-csrf-token": csrf_token(client.get("/hits").text), "accept": "application/json"}
    here = f"/campaigns/{campaign_id(chain)}"
    answer = client.post(f"{here}/partings", json={"hit": 8, "note": "x"}, headers=headers)
    assert answer.json() == {"see": here}


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.AUDITOR])
def test_who_does_not_decide_sees_campaigns_and_changes_none(chain: World, role: Role) -> None:
    client = chain.signed_in(role)
    here = f"/campaigns/{campaign_id(chain)}"
    for address in (here, f"{here}?kind=phone&value=%2B84912000111&part=8", "/campaigns", "/stop-values"):
        page = client.get(address)
        assert page.status_code == 200
        assert 'method="post"' not in page.text.split("<main")[1]


def test_addresses_in_ties_are_no_addresses_any_more(world: World) -> None:
    for number in range(2):
        world.record(*flagged(f"https://chung.top/{number}", f"Trang {number}", f"khác {number}"))
    page = world.signed_in().get(f"/campaigns/{campaign_id(world, 6)}").text
    assert "Cùng trang web chung[.]top trên 2 mục." in page
    assert "chung.top" not in re.sub(r'(?:href|value)="[^"]*"', "", page)
