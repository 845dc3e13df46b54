"""The console in a real Chromium, beside a watched site that must never hear of it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect, sync_playwright

from console.roles import Role
from evidence.browser import find_chromium, launch_arguments
from matchers.match import Severity
from search.campaigns.campaign import campaign_of
from search.hits import history, load_hit
from search.runs import Counts, Failure, RunState, SourceSummary, finish_run, keep_sources, start_run, update_run
from search.saved import save_search
from search.status import Status
from tests.console.world import LOAN_TEXT, NOW, PASSWORD, PHONE, World, flagged, match_of

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    chromium = find_chromium(None)
    assert chromium is not None, "these tests need a Chromium; install one"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium.executable, args=[*launch_arguments()])
        yield launched
        launched.close()


@pytest.fixture
def watched() -> Iterator[tuple[str, list[str]]]:
    """A watched site on loopback: its address, and every request that reached it."""
    reached: list[str] = []

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            reached.append(self.path)
            self.send_response(200)
            self.end_headers()

        do_POST = do_HEAD = do_OPTIONS = do_GET  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", reached
    server.shutdown()
    server.server_close()


@contextmanager
def served(world: World) -> Iterator[str]:
    """The console's address while it is served."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(world.app, log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started:
        assert time.monotonic() < deadline, "the console did not start"
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
        listening.close()


class Watch:
    """What a page asked for, and what its console said."""

    def __init__(self, page: Page) -> None:
        self.requested: list[str] = []
        self.said: list[str] = []
        page.on("request", lambda request: self.requested.append(request.url))
        page.on("console", lambda message: self.said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.said.append(f"error: {error}"))

    def check(self, address: str) -> None:
        """Nothing left for another host, nothing broke, and the policy had nothing to forbid."""
        assert self.requested
        assert [url for url in self.requested if not url.startswith(f"{address}/")] == []
        assert [line for line in self.said if line.startswith(("error", "warning"))] == []


def sign_in(page: Page, address: str, role: Role = Role.INSPECTOR) -> None:
    """Sign in by the form."""
    page.goto(f"{address}/")
    page.get_by_label("Tên tài khoản").fill(role)
    page.get_by_label("Mật khẩu").fill(PASSWORD)
    page.get_by_role("button", name="Đăng nhập").click()
    expect(page.get_by_role("heading", name="Hàng đợi")).to_be_visible()


def press(page: Page, *keys: str) -> None:
    """Press keys on a page whose links and forms are htmx's; before that the browser would follow them itself."""
    page.wait_for_function(
        "() => document.querySelector('main a, main form')?.hasAttribute('data-htmx-powered')"
        " && !document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling, .htmx-added')"
    )
    for key in keys:
        page.keyboard.press(key)


def hostile(world: World, site: str) -> int:
    """A hit that would call the watched site if any of it were more than text."""
    text = (
        f'<img src="{site}/img"><script src="{site}/script"></script><link rel=stylesheet href="{site}/css">'
        f'<iframe src="{site}/frame"></iframe> {LOAN_TEXT} {site}/plain <a ping="{site}/ping" href="{site}/a">bấm</a>'
    )
    return world.record(
        *flagged(
            f"{site}/dang-nhap",
            f'<img src="{site}/title"> Vay nóng',
            text,
            severity=Severity.CRITICAL,
            matches=(match_of(text, "Vay tiền nhanh"), match_of(text, f'<img src="{site}/img">')),
            redirect_chain=(f"{site}/r1", f"{site}/r2"),
            referrer_url=f"{site}/ref",
            minutes=50,
        )
    )


