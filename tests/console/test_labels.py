import ast
from pathlib import Path

from console import labels
from console.audit import Deed
from console.roles import Role
from matchers.match import Severity
from matchers.page import PageKind
from search.captures import CaptureState
from search.query import Order
from search.reports import ReportOutcome
from search.review import FOLLOWS, Status
from search.runs import RunState

ROOT = Path(__file__).parents[2]
_NAMING = {"fail", "PageRefused", "GatewayFailure"}


def named_failures() -> set[str]:
    """Every failure that crawler and spiders name in a call."""
    found = set()
    for folder in ("crawler", "spiders"):
        for file in (ROOT / folder).glob("*.py"):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                    if name in _NAMING and isinstance(node.args[0].value, str):
                        found.add(node.args[0].value)
    return found


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


def test_every_failure_of_a_crawl_has_words() -> None:
    named = named_failures()
    assert len(named) > 10, "the calls that name failures are called otherwise now"
    assert named - set(labels.FAILURES) == set(), (
        "give it words in console/labels.py, then see console/locale/README.md"
    )


def test_an_http_failure_tells_its_status() -> None:
    assert labels.http_status("http_404") == "404"
    assert labels.http_status("http_error") == labels.http_status("timeout") == labels.http_status("http_4040") == ""
