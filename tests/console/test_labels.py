import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from console import labels
from console.audit import Deed
from console.roles import Role
from crawler.pictures.fetching import PictureUnfetched
from crawler.pictures.pool import PictureUnread
from evidence.devtools import ProtocolError
from evidence.failure import CaptureFailed
from matchers.match import Severity
from matchers.page import PageKind
from search.captures import CaptureState
from search.indexes.index import IndexUnavailable
from search.language.grammar import Order
from search.records import RecordsError
from search.reports import ReportOutcome
from search.review import FOLLOWS
from search.runs import RunState
from search.status import Status

ROOT = Path(__file__).parents[2]
_TAKES_A_NAME = {"fail": 0, "PageRefused": 0, "GatewayFailure": 0, "HostRefused": 0, "_cannot_start": 0, "Failure": 1}
"""What names a failure when it is called, and which argument is the name."""
_Scope = ast.FunctionDef | ast.AsyncFunctionDef


class Code:
    """The code of crawler and spiders, read for the names it gives to failures."""

    def __init__(self) -> None:
        folders = ("crawler", "crawler/pictures", "spiders")
        files = [file for folder in folders for file in sorted((ROOT / folder).glob("*.py"))]
        self.trees = [ast.parse(file.read_text("utf-8")) for file in files]
        self.functions: dict[str, list[_Scope]] = {}
        self.constants: dict[str, ast.expr] = {}
        for tree in self.trees:
            for function in _scopes(tree):
                self.functions.setdefault(function.name, []).append(function)
            for target, value in _assigned(tree.body):
                self.constants.update({target.id: value} if isinstance(target, ast.Name) else {})

    def named(self) -> set[str]:
        """Every name that a call gives to a failure."""
        return {
            name
            for tree in self.trees
            for scope in _scopes(tree)
            for call in ast.walk(scope)
            if isinstance(call, ast.Call) and len(call.args) > (place := _TAKES_A_NAME.get(_called(call), 99))
            for name in self.texts(call.args[place], scope)
        }

    def returned(self, function: str) -> set[str]:
        """The texts that come first in what a function returns."""
        return {
            text
            for scope in self.functions[function]
            for node in ast.walk(scope)
            if isinstance(node, ast.Return) and node.value is not None
            for text in self.texts(node.value, scope)
        }

    def texts(self, value: ast.expr, scope: _Scope) -> Iterator[str]:
        """The texts that `value` can be in a function; of a tuple, its first part."""
        match value:
            case ast.Constant(value=str(text)):
                yield text
            case ast.Tuple(elts=[first, *_]):
                yield from self.texts(first, scope)
            case ast.IfExp(body=one, orelse=other):
                yield from self.texts(one, scope)
                yield from self.texts(other, scope)
            case ast.Name(id=name):
                for known in (*_values_of(name, scope), *filter(None, [self.constants.get(name)])):
                    yield from self.texts(known, scope)
            case ast.Call() if _called(value) in self.functions:
                yield from self.returned(_called(value))


def _scopes(tree: ast.Module) -> Iterator[_Scope]:
    return (node for node in ast.walk(tree) if isinstance(node, _Scope))


def _called(call: ast.Call) -> str:
    return str(getattr(call.func, "attr", getattr(call.func, "id", "")))


def _assigned(nodes: Iterable[ast.AST]) -> Iterator[tuple[ast.expr, ast.expr]]:
    """What is assigned to what; a loop over a tuple assigns each of its rows."""
    for node in nodes:
        match node:
            case ast.Assign(targets=[target], value=value) | ast.AnnAssign(target=target, value=ast.expr() as value):
                yield target, value
            case ast.For(target=target, iter=ast.Tuple(elts=rows)):
                yield from ((target, row) for row in rows)


def _values_of(name: str, scope: _Scope) -> Iterator[ast.expr]:
    for target, value in _assigned(ast.walk(scope)):
        match target, value:
            case ast.Name(id=known), _ if known == name:
                yield value
            case ast.Tuple(elts=targets), ast.Tuple(elts=values):
                pairs = zip(targets, values, strict=True)
                yield from (part for one, part in pairs if isinstance(one, ast.Name) and one.id == name)
            case ast.Tuple(elts=[ast.Name(id=known), *_]), _ if known == name:
                yield value


def kinds(*roots: type[Exception]) -> set[str]:
    """The names that these exceptions and those below them go by."""
    found = set()
    for root in roots:
        found |= {str(root.kind), *kinds(*root.__subclasses__())} if hasattr(root, "kind") else set()
    return found


def failures() -> set[str]:
    """Every failure that a crawl, its captures, the records and the index name."""
    return Code().named() | kinds(
        RecordsError, IndexUnavailable, CaptureFailed, ProtocolError, PictureUnfetched, PictureUnread
    )


def test_every_name_that_programs_use_has_words() -> None:
    assert set(labels.STATUSES) == set(labels.DECISIONS) == set(Status) == set(FOLLOWS)
    assert set(labels.SEVERITIES) == {str(int(severity)) for severity in Severity}
    for table, names in (
        (labels.PAGE_KINDS, PageKind),
        (labels.RUN_STATES, RunState),
        (labels.CAPTURE_STATES, CaptureState),
        (labels.REPORT_OUTCOMES, ReportOutcome),
        (labels.ORDERS, Order),
        (labels.ROLES, Role),
        (labels.DEEDS, Deed),
    ):
        assert set(table) == set(names)


def test_every_failure_has_words_and_every_word_a_failure() -> None:
    assert failures() - set(labels.FAILURES) == set(), (
        "give it words in console/labels.py, then see console/locale/README.md"
    )
    assert set(labels.FAILURES) - failures() == set(), "nothing names it; drop its words"


def test_names_are_found_however_the_code_gives_them() -> None:
    code = Code()
    named = code.named()
    assert "configuration_error" in named, "a constant"
    assert "source_unknown" in named, "a literal, in a call of our own"
    assert "login_wall" in named, "one of two"
    fetching = code.returned("name_failure")
    assert (
        {"timeout", "robots_denied", "too_large", "bad_answer", "browser_failed", "fetch_failed"} <= fetching <= named
    )


def test_an_http_failure_tells_its_status() -> None:
    assert labels.http_status("http_404") == "404"
    assert labels.http_status("http_error") == labels.http_status("timeout") == labels.http_status("http_4040") == ""


def test_a_failure_is_told_from_what_programs_say_of_it() -> None:
    assert labels.told("unreachable: https://x.vn: no route") == ("unreachable", "https://x.vn: no route")
    assert labels.told("http_503: busy") == ("http_503", "busy")
    assert labels.told("its worker died: 3 times") == ("", "its worker died: 3 times")