def test_a_day_of_an_inspector_never_reaches_a_watched_site(
    world: World, browser: Browser, watched: tuple[str, list[str]]
) -> None:
    site, reached = watched
    hit_id = hostile(world, site)
    world.keep_evidence(hit_id, url=f"{site}/dang-nhap")
    world.deliver()
    with served(world) as address:
        page = browser.new_page()
        watch = Watch(page)
        sign_in(page, address)
        expect(page.locator(".line")).to_have_count(6)

        page.get_by_role("checkbox", name="Nghiêm trọng").check()
        expect(page.locator(".line")).to_have_count(2)
        assert "severity=4" in page.url and "since=" not in page.url
        page.go_back()
        expect(page.locator(".line")).to_have_count(6)
        page.go_forward()
        expect(page.locator(".line")).to_have_count(2)

        page.get_by_role("link", name="Vay nóng").click()
        expect(page.get_by_role("heading", name="Vay nóng", level=1)).to_be_visible()
        expect(page.locator("mark").filter(has_text="Vay tiền nhanh")).to_be_visible()
        expect(page.get_by_text("Nguyên vẹn từ khi niêm phong")).to_be_visible()
        picture = page.locator(".shot img")
        picture.scroll_into_view_if_needed()
        assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 1

        press(page, "m")
        page.keyboard.type("đã đối chiếu")
        press(page, "Escape", "c")
        expect(page.get_by_role("heading", name="Đăng nhập ngân hàng số", level=1)).to_be_visible()
        expect(page.get_by_text(f"Đã lưu: mục {hit_id}")).to_be_visible()
        press(page, "n")
        expect(page.get_by_text("Không có mục nào phù hợp")).to_be_visible()

        page.get_by_role("link", name="Tất cả", exact=True).click()
        expect(page.locator(".line")).to_have_count(6)
        press(page, "/")
        page.keyboard.type("han quoc")
        press(page, "Enter")
        expect(page.locator(".line")).to_have_count(1)
        assert page.url == f"{address}/hits?q=han+quoc"
        press(page, "j", "Enter")
        expect(page.get_by_role("heading", name="Đi Hàn Quốc", level=1)).to_be_visible()
        press(page, "u")
        expect(page.locator(".line")).to_have_count(1)
        press(page, "?")
        expect(page.get_by_role("dialog")).to_be_visible()
        press(page, "Escape")

        for path in ("/sources", "/reports", f"/hits/{hit_id}?text=whole", "/hits?lang=en"):
            page.goto(address + path)
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("button", name="Sign in")).to_be_visible()
        watch.check(address)
        page.close()
    decided = load_hit(world.records, hit_id)
    assert decided is not None and decided.status is Status.CONFIRMED
    assert history(world.records, hit_id)[-1].note == "đã đối chiếu"
    assert load_hit(world.records, 3).status is Status.NOT_VIOLATION  # type: ignore[union-attr]
    assert reached == []


def test_every_step_works_without_scripts(world: World, browser: Browser) -> None:
    with served(world) as address:
        page = browser.new_page(java_script_enabled=False)
        watch = Watch(page)
        sign_in(page, address)
        page.get_by_role("checkbox", name="Cho vay trái phép").check()
        page.get_by_role("button", name="Áp dụng").click()
        expect(page.locator(".line")).to_have_count(3)
        page.get_by_role("link", name="Vay nhanh 24h").click()
        page.get_by_label("Ghi chú").fill("xem bằng mắt")
        page.get_by_role("button", name="Xác nhận vi phạm").click()
        expect(page.get_by_role("heading", name="Tiền liền tay", level=1)).to_be_visible()
        page.get_by_role("link", name="English").click()
        expect(page.get_by_role("heading", name="Why it was flagged")).to_be_visible()
        watch.check(address)
        page.close()
    assert load_hit(world.records, 1).status is Status.CONFIRMED  # type: ignore[union-attr]


