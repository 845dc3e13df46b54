"""The operators' guide says what is: its examples load, its tables are whole, its loop works."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from crawler.settings import Settings
from crawler.source import Limits, Selectors, Source, SourceKind, load_source
from tests.crawler.installation import REPOSITORY, Installation
from tests.crawler.site import Site, scam

GUIDE = (REPOSITORY / "docs" / "operators.md").read_text("utf-8")
CODE = [
    *(path for package in ("crawler", "spiders") for path in (REPOSITORY / package).rglob("*.py")),
    REPOSITORY / "search" / "records.py",
]
_BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    """The guide's code blocks in this language, without their indentation."""
    return [
        "".join(line.removeprefix(indentation) for line in text.splitlines(keepends=True))
        for indentation, named, text in _BLOCK.findall(GUIDE)
        if named == language
    ]


@pytest.mark.parametrize("number", range(len(blocks("yaml"))))
def test_every_example_is_a_source(number: int, tmp_path: Path) -> None:
    path = tmp_path / "example.yaml"
    path.write_text(blocks("yaml")[number], "utf-8")
    source = load_source(path)
    assert source.limits.delay_seconds >= 1
    assert all(".example.vn" in address or "t.me" in address or address.endswith(".txt") for address in source.start)


def test_there_is_an_example_of_every_kind() -> None:
    kinds = {found for text in blocks("yaml") for found in re.findall(r"^kind: (\w+)$", text, re.MULTILINE)}
    assert kinds == set(SourceKind)


def test_the_settings_of_the_example_are_settings() -> None:
    (text,) = blocks("toml")
    tables = tomllib.loads(text)
    assert set(tables) <= set(Settings.model_fields)
    assert set(tables["crawl"]) <= set(type(Settings().crawl).model_fields)


def test_every_field_is_in_the_table() -> None:
    table = GUIDE.partition("## Every field")[2].partition("\n## ")[0]
    named: set[str] = set()
    for row in table.splitlines():
        cells = row.split("|")
        if len(cells) > 2:
            named |= set(re.findall(r"`([a-z_.]+)`", cells[1]))
    fields = set(Source.model_fields) - {"limits"}
    fields |= {f"selectors.{name}" for name in Selectors.model_fields}
    fields |= {f"limits.{name}" for name in Limits.model_fields}
    assert named == fields


def test_every_failure_has_a_name_in_the_table_and_none_is_invented() -> None:
    table = GUIDE.partition("## When something fails")[2]
    documented = {
        name for row in table.splitlines() if "|" in row for name in re.findall(r"`(\w+)`", row.split("|")[1])
    }
    raised: set[str] = set()
    for path in CODE:
        text = path.read_text("utf-8")
        raised |= set(re.findall(r'(?:fail|PageRefused|GatewayFailure|HostRefused)\(\s*"([a-z_]+)"', text))
        raised |= set(re.findall(r'^    kind = "([a-z_]+)"', text, re.MULTILINE))
        raised |= set(re.findall(r'^LIMIT_REACHED: Final = "([a-z_]+)"', text, re.MULTILINE))
    named = (REPOSITORY / "crawler" / "failure.py").read_text("utf-8")
    raised |= set(re.findall(r'return "([a-z_]+)", detail', named))
    raised |= set(re.findall(r'\("[A-Za-z_. ]+", "([a-z_]+)"\)', named))
    raised |= {"browser_failed", "request_ignored", "fetch_failed", "login_wall", "no_posts", "source_unknown"}
    raised |= {"configuration_error", "item_error"}
    assert {name for name in documented if not name.startswith("http_4")} == raised


def test_the_loop_works_as_it_is_told(web: Site, installation: Installation) -> None:
    article = web.page("guide.vn", "/vay.html", scam("Vay tiền trong ngày"))
    feed = f"<rss><channel><item><link>{article}</link></item></channel></rss>"
    address = web.page("guide.vn", "/rss/tin-moi-nhat.rss", feed, "application/rss+xml")
    example = blocks("yaml")[0].replace("https://baoque.example.vn/rss/tin-moi-nhat.rss", address)
    path = installation.sources / "bao-que.yaml"
    path.write_text(example.replace("every: 30m", "every: 30 mins"), "utf-8")
    assert "every: '30 mins' is not a schedule" in luoitroi(installation, "sources", "check", status=1)
    path.write_text(example, "utf-8")
    assert "1 sources, no mistake" in luoitroi(installation, "sources", "check")
    tried = luoitroi(installation, "sources", "try", "bao-que", "--limit", "3", "--json")
    pages = [json.loads(line) for line in tried.splitlines() if line.startswith("{")]
    assert any(page.get("category") == "loan_credit" for page in pages)
    assert not installation.hits()


def luoitroi(installation: Installation, *arguments: str, status: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-c", "from crawler.cli import main; main()", *arguments],
        cwd=REPOSITORY,
        env=installation.environ(),
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr
