"""Logs: one JSON object a line, Vietnamese kept, the ids that find a run beside the event."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from datetime import datetime

from crawler.log import JsonFormatter


def record(message: str, *arguments: object, **extra: object) -> logging.LogRecord:
    made = logging.LogRecord("crawler.x", logging.WARNING, "x.py", 1, message, arguments, None)
    made.__dict__.update(extra)
    return made


def test_a_record_is_one_line_with_its_ids() -> None:
    line = JsonFormatter().format(record("%s", "wrong_charset", url="https://a.vn/đ", run_id=7, other="dropped"))
    assert "\n" not in line
    assert "https://a.vn/đ" in line
    fields = json.loads(line)
    assert datetime.fromisoformat(fields.pop("at")).tzinfo is not None
    assert fields == {
        "level": "warning",
        "logger": "crawler.x",
        "event": "wrong_charset",
        "run_id": 7,
        "url": "https://a.vn/đ",
    }


def test_hostile_text_cannot_start_a_line_of_its_own() -> None:
    line = JsonFormatter().format(record("fail", detail='x\n{"event": "forged"}\u2028\x00'))
    assert len(line.splitlines()) == 1
    assert json.loads(line)["detail"] == 'x\n{"event": "forged"}\u2028\x00'


def test_an_error_comes_with_its_traceback() -> None:
    try:
        raise KeyError("thiếu")
    except KeyError:
        made = logging.LogRecord("a", logging.ERROR, "a.py", 1, "boom", (), sys.exc_info())
    fields = json.loads(JsonFormatter().format(made))
    assert "KeyError: 'thiếu'" in fields["traceback"]


def test_a_process_logs_to_standard_error_from_warnings_up() -> None:
    code = (
        "import logging; from crawler.log import start_logging; start_logging(); "
        "logging.getLogger('scrapy').setLevel(logging.DEBUG); logging.getLogger('scrapy').info('quiet'); "
        "logging.getLogger('a').warning('đến', extra={'source': 's'})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert (json.loads(line)["event"], json.loads(line)["source"]) == ("đến", "s")