def test_every_page_fits_a_small_telephone(world: World, browser: Browser) -> None:
    long = "khôngcókhoảngtrắng" * 30
    hit_id = world.record(
        *flagged(f"https://{'a' * 60}.top/{long}", long, long, redirect_chain=(f"https://b.top/{long}",))
    )
    evidence_id = world.keep_evidence(hit_id)
    world.deliver()
    keep_sources(world.records, [SourceSummary("bao-mau", long, "news", "30m", True, NOW)])
    run = start_run(world.records, "bao-mau")
    update_run(world.records, run, Counts(1), [Failure(NOW, "timeout", f"https://c.top/{long}", long)])
    finish_run(world.records, run, RunState.FAILED, long)
    with served(world) as address:
        page = browser.new_page(viewport={"width": 320, "height": 640}, color_scheme="dark")
        watch = Watch(page)
        sign_in(page, address, Role.ADMIN)
        save_search(world.records, Role.ADMIN, long[:128], long[:900])
        world.record(*flagged(f"https://{'a' * 60}.top/2", long, long[:900]))
        campaign = campaign_of(world.records, hit_id)
        for path in (
            "/hits",
            f"/hits?q={long}",
            f"/hits?q={long[:40]}*",
            "/alerts",
            "/searches",
            "/searches/1",
            "/campaigns",
            f"/campaigns/{campaign}?kind=site&value={'a' * 60}.top&part={hit_id}&from={hit_id}&to=7",
            "/stop-values",
            f"/hits/{hit_id}?at=0",
            f"/evidence/{evidence_id}",
            "/sources",
            "/sources/bao-mau",
            "/reports",
            "/audit",
        ):
            page.goto(address + path)
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
        watch.check(address)
        page.close()


def test_a_saved_search_tells_of_what_is_new_until_it_is_opened(world: World, browser: Browser) -> None:
    with served(world) as address:
        page = browser.new_page()
        watch = Watch(page)
        sign_in(page, address)
        page.get_by_role("searchbox").fill("trung thuong")
        page.get_by_role("searchbox").press("Enter")
        expect(page.get_by_text("Không có mục nào phù hợp")).to_be_visible()
        page.get_by_text("Lưu tìm kiếm này").click()
        page.get_by_label("Tên", exact=True).fill("Trúng thưởng")
        expect(page.get_by_label("Báo khi có mục mới phù hợp")).to_be_checked()
        page.get_by_role("button", name="Lưu", exact=True).click()
        expect(page.get_by_role("heading", name="Tìm kiếm đã lưu")).to_be_visible()
        expect(page.locator(".badge")).to_have_count(0)

        world.record(*flagged("https://thuong.top/", "Trúng thưởng xe máy", "nộp phí nhận giải", minutes=70))
        world.deliver()
        page.reload()
        rooms = page.get_by_role("navigation", name="Các khu vực")
        expect(rooms.get_by_role("link", name="Thông báo 1 chưa xem")).to_be_visible()
        rooms.get_by_role("link", name="Thông báo").click()
        expect(page.locator(".unseen")).to_have_count(1)
        page.get_by_role("link", name="Trúng thưởng xe máy").click()
        expect(page.get_by_role("heading", name="Trúng thưởng xe máy", level=1)).to_be_visible()
        expect(page.locator(".badge")).to_have_count(0)
        page.go_back()
        page.reload()
        expect(page.locator(".line")).to_have_count(1)
        expect(page.locator(".unseen")).to_have_count(0)

        page.goto(f"{address}/searches")
        page.get_by_role("link", name="Sửa Trúng thưởng").click()
        page.get_by_text("Xóa tìm kiếm này").click()
        page.get_by_role("button", name="Xóa hẳn").click()
        expect(page.get_by_text("Bạn chưa lưu tìm kiếm nào")).to_be_visible()
        watch.check(address)
        page.close()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_campaign_is_split_and_put_together_again(world: World, browser: Browser, scripts: bool) -> None:
    world.record(*flagged("https://to-roi.top/", "Tờ rơi", "gọi ngay", identifiers=(PHONE,), minutes=80))
    with served(world) as address:
        page = browser.new_page(java_script_enabled=scripts)
        watch = Watch(page)
        sign_in(page, address)
        page.get_by_role("link", name="Chiến dịch").click()
        page.get_by_role("link", name="Chiến dịch 1").click()
        expect(page.locator(".members tbody tr")).to_have_count(3)
        page.get_by_label("Mục", exact=True).fill("1")
        page.get_by_label("và mục").fill("6")
        page.get_by_role("button", name="Xem đường nối").click()
        expect(page.locator(".hops")).to_contain_text("cùng số điện thoại +84912000111 trên 3 mục")

        page.get_by_role("link", name="Xem kỹ, cắt").click()
        expect(page.locator("#tie")).to_be_in_viewport()
        page.locator("#cut-hit").select_option("6")
        page.get_by_label("Lý do").first.fill("số in nhầm")
        page.get_by_role("button", name="Cắt mối nối này của mục").click()
        expect(page.locator(".members tbody tr")).to_have_count(2)
        expect(page.get_by_text("số in nhầm")).to_be_visible()
        assert campaign_of(world.records, 6) is None

        page.get_by_text("Nối lại").first.click()
        page.get_by_label("Lý do").fill("đúng số của họ")
        page.get_by_role("button", name="Nối lại").click()
        expect(page.locator(".members tbody tr")).to_have_count(3)

        page.get_by_role("link", name="Tách ra 6").click()
        page.get_by_label("Lý do").fill("báo chí đưa tin")
        page.get_by_role("button", name="Tách ra").click()
        expect(page.locator(".members tbody tr")).to_have_count(2)
        watch.check(address)
        page.close()
    assert [event.action for event in history(world.records, 6)][-3:] == ["tie_cut", "tie_restored", "parted"]


