"""The container has one spelling, and no change to it goes unseen."""

from __future__ import annotations

import contextlib
import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.container import Section, read_container, write_container
from evidence.failure import Damaged

CONTENT = {"archive/data.warc.gz": b"\x1f\x8b" + b"w" * 100, "trang.html": "xin chào".encode(), "rỗng.txt": b""}


def packed(path: Path, content: dict[str, bytes] = CONTENT) -> bytes:
    write_container(path, {name: io.BytesIO(raw) for name, raw in content.items()})
    return path.read_bytes()


def read(raw: bytes) -> tuple[dict[str, bytes], list[str]]:
    members, faults = read_container(io.BytesIO(raw), len(raw))
    return {name: raw[member.start : member.start + member.size] for name, member in members.items()}, faults


def test_it_is_a_zip_that_others_read(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    packed(path)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == CONTENT
        assert all(item.compress_type == zipfile.ZIP_STORED for item in archive.infolist())


def test_the_same_members_give_the_same_bytes_and_come_back(tmp_path: Path) -> None:
    first = packed(tmp_path / "a.zip")
    assert packed(tmp_path / "b.zip") == first
    assert read(first) == (CONTENT, [])


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    packed(tmp_path / "a.zip")
    with pytest.raises(FileExistsError):
        packed(tmp_path / "a.zip")


def test_every_changed_byte_is_a_fault_or_in_a_members_content(tmp_path: Path) -> None:
    whole = packed(tmp_path / "a.zip")
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 0x41
        try:
            content, faults = read(bytes(changed))
        except Damaged:
            continue
        assert faults, f"byte {place} was changed, {content}"


def test_a_zip_of_another_writer_is_no_container_of_ours(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb", b"0" * 1_000_000)
    with path.open("rb") as stream, pytest.raises(Damaged):
        read_container(stream, path.stat().st_size)


def test_duplicate_names_are_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a", b"1")
        with pytest.warns(UserWarning):
            archive.writestr("a", b"2")
    _, faults = read(path.read_bytes())
    assert "'a' is in it twice" in faults


@given(st.binary(max_size=400))
def test_hostile_bytes_are_damaged_or_faulty(raw: bytes) -> None:
    try:
        content, faults = read(raw)
    except Damaged:
        return
    assert faults or not content


@given(st.data())
def test_hostile_changes_to_a_container_never_raise_anything_else(data: st.DataObject) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a", b"12345")
    raw = bytearray(buffer.getvalue())
    for _ in range(data.draw(st.integers(1, 8))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(Damaged):
        read(bytes(raw))


@given(st.binary(max_size=60), st.integers(0, 70), st.integers(0, 70), st.integers(-1, 80))
def test_a_section_reads_like_a_slice(raw: bytes, start: int, size: int, wanted: int) -> None:
    size = min(size, max(0, len(raw) - start))
    section = Section(io.BytesIO(raw), start, size)
    expected = raw[start : start + size]
    assert section.read(wanted) == (expected if wanted < 0 else expected[:wanted])
    section.seek(2)
    assert section.read() == expected[2:]
