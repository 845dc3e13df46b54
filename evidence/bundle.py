"""The bundle of a capture: its files under their WACZ paths, wherever they lie, and the WACZ made of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, Protocol

from evidence.capture import Capture
from evidence.cdxj import index_lines
from evidence.container import Member, Section, write_container
from evidence.manifest import DIGEST_NAME, MANIFEST_NAME, METADATA_NAME, WARC_NAME, Resource, second
from evidence.vault import CaptureRecord, Vault

INDEX_NAME = "indexes/index.cdx"
"""CDXJ by content; under this name pywb and ReplayWeb.page both find it."""
PAGES_NAME = "pages/pages.jsonl"
LAST_NAMES = (MANIFEST_NAME, DIGEST_NAME)


class Bundle(Protocol):
    """Files by their path in the bundle."""

    def names(self) -> Iterable[str]:
        """The paths of all files."""

    def open(self, name: str) -> BinaryIO:
        """A file, seekable."""


class FolderBundle:
    """Files on this machine by their path in the bundle, as a bundle."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        self._files = files

    def names(self) -> Iterable[str]:
        return self._files

    def open(self, name: str) -> BinaryIO:
        return self._files[name].open("rb")


class VaultBundle:
    """A capture in the vault, as a bundle."""

    def __init__(self, vault: Vault, record: CaptureRecord) -> None:
        self._vault = vault
        self._record = record

    def names(self) -> Iterable[str]:
        return self._record.files

    def open(self, name: str) -> BinaryIO:
        return self._vault.open(self._record.files[name].sha256)


class ContainerBundle:
    """The members of a container, as a bundle."""

    def __init__(self, stream: BinaryIO, members: Mapping[str, Member]) -> None:
        self._stream = stream
        self._members = members

    def names(self) -> Iterable[str]:
        return self._members

    def open(self, name: str) -> BinaryIO:
        member = self._members[name]
        return Section(self._stream, member.start, member.size)


def draw_up(capture: Capture) -> tuple[dict[str, Path], tuple[Resource, ...]]:
    """Complete a capture with index, page list and metadata; all its files but the manifest, with their hashes."""
    folder = capture.folder.path
    files = {WARC_NAME: capture.warc} | {f"capture/{name}": path for name, path in capture.files.items()}
    for name, content in (
        (INDEX_NAME, index_lines(capture.responses, "data.warc.gz")),
        (PAGES_NAME, _pages(capture)),
        (METADATA_NAME, capture.metadata.model_dump_json(indent=1).encode()),
    ):
        files[name] = folder / name.rpartition("/")[2]
        files[name].write_bytes(content)
    return files, tuple(_resource(name, path) for name, path in files.items())


def _pages(capture: Capture) -> bytes:
    """The page list of WACZ: a header and the one page."""
    metadata = capture.metadata
    shown = next(
        (item for item in reversed(capture.responses) if item.url == metadata.final_url.partition("#")[0]),
        capture.responses[0] if capture.responses else None,
    )
    page = {
        "id": "page",
        "url": shown.url if shown is not None else metadata.final_url,
        "ts": second(shown.recorded_at if shown is not None else metadata.started_at),
        "title": metadata.title or metadata.final_url,
    }
    header = {"format": "json-pages-1.0", "id": "pages", "title": "Pages"}
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in (header, page)).encode()


def _resource(name: str, path: Path) -> Resource:
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return Resource(name=name.rpartition("/")[2].lower(), path=name, hash=f"sha256:{digest}", bytes=path.stat().st_size)


def write_wacz(bundle: Bundle, target: Path) -> None:
    """Write `bundle` as a WACZ to a new file; the same capture always gives the same bytes."""
    with ExitStack() as files:
        names = ordered(bundle.names(), LAST_NAMES)
        write_container(target, {name: files.enter_context(bundle.open(name)) for name in names})


def ordered(names: Iterable[str], last: Sequence[str]) -> list[str]:
    """The one order in which files lie in a container: sorted, but for the signed lists at the end."""
    return [*sorted(set(names) - set(last)), *last]
