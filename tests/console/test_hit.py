import re
from dataclasses import replace

from console.decision import decisive_events
from console.roles import Role
from search.hits import history, load_hit
from search.review import decide
from search.status import Status
from tests.console.world import LOAN_TEXT, PHONE, World, csrf_token, flagged, match_of


def test_a_hit_says_what_why_where_from_and_who(world: World) -> None:
    page = world.signed_in().get("/hits/1").text
    assert "hxxps://<wbr>" not in page.split("<h1>")[0]
    for said in (
        "Vay nhanh 24h",
        "Cho vay trái phép",
        "Cao",
        "Mới",
        "loan/no-pledge",
        "+84912000111",
        "có ở 2 mục",
        "bao-mau",
        "Thấy trên",
        "Chuyển hướng qua",
        "10:30 20/11/2026",
        "Phát hiện",
        "Tiền liền tay",
    ):
        assert said in page, said
    for address in ("vay-nhanh[.]<wbr>top", "ads[.]<wbr>mang-qc[.]<wbr>net", "nhay[.]<wbr>link", "bao-mau[.]<wbr>vn"):
        assert address in page


def test_a_hit_names_the_state_of_its_packs_and_one_no_longer_flagged_says_so(world: World) -> None:
    text = "Vay tiền nhanh, không thẩm định"
    told = replace(match_of(text, "Vay tiền nhanh"), facts={"pack": "loan_credit 2026-11-25 (ab12cd)"})
    page, verdict = flagged("https://vay-goi.top/", "Vay gói", text, matches=(told,), minutes=50)
    client = world.signed_in()
    hit = client.get(f"/hits/{world.record(page, verdict)}").text
    assert "Bộ luật: loan_credit 2026-11-25 (ab12cd)." in hit
    assert verdict.reason_vi not in hit
    page, verdict = flagged("https://vay-cu.top/", "Vay cũ", text, matches=(told,), minutes=50)
    gone = replace(verdict, score=0.4, reason_vi="Luật hiện hành không còn gắn cờ trang này")
    assert gone.reason_vi in client.get(f"/hits/{world.record(page, gone)}").text


def test_the_words_that_matched_are_marked_in_the_text(world: World) -> None:
    page = world.signed_in().get("/hits/1").text
    marks = re.findall(r'<mark id="match-(\d+)"[^>]*title="([^"]*)">([^<]*)</mark>', page)
    assert marks == [
        ("0", "Có cụm từ “Vay tiền nhanh”", "Vay tiền nhanh"),
        ("1", "Có cụm từ “không cần thế chấp”", "không cần thế chấp"),
    ]
    assert '<a href="#match-0">Vay tiền nhanh</a>' in page


def test_overlapping_matches_share_a_mark(world: World) -> None:
    hit_id = world.record(
        *flagged(
            "https://chong-cheo.top/",
            "Chồng chéo",
            LOAN_TEXT,
            matches=(match_of(LOAN_TEXT, "Vay tiền nhanh"), match_of(LOAN_TEXT, "tiền nhanh trong 5 phút", "loan/5")),
        )
    )
    page = world.signed_in().get(f"/hits/{hit_id}").text
    assert re.search(r'class="many[^"]*" title="[^"]* · [^"]*">tiền nhanh</mark>', page)


def test_a_long_text_is_shown_around_its_matches_and_whole_on_request(world: World) -> None:
    text = "mở đầu " * 2000 + LOAN_TEXT + " kết thúc" * 2000
    hit_id = world.record(*flagged("https://dai.top/", "Dài", text, matches=(match_of(text, "không cần thế chấp"),)))
    client = world.signed_in()
    page = client.get(f"/hits/{hit_id}").text
    assert "không cần thế chấp</mark>" in page
    assert len(page) < 20_000
    assert "… lược" in page
    whole = client.get(f"/hits/{hit_id}?text=whole").text
    assert whole.count("mở đầu") == 2000


def test_a_sign_against_is_told_as_such(world: World) -> None:
    against = match_of(LOAN_TEXT, "Gọi ngay", "context/journalism", weight=-0.5)
    hit_id = world.record(
        *flagged("https://bao.vn/", "Báo", LOAN_TEXT, matches=(match_of(LOAN_TEXT, "giải ngân"), against))
    )
    page = world.signed_in().get(f"/hits/{hit_id}").text
    assert re.search(r'<li class="against">\s*<span class="weight"[^>]*>-0\.5', page)
    assert "dấu hiệu ngược lại" in page