def test_bars_are_walked_by_arrows_and_the_link_is_copied(world: World, browser: Browser) -> None:
    for days in range(1, 4):
        world.record(
            *flagged(f"https://ngay-{days}.top/", f"Ngày {days}", f"ngày {days} " * 9, minutes=-days * 24 * 60)
        )
    world.deliver()
    with served(world) as address:
        context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
        page = context.new_page()
        watch = Watch(page)
        sign_in(page, address)
        page.goto(f"{address}/hits")
        bars = page.locator(".bars a")
        expect(bars).to_have_count(4)
        assert [bar.get_attribute("tabindex") for bar in bars.all()] == ["-1", "-1", "-1", "0"]
        bars.last.focus()
        press(page, "ArrowLeft", "ArrowLeft", "Enter")
        expect(page.locator(".line")).to_have_count(1)
        expect(page.get_by_role("link", name="Ngày 2")).to_be_visible()
        page.get_by_text("Đường dẫn", exact=True).click()
        page.get_by_role("button", name="Chép").click()
        expect(page.get_by_text("Đã chép.")).to_be_visible()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied == f"{address}/hits?since=2026-11-18&until=2026-11-18"
        press(page, "Escape")
        page.get_by_role("link", name="Bỏ lọc theo ngày").click()
        expect(page.locator(".line")).to_have_count(8)
        watch.check(address)
        context.close()


def test_two_people_do_not_decide_the_same_hit_unknowingly(world: World, browser: Browser) -> None:
    with served(world) as address:
        one, two = browser.new_context(), browser.new_context()
        first, second = one.new_page(), two.new_page()
        sign_in(first, address, Role.INSPECTOR)
        sign_in(second, address, Role.ADMIN)
        for page in (first, second):
            page.goto(f"{address}/hits/1")
        first.get_by_role("button", name="Không vi phạm").click()
        expect(first.get_by_text("Đã lưu: mục 1")).to_be_visible()
        second.get_by_label("Ghi chú").fill("rõ ràng là lừa đảo")
        second.get_by_role("button", name="Xác nhận vi phạm").click()
        expect(second.get_by_role("heading", name="Chưa lưu")).to_be_visible()
        expect(second.get_by_text("rõ ràng là lừa đảo")).to_be_visible()
        second.get_by_role("link", name="Xem lại mục này").click()
        expect(second.get_by_role("heading", name="Vay nhanh 24h", level=1)).to_be_visible()
        one.close()
        two.close()
    assert load_hit(world.records, 1).status is Status.NOT_VIOLATION  # type: ignore[union-attr]
