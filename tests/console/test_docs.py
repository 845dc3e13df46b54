import re
from pathlib import Path

from console.queue import MAX_PAGE, PAGE_SIZE
from console.roles import Role
from tests.console.test_roles import EVERYONE, TABLE

PAGE = (Path(__file__).parents[2] / "docs" / "console.md").read_text("utf-8")
WHO = {
    "everyone": EVERYONE,
    "everyone, their own": EVERYONE,
    "inspector, administrator": {Role.INSPECTOR, Role.ADMIN},
    "inspector, operator, administrator": {Role.INSPECTOR, Role.OPERATOR, Role.ADMIN},
    "administrator, auditor": {Role.ADMIN, Role.AUDITOR},
    "anybody, without an account": None,
}


def test_the_guide_lists_every_address_and_who_may_ask_it() -> None:
    reading, changing = PAGE.split("## What changes something")
    listed = {
        (method, address): WHO[who]
        for method, part in (("GET", reading), ("POST", changing))
        for address, who in re.findall(r"^\| `(/[^`]*)` \| .* \| ([^|]*) \|$", part, re.MULTILINE)
    }
    assert listed == {line: roles for line, roles in TABLE.items() if line[1] != "/login"}


def test_the_guide_tells_how_far_pages_go() -> None:
    assert f"up to hit {MAX_PAGE * PAGE_SIZE:,}" in PAGE


def test_every_picture_and_page_it_names_is_there() -> None:
    named = re.findall(r"\]\(([^)]+)\)", PAGE)
    assert named
    assert [name for name in named if not (Path(__file__).parents[2] / "docs" / name).exists()] == []
