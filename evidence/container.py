"""A ZIP file with one possible spelling: the same members give the same bytes, and no byte is left to chance.

Members are stored uncompressed (as WACZ asks of its WARCs, and so nothing can explode on reading), in the order
given, with the date 1980-01-01, no comments, no extra fields, no gaps. A reader can therefore hold a file against
what the writer would have written; any byte that differs, in a header too, is a fault. The times that matter are signed
inside.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from evidence.failure import Damaged

CHUNK_BYTES = 256 * 1024
MAX_MEMBERS = 1000
"""A bundle of ours has about ten."""
MAX_BYTES = 2**32 - 1
"""Without the ZIP64 extension no offset goes further."""

# APPNOTE.TXT 4.3.7, 4.3.12 and 4.3.16, in this order
_LOCAL = struct.Struct("<4sHHHHHLLLHH")
_CENTRAL = struct.Struct("<4sHHHHHHLLLHHHHHLL")
_END = struct.Struct("<4sHHHHLLH")
_VERSION = 20
_UTF8_NAMES = 0x0800
_UNIX_VERSION = 3 << 8 | _VERSION
_DATE = 1 << 5 | 1  # 1980-01-01, where ZIP's calendar begins
_MODE = 0o100644 << 16


@dataclass(frozen=True, slots=True)
class Member:
    """A file in the container: its bytes lie at `start` to `start + size`."""

    name: str
    size: int
    crc: int
    start: int


def write_container(path: Path, members: Mapping[str, BinaryIO]) -> None:
    """Write `members`, seekable streams by name, to a new file at `path`."""
    written: list[Member] = []
    with path.open("xb") as out:
        for name, stream in members.items():
            size, crc = _measure(stream)
            header = _local_header(name, size, crc)
            if out.tell() + len(header) + size > MAX_BYTES:
                raise Damaged(f"{path.name} would grow beyond 4 GiB, more than a plain ZIP can hold")
            out.write(header)
            written.append(Member(name, size, crc, out.tell()))
            stream.seek(0)
            while piece := stream.read(CHUNK_BYTES):
                out.write(piece)
        out.write(_directory(written, out.tell()))


def read_container(stream: BinaryIO, size: int) -> tuple[dict[str, Member], list[str]]:
    """The members of the container in `stream` of `size` bytes, and what in its own structure was changed.

    Raises Damaged when no members can be told at all.
    """
    if size < _END.size:
        raise Damaged("it is too short to be a ZIP file")
    stream.seek(size - _END.size)
    end = _END.unpack(stream.read(_END.size))
    count, directory_size, directory_start = end[4], end[5], end[6]
    if end[0] != b"PK\5\6" or directory_start + directory_size + _END.size != size or count > MAX_MEMBERS:
        raise Damaged("it does not end as a bundle of this tool ends: cut, lengthened, or no such file")
    stream.seek(directory_start)
    directory = stream.read(directory_size)
    members: dict[str, Member] = {}
    faults: list[str] = []
    position = 0
    for name, member_size, crc in _listed(directory, count):
        header = _local_header(name, member_size, crc)
        stream.seek(position)
        if stream.read(len(header)) != header:
            faults.append(f"the ZIP header of {name!r} was changed")
        if name in members:
            faults.append(f"{name!r} is in it twice")
        members[name] = Member(name, member_size, crc, position + len(header))
        position += len(header) + member_size
    if position != directory_start:
        faults.append(f"its files fill {position} bytes, but its directory starts at {directory_start}")
    elif _directory(list(members.values()), directory_start) != directory + _END.pack(*end):
        faults.append("the ZIP directory was changed")
    for member in members.values():
        if member.start + member.size > directory_start:
            raise Damaged(f"{member.name!r} reaches beyond the end of the file")
        if _measure(Section(stream, member.start, member.size))[1] != member.crc:
            faults.append(f"{member.name!r} does not have the check sum that the ZIP directory tells")
    return members, faults


def _listed(directory: bytes, count: int) -> Iterator[tuple[str, int, int]]:
    """Name, size and check sum of each entry of a ZIP directory."""
    position = 0
    for _ in range(count):
        try:
            fields = _CENTRAL.unpack_from(directory, position)
            start = position + _CENTRAL.size
            name = directory[start : start + fields[10]].decode("utf-8")
        except (struct.error, UnicodeDecodeError) as error:
            raise Damaged(f"its ZIP directory cannot be read: {error}") from error
        if fields[0] != b"PK\1\2" or len(name.encode()) != fields[10]:
            raise Damaged("its ZIP directory cannot be read")
        yield name, fields[9], fields[7]
        position = start + fields[10] + fields[11] + fields[12]


def _measure(stream: BinaryIO) -> tuple[int, int]:
    size = crc = 0
    stream.seek(0)
    while piece := stream.read(CHUNK_BYTES):
        size += len(piece)
        crc = zlib.crc32(piece, crc)
    return size, crc


def _local_header(name: str, size: int, crc: int) -> bytes:
    raw = name.encode()
    return _LOCAL.pack(b"PK\3\4", _VERSION, _UTF8_NAMES, 0, 0, _DATE, crc, size, size, len(raw), 0) + raw


def _directory(members: list[Member], start: int) -> bytes:
    entries = []
    for member in members:
        raw = member.name.encode()
        offset = member.start - _LOCAL.size - len(raw)
        entries.append(
            _CENTRAL.pack(
                b"PK\1\2", _UNIX_VERSION, _VERSION, _UTF8_NAMES, 0, 0, _DATE, member.crc, member.size, member.size,
                len(raw), 0, 0, 0, 0, _MODE, offset,
            )
            + raw
        )  # fmt: skip
    body = b"".join(entries)
    return body + _END.pack(b"PK\5\6", 0, 0, len(members), len(members), len(body), start, 0)


class Section(io.RawIOBase, BinaryIO):
    """Bytes `start` to `start + size` of another stream, as a seekable file of its own."""

    def __init__(self, stream: BinaryIO, start: int, size: int) -> None:
        super().__init__()
        self._stream = stream
        self._start = start
        self._size = size
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def tell(self) -> int:
        return self._position

    def read(self, size: int = -1, /) -> bytes:
        left = max(0, self._size - self._position)
        wanted = left if size is None or size < 0 else min(size, left)
        self._stream.seek(self._start + self._position)
        piece = self._stream.read(wanted)
        self._position += len(piece)
        return piece
