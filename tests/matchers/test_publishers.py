"""The list of publishers: read whole, with every mistake told, and extended by folders of operators."""

from __future__ import annotations

from pathlib import Path

import pytest

from matchers.errors import RulesError
from matchers.publishers import PUBLISHERS_FILE, read_publishers, stands_under
from matchers.rules import BUILT_IN_PACKS, load_rules


def test_the_list_that_ships_is_sound() -> None:
    hosts, problems = read_publishers(BUILT_IN_PACKS / PUBLISHERS_FILE)
    assert not problems
    assert len(hosts) > 100


def test_names_remarks_and_mistakes(tmp_path: Path) -> None:
    path = tmp_path / PUBLISHERS_FILE
    path.write_text("# báo\nsonglam.vn  songhong.vn # hai báo\n\nhttps://songma.vn/\n", "utf-8")
    hosts, problems = read_publishers(path)
    assert hosts == {"songlam.vn", "songhong.vn"}
    assert [(problem.line, "songma" in problem.message) for problem in problems] == [(4, True)]
    with pytest.raises(RulesError, match="songma"):
        load_rules([tmp_path])


def test_a_list_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    path = tmp_path / PUBLISHERS_FILE
    path.write_bytes(b"\xff\xfe\xff")
    assert "cannot be read" in read_publishers(path)[1][0].message


def test_operators_add_to_the_list_and_the_version_tells(tmp_path: Path) -> None:
    (tmp_path / PUBLISHERS_FILE).write_text("songlam.vn\n", "utf-8")
    added, built_in = load_rules([tmp_path]), load_rules()
    assert "songlam.vn" in added.publishers - built_in.publishers
    assert built_in.publishers < added.publishers
    assert added.version != built_in.version


@pytest.mark.parametrize(
    ("host", "is_under"),
    [("bao.vn", True), ("m.bao.vn", True), ("khongbao.vn", False), ("bao.vn.top", False), ("", False)],
)
def test_what_stands_under_a_name(host: str, is_under: bool) -> None:
    assert stands_under(host, {"bao.vn"}) is is_under
