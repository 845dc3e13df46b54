"""The capture worker with a real Chromium: what it takes is kept, can be searched, and ties clones of one design."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from sqlalchemy import select

from crawler.capturing import take_captures
from crawler.settings import Settings
from matchers.match import Severity
from search.campaigns.campaign import campaign_of, path
from search.captures import CaptureState, captures_in
from search.hits import record_hit
from search.outbox import waiting
from search.records import open_records
from search.tables import CapturedPageRow
from tests.search.material import page, verdict

pytestmark = pytest.mark.browser

BANK = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{name}</title>
<style>body{{margin:0;font:16px sans-serif}}header{{background:#00603c;color:#fff;padding:28px}}
main{{display:flex;flex-wrap:wrap}}section{{background:#8cc6a4;min-height:430px;flex:2 1 300px;padding:30px}}
form{{background:#e9eef0;flex:1 1 220px;padding:40px;border:2px solid #456}}input{{display:block;width:90%;height:36px}}
button{{background:#c8102e;color:#fff;width:90%;height:46px;margin-top:20px}}footer{{background:#222;color:#ddd;padding:50px}}
</style><header><h1>{name}</h1></header><main><section><h2>{offer}</h2><p>{words}</p></section>
<form><p>Tên đăng nhập</p><input><p>Mật khẩu</p><input type=password><button>Đăng nhập</button></form></main>
<footer>Hỗ trợ khách hàng: {phone}</footer>"""
CLONES = {
    "vcb-mot.test": BANK.format(
        name="Ngân hàng số", offer="Vay nhanh 24h", words="Giải ngân trong ngày, không thế chấp.", phone="0912 000 111"
    ),
    "vcb-hai.test": BANK.format(
        name="Ngân hàng điện tử",
        offer="Nhận quà tri ân",
        words="Đăng nhập để nhận thưởng hôm nay.",
        phone="0987 654 321",
    ),
}
SHOP = (
    """<!doctype html><meta charset="utf-8"><title>Chợ</title><style>body{margin:0;background:#fdf3d8}
div{float:left;width:28%;height:150px;margin:2%;background:#b5651d}div:nth-child(3n){background:#333}</style>
<h1>Giá sốc hôm nay</h1>"""
    + "<div>Giảm 90%</div>" * 12
)
LOGIN = """<!doctype html><meta charset="utf-8"><title>Đăng nhập</title><center style="margin-top:180px">
<p>{}</p><input><br><button>Tiếp tục</button></center>"""
PAGES = {
    **CLONES,
    "cho.test": SHOP,
    "hop-mot.test": LOGIN.format("Mời bạn đăng nhập"),
    "hop-hai.test": LOGIN.format("Nhập mã của bạn"),
}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = PAGES.get(str(self.headers["Host"]).partition(":")[0], "").encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def test_clones_of_one_design_are_tied_by_their_pictures(port: int, tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path / "data",
        allow_private_addresses=True,
        host_overrides={"*.test": "127.0.0.1"},
    )
    records = open_records(settings.records.url)
    ids = {}
    for device in ("desktop", "mobile"):
        for host in PAGES:
            seen = page(f"http://{host}:{port}/{device}", f"{host} {device}", title="")
            ids[host, device] = record_hit(records, seen, verdict(), Severity.LOW, device).hit_id
    announced, _ = waiting(records)
    assert asyncio.run(take_captures(settings, until_closed=False)) == captures_in(records, CaptureState.DONE) == 10
    assert waiting(records)[0] == announced + 10
    with records.read() as session:
        shown = {row.hit_id: row for row in session.scalars(select(CapturedPageRow))}
    assert "0987 654 321" in shown[ids["vcb-hai.test", "desktop"]].text
    for device in ("desktop", "mobile"):
        (hop,) = path(records, ids["vcb-mot.test", device], ids["vcb-hai.test", device])
        assert hop.kind == "picture"
        assert shown[ids["cho.test", device]].picture_fingerprint != 0
        assert shown[ids["hop-mot.test", device]].picture_fingerprint == 0
    bank, shop = campaign_of(records, ids["vcb-mot.test", "desktop"]), campaign_of(records, ids["cho.test", "desktop"])
    assert bank != shop
    alone = {campaign_of(records, ids[host, "desktop"]) for host in ("hop-mot.test", "hop-hai.test")}
    assert len(alone) == 2
    records.close()
