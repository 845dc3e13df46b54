"""WARC 1.1 (ISO 28500:2017) out of exchanges, one gzip member a record, with SHA-256 digests."""

from __future__ import annotations

import hashlib
import io
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO
from urllib.parse import urlsplit

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from evidence.exchange import Exchange, Headers

HIDDEN_HEADERS = frozenset({"content-encoding", "transfer-encoding", "content-length"})
"""They describe the body on the wire. The record holds it decoded, so they are kept under HIDDEN_PREFIX."""

HIDDEN_PREFIX = "X-Orig-"
"""As warcio.js and Browsertrix name them, so that replay tools know them."""

CHUNK_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class WarcRecord:
    """Where one record lies in the file: `sha256` is over its gzip member, bytes `offset` to `offset + length`."""

    record_id: str
    kind: str
    url: str
    offset: int
    length: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ResponseRecord:
    """What the index needs to know of a response record. `payload_sha256` is over the decoded body."""

    url: str
    status: int
    media_type: str
    method: str
    recorded_at: datetime
    offset: int
    length: int
    payload_sha256: str


class _Digester:
    """SHA-256 in hexadecimal, so that `sha256sum` shows the same; warcio's own choice is SHA-1."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def update(self, data: bytes) -> None:
        self._hash.update(data)

    def __str__(self) -> str:
        return f"sha256:{self._hash.hexdigest()}"


class _Sha256Writer(WARCWriter):  # type: ignore[misc]  # warcio has no types
    @staticmethod
    def _create_digester() -> _Digester:
        return _Digester()


class _HttpHeaders(StatusAndHeaders):  # type: ignore[misc]  # warcio has no types
    """Headers as they came: warcio would percent-encode what is not ASCII, and stumbles where a name is not."""

    def to_ascii_bytes(self, filter_func: object = None) -> bytes:
        text = f"{self.to_str(filter_func)}\r\n"
        try:
            return text.encode("latin-1")  # as the browser decodes what is not UTF-8: byte for byte
        except UnicodeEncodeError:
            return text.encode("utf-8", "replace")


class _Counted:
    """A binary file that tells how much was written and hashes it, record by record."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.offset = 0
        self.hash = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self._stream.write(data)
        self.hash.update(data)
        self.offset += len(data)
        return len(data)

    def flush(self) -> None:
        self._stream.flush()


def write_warc(
    stream: BinaryIO, exchanges: list[Exchange], info: Mapping[str, str]
) -> tuple[tuple[WarcRecord, ...], tuple[ResponseRecord, ...]]:
    """Write a warcinfo record of `info`, then for each exchange its response, its request and its failure."""
    out = _Counted(stream)
    writer = _Sha256Writer(out, gzip=True, warc_version="WARC/1.1")
    records: list[WarcRecord] = []
    responses: list[ResponseRecord] = []

    def write(record: object, url: str = "") -> WarcRecord:
        offset = out.offset
        out.hash = hashlib.sha256()
        writer.write_record(record)
        headers = record.rec_headers  # type: ignore[attr-defined]
        written = WarcRecord(
            record_id=headers.get_header("WARC-Record-ID"),
            kind=headers.get_header("WARC-Type"),
            url=url,
            offset=offset,
            length=out.offset - offset,
            sha256=out.hash.hexdigest(),
        )
        records.append(written)
        return written

    write(writer.create_warcinfo_record("data.warc.gz", dict(info)))
    for exchange in exchanges:
        with ExitStack() as files:
            concurrent = ""
            if exchange.status:
                record = _response(writer, exchange, files)
                written = write(record, exchange.url)
                concurrent = written.record_id
                responses.append(
                    ResponseRecord(
                        url=exchange.url,
                        status=exchange.status,
                        media_type=exchange.header("content-type").partition(";")[0].strip(),
                        method=exchange.method,
                        recorded_at=exchange.started_at,
                        offset=written.offset,
                        length=written.length,
                        payload_sha256=record.rec_headers.get_header("WARC-Payload-Digest").partition(":")[2],  # type: ignore[attr-defined]
                    )
                )
            request = write(_request(writer, exchange, concurrent), exchange.url)
            if exchange.error or exchange.refusal:
                write(_failure(writer, exchange, request.record_id), exchange.url)
    return tuple(records), tuple(responses)