def test_next_and_previous_walk_the_queue(world: World) -> None:
    client = world.signed_in()
    page = client.get("/hits?status=new&sort=severity").text
    address = re.findall(r'<h2><a href="(/hits/\d+[^"]*)"', page)[0].replace("&amp;", "&")
    seen = []
    while True:
        seen.append(int(re.match(r"/hits/(\d+)", address)[1]))  # type: ignore[index]
        page = client.get(address).text
        following = re.search(r'rel="next"[^>]* href="([^"]+)"', page)
        if not following:
            break
        address = following[1].replace("&amp;", "&")
    assert seen == [3, 1, 4, 2, 5]
    assert "5 trên 5" in page
    back = re.search(r'rel="prev"[^>]* href="([^"]+)"', page)
    assert back and back[1].startswith("/hits/2?")


def test_a_hit_outside_of_a_queue_has_no_neighbours(world: World) -> None:
    view = world.signed_in().get("/hits/1?format=json").json()
    assert view["neighbours"] is None
    assert view["hit"]["url"] == "https://vay-nhanh.top/dang-ky?goi=1"
    assert view["identifiers"] == [{"kind": PHONE.kind, "value": PHONE.value, "hits": 2}]
    assert view["next_statuses"] == ["in_review", "confirmed", "not_violation"]


def test_an_identifier_leads_to_where_else_it_was_seen(world: World) -> None:
    client = world.signed_in()
    page = client.get("/hits/1").text
    address = re.search(r'href="(/hits\?q=[^"]+)">có ở 2 mục', page)
    assert address
    found = client.get(address[1], headers={"accept": "application/json"}).json()
    assert {hit["id"] for hit in found["hits"]} == {1, 2}


def test_a_page_that_changed_points_to_what_it_says_now(world: World) -> None:
    other = "Nội dung hoàn toàn khác: trúng thưởng xe máy, đóng phí nhận giải, gọi ngay hôm nay để không lỡ cơ hội."
    newer = world.record(*flagged("https://vay-nhanh.top/dang-ky?goi=1", "Trúng thưởng", other, minutes=90))
    client = world.signed_in()
    assert f'<a href="/hits/{newer}">mục {newer}</a>' in client.get("/hits/1").text
    assert '<a href="/hits/1">mục 1</a>' in client.get(f"/hits/{newer}").text


def test_looking_at_a_hit_is_in_the_audit_log(world: World) -> None:
    world.signed_in().get("/hits/2")
    lines = world.signed_in(Role.AUDITOR).get("/audit?format=json").json()["lines"]
    assert (lines[0]["actor"], lines[0]["action"], lines[0]["subject"]) == ("inspector", "hit_viewed", "hit 2")


def test_no_such_hit(world: World) -> None:
    client = world.signed_in()
    for address in ("/hits/999", "/hits/abc", "/hits/0", "/hits/99999999999999999999"):
        answer = client.get(address)
        assert answer.status_code == 404, address
        assert "Không có trang này" in answer.text


def decided(world: World, hit_id: int, **fields: object) -> tuple[int, str]:
    """Decide by form; the status code and where it leads."""
    client = world.signed_in()
    token = csrf_token(client.get("/hits").text)
    answer = client.post(f"/hits/{hit_id}/decisions", data={"csrf_token": token, **fields})
    return answer.status_code, answer.headers.get("location", "")


def test_a_decision_is_kept_with_who_and_why(world: World) -> None:
    version = load_hit(world.records, 1).version  # type: ignore[union-attr]
    assert decided(world, 1, to="confirmed", version=version, note=" đã gọi thử ") == (303, "/hits/1?decided=1")
    hit = load_hit(world.records, 1)
    assert hit is not None and hit.status is Status.CONFIRMED
    last = history(world.records, 1)[-1]
    assert (last.actor, last.from_status, last.to_status, last.note) == ("inspector", "new", "confirmed", "đã gọi thử")
    page = world.signed_in().get("/hits/1?decided=1").text
    assert "Đã lưu: mục 1" in page
    assert "đã gọi thử" in page
    assert world.index.count() == 5
    assert world.signed_in().get("/hits?status=confirmed&format=json").json()["total"] == 1


def test_a_decision_in_a_queue_leads_to_the_next_hit_of_it(world: World) -> None:
    client = world.signed_in()
    address, seen = "/hits/3?status=new&sort=severity&at=0", []
    while "/hits/" in address:
        page = client.get(address).text
        seen.append(re.search(r"<h1>([^<]*)", page)[1])  # type: ignore[index]
        action = re.search(r'id="decide" method="post" action="([^"]+)"', page)
        version = re.search(r'name="version" value="(\d+)"', page)
        assert action and version
        answer = client.post(
            action[1].replace("&amp;", "&"),
            data={"csrf_token": csrf_token(page), "version": version[1], "to": "not_violation"},
        )
        address = answer.headers["location"]
    assert seen == [
        "Đăng nhập ngân hàng số",
        "Vay nhanh 24h",
        "Đi Hàn Quốc lương 60 triệu",
        "Tiền liền tay",
        "Vay online duyệt tự động",
    ]
    assert address == "/hits?status=new&sort=severity&decided=5"


