"""The index of a WARC, line by line as CDXJ: `sort-key timestamp {json}`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC
from urllib.parse import urlsplit

from evidence.warc import ResponseRecord


def sort_key(url: str) -> str:
    """The address as a Sort-friendly URI (SURT), lower case, without scheme, `www.`, default port or fragment.

    >>> sort_key("https://www.Example.com/b?z=1&a=2#top")
    'com,example)/b?a=2&z=1'
    """
    parts = urlsplit(url.lower())
    labels = (parts.hostname or "").removeprefix("www.").split(".")
    is_number = parts.hostname is not None and (":" in parts.hostname or labels[-1].isdigit())
    host = parts.hostname if is_number else ",".join(reversed(labels))
    default = {"http": 80, "https": 443}.get(parts.scheme)
    port = f":{parts.port}" if parts.port and parts.port != default else ""
    query = "&".join(sorted(parts.query.split("&"))) if parts.query else ""
    path = parts.path.rstrip("/") or "/"
    return f"{host}{port}){path}" + (f"?{query}" if query else "")


def index_lines(responses: Iterable[ResponseRecord], filename: str) -> bytes:
    """The sorted index of `responses` in the WARC called `filename`."""
    lines = []
    for response in responses:
        fields = {
            "url": response.url,
            "mime": response.media_type or "unk",
            "status": str(response.status),
            "digest": f"sha256:{response.payload_sha256}",
            "length": str(response.length),
            "offset": str(response.offset),
            "filename": filename,
        }
        if response.method != "GET":
            fields["method"] = response.method
        stamp = response.recorded_at.astimezone(UTC).strftime("%Y%m%d%H%M%S")
        lines.append(f"{sort_key(response.url)} {stamp} {json.dumps(fields, ensure_ascii=False)}\n")
    return "".join(sorted(lines)).encode()
