import re
from dataclasses import replace
from pathlib import Path

import pytest

from console.app import NO_KEYS
from console.headers import SANDBOX_POLICY
from console.roles import Role
from evidence.vault import FolderVault
from search.captures import fail_capture, lease_capture, request_capture
from tests.console.world import PNG, World


def content_of(world: World, evidence_id: str, name: str) -> Path:
    """Where the vault keeps a file of a capture."""
    sha256 = world.vault.get(evidence_id).files[name].sha256
    return world.vault.root / "objects" / sha256[:2] / sha256


def overwrite(path: Path, content: bytes) -> None:
    path.chmod(0o600)
    path.write_bytes(content)


def test_a_hit_shows_its_picture_and_where_to_check_it(world: World) -> None:
    evidence_id = world.keep_evidence(1)
    client = world.signed_in()
    page = client.get("/hits/1").text
    assert f'src="/evidence/{evidence_id}/screenshot.png"' in page
    assert f'href="/evidence/{evidence_id}"' in page
    assert "Đã thu thập chứng cứ" in page
    view = client.get("/hits/1?format=json").json()
    assert view["captures"][0]["record"]["id"] == evidence_id


def test_evidence_that_is_whole_is_told_so(world: World) -> None:
    evidence_id = world.keep_evidence(1)
    client = world.signed_in()
    assert "Nguyên vẹn từ khi niêm phong" in client.get(f"/evidence/{evidence_id}/verdict").text
    page = client.get(f"/evidence/{evidence_id}").text
    for said in ("Nguyên vẹn từ khi niêm phong", "capture/screenshot.png", "Đưa vào kho", "vay-nhanh[.]<wbr>top"):
        assert said in page, said
    verdict = client.get(f"/evidence/{evidence_id}?format=json").json()["verdict"]
    assert verdict["is_whole"] and verdict["custody_entries"] == 2


@pytest.mark.parametrize("name", ["capture/screenshot.png", "archive/data.warc.gz", "capture/capture.json"])
def test_evidence_that_was_changed_is_told_so(world: World, name: str) -> None:
    evidence_id = world.keep_evidence(1)
    path = content_of(world, evidence_id, name)
    overwrite(path, path.read_bytes()[:-1] + b"!")
    client = world.signed_in()
    assert "không còn như khi niêm phong" in client.get(f"/evidence/{evidence_id}/verdict").text
    page = client.get(f"/evidence/{evidence_id}")
    assert page.status_code == 200
    assert name in page.text
    assert not client.get(f"/evidence/{evidence_id}/verdict?format=json").json()["is_whole"]


def test_a_signature_of_a_key_nobody_trusts_does_not_count(world: World) -> None:
    evidence_id = world.keep_evidence(1)
    world.app.state.desk = replace(world.app.state.desk, trusted=NO_KEYS)
    assert not world.signed_in().get(f"/evidence/{evidence_id}/verdict?format=json").json()["is_whole"]


def test_the_picture_comes_alone_and_can_do_nothing(world: World) -> None:
    answer = world.signed_in().get(f"/evidence/{world.keep_evidence(1)}/screenshot.png")
    assert (answer.status_code, answer.content) == (200, PNG)
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-security-policy"] == SANDBOX_POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"


def test_a_picture_that_is_none_or_was_changed_is_not_shown(world: World) -> None:
    client = world.signed_in()
    page = world.keep_evidence(1, picture=b"<html><script>alert(1)</script></html>")
    assert client.get(f"/evidence/{page}/screenshot.png").status_code == 503
    changed = world.keep_evidence(2, url="https://tien-lien.icu/")
    overwrite(content_of(world, changed, "capture/screenshot.png"), PNG + b"!")
    answer = client.get(f"/evidence/{changed}/screenshot.png")
    assert answer.status_code == 503
    assert "không còn đúng như khi niêm phong" in answer.text


@pytest.mark.parametrize("evidence_id", ["20261120T033000Z-0123456789", "nonsense", "%2e%2e%2f%2e%2e%2fetc"])
def test_evidence_that_is_not_there(world: World, evidence_id: str) -> None:
    client = world.signed_in()
    for tail in ("", "/verdict", "/screenshot.png"):
        assert client.get(f"/evidence/{evidence_id}{tail}").status_code == 404, tail


def test_evidence_that_got_lost_is_told_on_the_hits_page(world: World) -> None:
    evidence_id = world.keep_evidence(1)
    world.app.state.desk = replace(world.app.state.desk, vault=FolderVault(world.folder / "another"))
    page = world.signed_in().get("/hits/1").text
    assert f"Kho không cung cấp được: {evidence_id}" in page


def test_evidence_that_waits_is_told(world: World) -> None:
    assert "Chứng cứ đang chờ thu thập" in world.signed_in().get("/hits/3").text
    assert "Không thu thập chứng cứ" in world.signed_in().get("/hits/5").text


def test_looking_at_evidence_is_in_the_audit_log(world: World) -> None:
    evidence_id = world.keep_evidence(1)
    world.signed_in(Role.OPERATOR).get(f"/evidence/{evidence_id}")
    line = world.signed_in(Role.AUDITOR).get("/audit?format=json").json()["lines"][0]
    assert (line["actor"], line["action"], line["subject"]) == (
        "operator",
        "evidence_viewed",
        f"evidence {evidence_id}",
    )


def test_why_a_capture_failed_is_told_in_words_first(world: World) -> None:
    with world.records.write() as session:
        request_capture(session, 1, "https://vay-nhanh.top/", "desktop", "")
    for failure in ("unreachable: no route to host", "its worker died: of 3"):
        job = lease_capture(world.records)
        assert job is not None
        fail_capture(world.records, job.id, failure, is_final=True)
    pages = [world.signed_in().get(f"/hits/{number}").text for number in (3, 1)]
    shown = [re.sub(r'<details class="technical">.*?</details>', "", page, flags=re.DOTALL) for page in pages]
    assert shown[0].count("Không truy cập được") == 2, "beside the picture's place and in the history"
    assert pages[0].count("no route to host") == 2 and "no route to host" not in shown[0]
    assert pages[1].count("its worker died: of 3") == 2 and "its worker died" not in shown[1]
