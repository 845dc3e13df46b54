"""Canonical JSON: one spelling for one value, so that a hash or signature over it has one meaning."""

from __future__ import annotations

import json
from typing import Any


def canonical_json(value: object) -> bytes:
    """`value` as UTF-8 JSON with sorted keys, no spaces and no NaN (the common core of RFC 8785).

    >>> canonical_json({"b": 1, "a": "lừa"})
    b'{"a":"l\\xe1\\xbb\\xaba","b":1}'
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8")


def parse_canonical(raw: bytes) -> dict[str, Any]:
    """The object that `raw` spells; ValueError when it is no object or is not spelled canonically."""
    try:
        value = json.loads(raw)
        if not isinstance(value, dict):
            raise ValueError("it is no JSON object")
        if canonical_json(value) != raw:
            raise ValueError("it is not in canonical form")
    except (UnicodeError, RecursionError) as error:
        raise ValueError(str(error)) from error
    return value