def _warc_headers(exchange: Exchange, concurrent: str) -> dict[str, str]:
    headers = {"WARC-Date": exchange.started_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")}
    if concurrent:
        headers["WARC-Concurrent-To"] = concurrent
    if exchange.server_address:
        headers["WARC-IP-Address"] = exchange.server_address
    if exchange.protocol:
        headers["WARC-Protocol"] = exchange.protocol
    return headers


def _one_line(value: str) -> str:
    """Header text without line breaks, which would end the header."""
    return " ".join(value.split("\n")).replace("\r", "").replace("\0", "")


def _http(first_line: str, headers: Headers, protocol: str) -> _HttpHeaders:
    pairs = [(_one_line(name), _one_line(value)) for name, value in headers if not name.startswith(":")]
    return _HttpHeaders(_one_line(first_line), pairs, protocol=protocol)


def _response(writer: _Sha256Writer, exchange: Exchange, files: ExitStack) -> object:
    hidden = HIDDEN_HEADERS if exchange.is_decoded else HIDDEN_HEADERS - {"content-encoding"}
    headers = tuple(
        (HIDDEN_PREFIX + name if name.lower() in hidden else name, value) for name, value in exchange.response_headers
    )
    body: BinaryIO = io.BytesIO()
    if exchange.body_path is not None:
        body = files.enter_context(exchange.body_path.open("rb"))
    warc_headers = _warc_headers(exchange, "")
    if exchange.truncated:
        warc_headers["WARC-Truncated"] = exchange.truncated
    headers = (*headers, ("Content-Length", str(exchange.body_size)))
    return writer.create_warc_record(
        exchange.url,
        "response",
        payload=body,
        length=exchange.body_size,
        warc_headers_dict=warc_headers,
        http_headers=_http(f"{exchange.status} {exchange.status_text}".strip(), headers, "HTTP/1.1"),
    )


def _request(writer: _Sha256Writer, exchange: Exchange, concurrent: str) -> object:
    parts = urlsplit(exchange.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = exchange.request_headers
    if not any(name.lower() == "host" for name, _ in headers):
        headers = (("Host", parts.netloc.rpartition("@")[2]), *headers)
    return writer.create_warc_record(
        exchange.url,
        "request",
        payload=io.BytesIO(exchange.request_body),
        length=len(exchange.request_body),
        warc_headers_dict=_warc_headers(exchange, concurrent),
        http_headers=_http(f"{target} HTTP/1.1", headers, exchange.method),
    )


def _failure(writer: _Sha256Writer, exchange: Exchange, concurrent: str) -> object:
    name, value = ("refused", exchange.refusal) if exchange.refusal else ("error", exchange.error)
    fields = f"{name}: {_one_line(value)}\r\n".encode()
    return writer.create_warc_record(
        exchange.url,
        "metadata",
        payload=io.BytesIO(fields),
        length=len(fields),
        warc_content_type="application/warc-fields",
        warc_headers_dict=_warc_headers(exchange, concurrent),
    )


def span_faults(stream: BinaryIO, size: int, expected: Sequence[WarcRecord]) -> Iterator[str]:
    """What is wrong with a WARC of `size` bytes, a sentence for each record that is not as `expected`.

    The records must fill the file without a gap, and each gzip member must hash to what was sealed.
    """
    position = 0
    for record in expected:
        if record.offset != position:
            yield f"WARC record {record.record_id} is listed at byte {record.offset}, not {position}"
        position = record.offset + record.length
        if _span_sha256(stream, record.offset, record.length) != record.sha256:
            yield f"WARC record {record.record_id} ({record.kind} of {record.url or 'the archive'}) was changed"
    if position != size:
        yield f"the WARC has {size} bytes, its records fill {position}"


def _span_sha256(stream: BinaryIO, offset: int, length: int) -> str:
    digest = hashlib.sha256()
    stream.seek(offset)
    while length > 0 and (piece := stream.read(min(length, CHUNK_BYTES))):
        digest.update(piece)
        length -= len(piece)
    return digest.hexdigest()


def digest_faults(stream: BinaryIO) -> Iterator[str]:
    """A sentence for each record whose block or payload does not have the digest that the record itself names.

    Unpacks the records: give it only a WARC whose hash is the one signed.
    """
    try:
        for record in ArchiveIterator(stream, check_digests=True):
            content = record.content_stream()
            while content.read(CHUNK_BYTES):
                pass
            if record.digest_checker.passed is False:
                named = record.rec_headers.get_header("WARC-Record-ID")
                yield f"WARC record {named}: {'; '.join(record.digest_checker.problems)}"
    except (ArchiveLoadFailed, ValueError, EOFError, OSError, zlib.error) as error:
        yield f"the WARC cannot be read to its end: {error}"