def test_only_the_statuses_that_may_follow_are_offered(world: World) -> None:
    page = world.signed_in().get("/hits/1").text
    assert re.findall(r'name="to" value="(\w+)"', page) == ["in_review", "confirmed", "not_violation"]
    decide(world.records, 1, Status.CONFIRMED, "ai đó")
    page = world.signed_in().get("/hits/1").text
    assert re.findall(r'name="to" value="(\w+)"', page) == ["handed_over", "taken_down", "closed", "in_review"]


def test_a_hit_that_somebody_decided_meanwhile_is_a_conflict(world: World) -> None:
    version = load_hit(world.records, 1).version  # type: ignore[union-attr]
    events = decisive_events(history(world.records, 1))
    decide(world.records, 1, Status.NOT_VIOLATION, "người khác", "trang thật")
    client = world.signed_in()
    answer = client.post(
        "/hits/1/decisions",
        data={
            "csrf_token": csrf_token(client.get("/hits").text),
            "to": "confirmed",
            "version": version,
            "events": events,
            "note": "ghi chú của tôi",
        },
    )
    assert answer.status_code == 409
    for said in ("Chưa lưu", "người khác", "trang thật", "Không vi phạm", "ghi chú của tôi", 'href="/hits/1"'):
        assert said in answer.text, said
    assert load_hit(world.records, 1).status is Status.NOT_VIOLATION  # type: ignore[union-attr]


def test_a_hit_that_was_only_seen_again_is_no_conflict(world: World) -> None:
    version = load_hit(world.records, 5).version  # type: ignore[union-attr]
    events = decisive_events(history(world.records, 5))
    world.record(
        *flagged(
            "https://vay-online.xyz/", "Vay online duyệt tự động", "Chỉ cần căn cước, duyệt trong ngày.", minutes=99
        )
    )
    assert load_hit(world.records, 5).version > version  # type: ignore[union-attr]
    assert decided(world, 5, to="confirmed", version=version)[0] == 409
    assert decided(world, 5, to="confirmed", version=version, events=events)[0] == 303


def test_a_status_that_may_not_follow_is_a_conflict(world: World) -> None:
    version = load_hit(world.records, 1).version  # type: ignore[union-attr]
    assert decided(world, 1, to="closed", version=version)[0] == 409


def test_a_decision_as_json(world: World) -> None:
    client = world.signed_in()
    client.headers["accept"] = "application/json"
    token = csrf_token(client.get("/hits?format=html").text)
    version = client.get("/hits/2").json()["hit"]["version"]
    body = {"to": "in_review", "version": version, "note": "xem thêm"}
    refused = client.post("/hits/2/decisions", json=body)
    assert (refused.status_code, refused.json()["kind"]) == (403, "forged_form")
    taken = client.post("/hits/2/decisions", json=body, headers={"x-csrf-token": token})
    assert taken.status_code == 200
    assert taken.json() == {"hit_id": 2, "status": "in_review", "version": version + 1}
    again = client.post("/hits/2/decisions", json=body, headers={"x-csrf-token": token})
    assert again.status_code == 409
    assert again.json()["hit"]["status"] == "in_review"
    missing = client.post("/hits/999/decisions", json=body, headers={"x-csrf-token": token})
    assert missing.status_code == 404


def test_decisions_that_make_no_sense(world: World) -> None:
    assert decided(world, 1, to="confirmed")[0] == 400
    assert decided(world, 1, to="nonsense", version=1)[0] == 400
    assert decided(world, 1, version=1)[0] == 400
    assert decided(world, 1, to="confirmed", version="x")[0] == 400
    assert decided(world, 1, to="confirmed", version=1, note="x" * 2001)[0] == 400
    client = world.signed_in()
    token = csrf_token(client.get("/hits").text)
    for body in (b"{", b"[1]", b'{"to": {"a": 1}}', b"\xff"):
        answer = client.post(
            "/hits/1/decisions", content=body, headers={"content-type": "application/json", "x-csrf-token": token}
        )
        assert answer.status_code == 400, body
    assert load_hit(world.records, 1).status is Status.NEW  # type: ignore[union-attr]
    too_much = client.post("/hits/1/decisions", data={"csrf_token": token, "note": "x" * 100_000})
    assert too_much.status_code == 413


def test_a_decision_is_in_the_audit_log(world: World) -> None:
    decided(world, 1, to="confirmed", version=1)
    line = world.signed_in(Role.AUDITOR).get("/audit?format=json").json()["lines"][0]
    assert (line["actor"], line["action"], line["subject"], line["detail"]) == (
        "inspector",
        "decided",
        "hit 1",
        "confirmed",
    )
