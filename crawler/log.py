"""Structured logs: one JSON object a line, with the ids that find a run or hit; nothing secret, little personal."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Final

_LINE_ENDS: Final = {ord(letter): f"\\u{ord(letter):04x}" for letter in "\x7f\x85\u2028\u2029"}
"""What JSON lets stand in a string and some readers take for the end of a line, or a terminal for a command."""
_FIELDS: Final = ("run_id", "hit_id", "source", "url", "detail")


class JsonFormatter(logging.Formatter):
    """A log record as one line of JSON; `extra=` fields named in `_FIELDS` are kept."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        line |= {name: getattr(record, name) for name in _FIELDS if hasattr(record, name)}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        text = json.dumps(line, ensure_ascii=False, default=str).translate(_LINE_ENDS)
        return text.encode("utf-8", "backslashreplace").decode("utf-8")


def start_logging(level: int = logging.WARNING) -> None:
    """Send all logs of this process to standard error as JSON lines."""
    stream = logging.StreamHandler()
    # On the handler too: Scrapy's own loggers are set to DEBUG and would pass the root's level by.
    stream.setLevel(level)
    stream.setFormatter(JsonFormatter())
    logging.basicConfig(level=level, handlers=[stream], force=True)
