import re

import pytest

from console.roles import Role
from search.reports import ReportOutcome, answer_link, find_link, latest_links
from tests.console.world import World, csrf_token


def test_a_reported_link_gets_a_receipt(world: World) -> None:
    client = world.signed_in()
    form = client.get("/reports")
    assert "Chưa có liên kết nào được báo" in form.text
    answer = client.post(
        "/reports",
        data={
            "csrf_token": csrf_token(form.text),
            "url": " vay-nong.top/abc ",
            "note": "mất 5 triệu",
            "reporter": "Bà Tám",
        },
    )
    assert answer.status_code == 303
    receipt = re.fullmatch(r"/reports/(LT-\d{8}-[0-9A-F]{8})", answer.headers["location"])
    assert receipt
    link = find_link(world.records, receipt[1])
    assert link is not None
    assert (link.url, link.note, link.reporter) == ("http://vay-nong.top/abc", "mất 5 triệu", "Bà Tám")
    page = client.get(answer.headers["location"]).text
    for said in (receipt[1], "vay-nong[.]<wbr>top", "Bà Tám", "mất 5 triệu", "Chờ kiểm tra"):
        assert said in page, said
    assert receipt[1] in client.get("/reports").text


def test_a_report_without_a_name_is_the_accounts_own(world: World) -> None:
    client = world.signed_in(Role.OPERATOR)
    token = csrf_token(client.get("/reports").text)
    client.post("/reports", data={"csrf_token": token, "url": "https://a.example/"})
    assert latest_links(world.records)[0].reporter == "Người thử operator"


def test_what_came_of_a_report_is_told(world: World) -> None:
    client = world.signed_in()
    token = csrf_token(client.get("/reports").text)
    client.post("/reports", data={"csrf_token": token, "url": "https://vay-nhanh.top/"})
    receipt = latest_links(world.records)[0].receipt
    answer_link(world.records, receipt, ReportOutcome.FLAGGED, hit_id=1)
    for address in ("/reports", f"/reports/{receipt}"):
        page = client.get(address).text
        assert "Có dấu hiệu vi phạm" in page
        assert 'href="/hits/1"' in page


@pytest.mark.parametrize(
    "url", ["", "không phải địa chỉ", "ftp://a.example/", "javascript:alert(1)", "http://[", "x" * 2100]
)
def test_what_is_no_address_is_sent_back_with_what_was_typed(world: World, url: str) -> None:
    client = world.signed_in()
    token = csrf_token(client.get("/reports").text)
    answer = client.post("/reports", data={"csrf_token": token, "url": url, "note": "ghi chú dài"})
    assert answer.status_code == 400
    assert "Đây không phải địa chỉ trang web" in answer.text or not url
    assert "ghi chú dài" in answer.text
    assert latest_links(world.records) == []


def test_a_report_as_json(world: World) -> None:
    client = world.signed_in()
    token = csrf_token(client.get("/reports").text)
    headers = {"accept": "application/json", "x-csrf-token": token}
    answer = client.post("/reports", json={"url": "https://a.example/"}, headers=headers)
    assert answer.status_code == 201
    assert answer.json()["outcome"] == "waiting"
    assert client.get(f"/reports/{answer.json()['receipt']}", headers=headers).json() == answer.json()
    assert client.get("/reports", headers=headers).json()["links"] == [answer.json()]
    assert client.post("/reports", json={"url": "x"}, headers=headers).status_code == 400
    assert client.get("/reports/LT-nothing", headers=headers).status_code == 404
