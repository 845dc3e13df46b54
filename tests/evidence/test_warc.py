"""WARC records and their index."""

from __future__ import annotations

import hashlib
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from evidence.cdxj import index_lines, sort_key
from evidence.exchange import Exchange
from evidence.warc import digest_faults, span_faults, write_warc

AT = datetime(2025, 11, 24, 21, 58, 1, 250_000, tzinfo=UTC)


def exchange(tmp_path: Path, body: bytes = b"xin chao", **more: object) -> Exchange:
    made = Exchange("1", "http://xau.test/a?b=1", "GET", AT)
    made.status, made.status_text = 200, "OK"
    made.request_headers = (("User-Agent", "x"),)
    made.response_headers = (("Content-Type", "text/html; charset=utf-8"), ("Content-Encoding", "br"))
    made.server_address = "203.0.113.7"
    made.body_path = tmp_path / "body"
    made.body_path.write_bytes(body)
    made.body_size = len(body)
    for name, value in more.items():
        setattr(made, name, value)
    return made


def test_an_exchange_becomes_response_and_request(tmp_path: Path) -> None:
    out = io.BytesIO()
    records, responses = write_warc(out, [exchange(tmp_path)], {"software": "luoitroi"})
    assert [record.kind for record in records] == ["warcinfo", "response", "request"]
    out.seek(0)
    read = []
    for record in ArchiveIterator(out, check_digests="raise"):
        read.append((record.format, record.rec_type, record.content_stream().read(), record.rec_headers))
    assert {form for form, *_ in read} == {"warc"}
    _, _, body, headers = read[1]
    assert body == b"xin chao"
    assert headers.get_header("WARC-Date") == "2025-11-24T21:58:01.250000Z"
    assert headers.get_header("WARC-IP-Address") == "203.0.113.7"
    assert headers.get_header("WARC-Payload-Digest") == f"sha256:{hashlib.sha256(body).hexdigest()}"
    assert read[2][3].get_header("WARC-Concurrent-To") == headers.get_header("WARC-Record-ID")
    assert responses[0].payload_sha256 == hashlib.sha256(body).hexdigest()


def test_a_failure_is_written_down_with_its_request(tmp_path: Path) -> None:
    failed = Exchange("1", "http://xau.test/", "GET", AT, error="net::ERR_FAILED")
    out = io.BytesIO()
    records, responses = write_warc(out, [failed], {})
    assert [record.kind for record in records] == ["warcinfo", "request", "metadata"] and responses == ()


@pytest.mark.parametrize("value", ["a\r\nWARC-Type: forged", "a\nb", "\0", "ệ", "x" * 100_000])
def test_hostile_headers_never_break_a_record(tmp_path: Path, value: str) -> None:
    made = exchange(tmp_path, response_headers=(("X-Evil", value), ("Ngôn-ngữ", "vi")), status_text=value)
    out = io.BytesIO()
    records, _ = write_warc(out, [made], {})
    assert list(span_faults(out, len(out.getvalue()), records)) == []
    out.seek(0)
    assert list(digest_faults(out)) == []
    out.seek(0)
    assert [record.rec_type for record in ArchiveIterator(out)] == ["warcinfo", "response", "request"]


def test_a_changed_record_is_named(tmp_path: Path) -> None:
    out = io.BytesIO()
    records, _ = write_warc(out, [exchange(tmp_path)], {})
    raw = bytearray(out.getvalue())
    raw[records[1].offset + 20] ^= 1
    faults = list(span_faults(io.BytesIO(bytes(raw)), len(raw), records))
    assert len(faults) == 1 and records[1].record_id in faults[0] and "http://xau.test/a?b=1" in faults[0]
    assert "has" in next(span_faults(io.BytesIO(out.getvalue() + b"x"), len(raw) + 1, records))
    assert list(digest_faults(io.BytesIO(bytes(raw))))


def test_the_index_finds_each_response(tmp_path: Path) -> None:
    out = io.BytesIO()
    _, responses = write_warc(out, [exchange(tmp_path), exchange(tmp_path, url="http://an.test/")], {})
    lines = index_lines(responses, "data.warc.gz").decode().splitlines()
    assert lines == sorted(lines) and lines[1].startswith("test,xau)/a?b=1 20251124215801 {")
    fields = json.loads(lines[1].split(" ", 2)[2])
    out.seek(int(fields["offset"]))
    record = next(iter(ArchiveIterator(io.BytesIO(out.read(int(fields["length"]))))))
    assert record.rec_headers.get_header("WARC-Target-URI") == fields["url"] == "http://xau.test/a?b=1"


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://www.Example.com/b/?z=1&a=2#top", "com,example)/b?a=2&z=1"),
        ("http://example.com:8080", "com,example:8080)/"),
        ("https://example.com:443/", "com,example)/"),
        ("http://127.0.0.1:81/x", "127.0.0.1:81)/x"),
    ],
)
def test_sort_keys(url: str, key: str) -> None:
    assert sort_key(url) == key
