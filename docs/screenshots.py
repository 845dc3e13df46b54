"""Takes the pictures in docs/ from a real console over a demo crawl's data: `make screenshots`.

usage: python docs/screenshots.py DEMO_FOLDER   (as `luoitroi demo --once --folder DEMO_FOLDER` leaves it)
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from playwright.sync_api import sync_playwright

from console.accounts import add_account, all_accounts
from console.roles import Role
from console.settings import load_console_settings
from crawler.cli.demo import DEMO_PASSWORD, DEMO_USER
from crawler.cli.serving import address, console_app, listen, server
from crawler.installed import opened
from crawler.settings import SETTINGS_VARIABLE, load_settings, settings_file
from evidence.browser import find_chromium, launch_arguments

DOCS = Path(__file__).parent
PAGES = {
    "console": "/hits",
    "hit": "/hits/1",
    "campaign": "/campaigns/1",
    "sources": "/sources",
}
SIZES = {"": (1360, 900), "-narrow": (320, 800)}


def main(folder: Path) -> None:
    os.environ[SETTINGS_VARIABLE] = str(folder.absolute() / "luoitroi.toml")
    settings = load_settings()
    chromium = find_chromium(settings.browser.executable)
    if chromium is None:
        sys.exit("no Chromium; run `make browser`")
    console = load_console_settings(settings_file()).model_copy(update={"port": 0})
    with opened(settings) as (records, index), listen(console) as listening:
        if DEMO_USER not in {account.name for account in all_accounts(records)}:
            add_account(records, DEMO_USER, DEMO_PASSWORD, Role.ADMIN, "Người dùng thử")
        web = server(console_app(settings, console, records, index))
        thread = threading.Thread(target=web.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            _take(chromium.executable, address(listening))
        finally:
            web.should_exit = True
            thread.join()


def _take(executable: Path, console: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(launch_arguments()))
        for suffix, (width, height) in SIZES.items():
            page = browser.new_page(viewport={"width": width, "height": height}, locale="vi-VN")
            page.goto(console + "login")
            page.screenshot(path=DOCS / f"login{suffix}.png")
            page.fill("[name=name]", DEMO_USER)
            page.fill("[name=password]", DEMO_PASSWORD)
            page.press("[name=password]", "Enter")
            page.wait_for_url("**/hits**")
            for name, path in PAGES.items():
                page.goto(console.rstrip("/") + path)
                page.screenshot(path=DOCS / f"{name}{suffix}.png")
            page.close()
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
