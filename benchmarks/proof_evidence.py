"""Proof: no change to evidence goes unseen, no untouched evidence is accused, and a killed capturer loses nothing.

`python -m benchmarks.proof_evidence [--count 10000] [--kills 200] [--seed 1]`. Mutations fall on exported packages, on
bundles and on the vault's own files; kills fall on a process that captures, seals, stores and exports without pause.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from base64 import b64decode
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from evidence.browser import find_chromium
from evidence.bundle import VaultBundle, write_wacz
from evidence.canonical import canonical_json
from evidence.capture import Capture, Capturer
from evidence.container import Member, read_container, write_container
from evidence.custodian import Custodian
from evidence.export import export_capture, verify_file
from evidence.manifest import DIGEST_NAME, MANIFEST_NAME, parse_manifest, sign_manifest
from evidence.plain import HttpCapturer
from evidence.request import CaptureRequest
from evidence.signing import KeyRing, SigningKey
from evidence.vault import FolderVault
from evidence.verify import verify_vault

SAMPLES = 3


class _Page(BaseHTTPRequestHandler):
    """Serves pages that differ by their address."""

    def do_GET(self) -> None:
        body = f"<title>Trang {self.path}</title><h1>Lãi 30% mỗi tháng</h1>{self.path * 200}".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


class _Site(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A killed visitor hangs up; that is what is tested."""


@contextmanager
def _site() -> Iterator[str]:
    server = _Site(("127.0.0.1", 0), _Page)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def _allow(url: str) -> None:
    """The guard of the proofs: everything here is on loopback."""


def _custodian(root: Path) -> Custodian:
    key = SigningKey.load_or_create(root / "keys")
    return Custodian.open(FolderVault(root / "vault"), key, KeyRing.from_folder(root / "keys"))[0]


async def _captures(custodian: Custodian, base: str, count: int) -> list[Capture]:
    """`count` captures, one of them in Chromium where there is one."""
    chromium = find_chromium(None)
    plain = HttpCapturer(_allow, workspace=custodian.vault.workspace)
    captures = [await plain.capture(_request(f"{base}/{number}")) for number in range(count - bool(chromium))]
    if chromium is not None:
        async with Capturer(chromium, _allow, workspace=custodian.vault.workspace) as capturer:
            captures.append(await capturer.capture(_request(f"{base}/browser")))
    return captures


def _request(url: str) -> CaptureRequest:
    return CaptureRequest(url, "proof", "a proof")


@dataclass(frozen=True, slots=True)
class Exhibits:
    """Untouched evidence to tamper with: a vault, and from it a bundle and two states of a package for each capture."""

    root: Path
    trusted: KeyRing
    bundles: tuple[Path, ...]
    packages: tuple[Path, ...]
    earlier_packages: tuple[Path, ...]

    @property
    def vault(self) -> Path:
        return self.root / "vault"


def make_exhibits(root: Path) -> Exhibits:
    """Capture, keep and export a few pages under `root`."""
    custodian = _custodian(root)
    out = root / "out"
    out.mkdir()
    with _site() as base:
        records = [custodian.keep(capture) for capture in asyncio.run(_captures(custodian, base, SAMPLES))]
    bundles, packages, earlier = [], [], []
    for record in records:
        bundles.append(out / f"{record.id}.wacz")
        write_wacz(VaultBundle(custodian.vault, record), bundles[-1])
        earlier.append(out / f"{record.id}-1.zip")
        export_capture(custodian, record.id, earlier[-1], actor="proof", recipient="PA05", case="1")
        custodian.note(record.id, "viewed", "proof")
        packages.append(out / f"{record.id}-2.zip")
        export_capture(custodian, record.id, packages[-1], actor="proof", recipient="PA05", case="2")
    return Exhibits(root, custodian.trusted, tuple(bundles), tuple(packages), tuple(earlier))


Members = dict[str, bytes]
Mutation = Callable[[random.Random, Exhibits, Path], bool]
"""Changes a copy at the path; False when this change is not possible there."""


def _bytes_of(path: Path) -> bytearray:
    return bytearray(path.read_bytes())


def flip_a_byte(rng: random.Random, exhibits: Exhibits, path: Path) -> bool:
    content = _bytes_of(path)
    content[rng.randrange(len(content))] ^= rng.randrange(1, 256)
    path.write_bytes(content)
    return True


def cut_the_end(rng: random.Random, exhibits: Exhibits, path: Path) -> bool:
    content = _bytes_of(path)
    path.write_bytes(content[: rng.randrange(len(content))])
    return True


def lengthen(rng: random.Random, exhibits: Exhibits, path: Path) -> bool:
    content = _bytes_of(path)
    place = rng.choice([0, len(content), rng.randrange(len(content))])
    path.write_bytes(content[:place] + rng.randbytes(rng.randrange(1, 40)) + content[place:])
    return True


def cut_out(rng: random.Random, exhibits: Exhibits, path: Path) -> bool:
    content = _bytes_of(path)
    start = rng.randrange(len(content))
    del content[start : start + rng.randrange(1, 200)]
    path.write_bytes(content)
    return True


def _members(path: Path) -> Members:
    with path.open("rb") as stream:
        found, _ = read_container(stream, path.stat().st_size)
        return {name: _member(path, member) for name, member in found.items()}


def _member(path: Path, member: Member) -> bytes:
    with path.open("rb") as stream:
        stream.seek(member.start)
        return stream.read(member.size)


def _rewrite(path: Path, members: Members) -> None:
    path.unlink()
    write_container(path, {name: io.BytesIO(content) for name, content in members.items()})


def drop_a_file(rng: random.Random, exhibits: Exhibits, path: Path) -> bool:
    members = _members(path)
    del members[rng.choice(list(members))]
    _rewrite(path, members)
    return True


def add_a_file(rng: random.Random, exhibits: Exhibits, path: Path) -> bool:
    members = _members(path)
    name = rng.choice(["capture/extra.png", "../../etc/passwd", "README.txt", "archive/more.warc.gz"])
    _rewrite(path, members | {name: rng.randbytes(20)})
    return True


def swap_two_files(rng: random.Random, exhibits: Exhibits, path: Path) -> bool:
    members = _members(path)
    first, second = rng.sample(list(members), 2)
    members[first], members[second] = members[second], members[first]
    _rewrite(path, members)
    return True


def reorder_files(rng: random.Random, exhibits: Exhibits, path: Path) -> bool:
    members = list(_members(path).items())
    before = list(members)
    rng.shuffle(members)
    _rewrite(path, dict(members))
    return members != before


def take_from_another(rng: random.Random, exhibits: Exhibits, path: Path) -> bool:
    """Put in the file of the same name from another capture's bundle or package."""
    members = _members(path)
    others = exhibits.bundles if path.suffix == ".wacz" else exhibits.packages
    other = _members(rng.choice(others))
    name = rng.choice([name for name in members if name in other])
    is_change = members[name] != other[name]
    _rewrite(path, members | {name: other[name]})
    return is_change


def replay_an_old_log(rng: random.Random, exhibits: Exhibits, path: Path) -> bool:
    """Put the custody log of an earlier package of the same capture into a later one."""
    if path.suffix != ".zip":
        return False
    members = _members(path)
    old = _members(rng.choice(exhibits.earlier_packages))
    name = rng.choice(["custody.jsonl", "export.json", "export.sig"])
    is_change = members[name] != old[name]
    _rewrite(path, members | {name: old[name]})
    return is_change


def change_a_time(rng: random.Random, exhibits: Exhibits, path: Path) -> bool:
    """Change a digit of a date, wherever one stands."""
    content = _bytes_of(path)
    places = []
    start = 0
    while (start := content.find(b"T", start + 1)) > 0:
        if content[start - 3 : start - 2] == b"-" and content[start - 2 : start].isdigit():
            places.append(start - 1)
    if not places:
        return False
    place = rng.choice(places)
    content[place] = ord("0") + (content[place] - ord("0") + rng.randrange(1, 10)) % 10
    path.write_bytes(content)
    return True


def seal_with_another_key(rng: random.Random, exhibits: Exhibits, path: Path) -> bool:
    """Change a file of a bundle and make everything fit again, but for the key, which only the office has."""
    if path.suffix != ".wacz":
        return False
    members = _members(path)
    manifest = parse_manifest(members[MANIFEST_NAME])
    members[MANIFEST_NAME] = manifest.model_copy(update={"title": "Trang lành"}).to_bytes()
    forger = SigningKey.generate()
    digest = sign_manifest(members[MANIFEST_NAME], forger)
    if rng.random() < 0.5:  # pretending to be the office's key
        office = next(iter(exhibits.trusted))
        forged = digest.signature.model_copy(update={"key": office.fingerprint, "public_key": office.base64})
        digest = digest.model_copy(update={"signature": forged})
    members[DIGEST_NAME] = digest.to_bytes()
    _rewrite(path, members)
    return True


def relist_with_another_key(rng: random.Random, exhibits: Exhibits, path: Path) -> bool:
    """Change a file of a package and sign its list anew with a key of one's own."""
    if path.suffix != ".zip":
        return False
    members = _members(path)
    forger = SigningKey.generate()
    listed = json.loads(members["export.json"])
    listed |= {"recipient": "ai khác", "key": rng.choice([forger.public.fingerprint, listed["key"]])}
    members["export.json"] = canonical_json(listed)
    members["export.sig"] = b64decode(forger.sign(members["export.json"]))
    _rewrite(path, members)
    return True


FILE_MUTATIONS: tuple[Mutation, ...] = (
    flip_a_byte, flip_a_byte, flip_a_byte, cut_the_end, lengthen, cut_out, drop_a_file, add_a_file, swap_two_files,
    reorder_files, take_from_another, replay_an_old_log, change_a_time, seal_with_another_key, relist_with_another_key,
)  # fmt: skip


def _vault_files(vault: Path) -> list[Path]:
    return sorted(path for path in vault.rglob("*") if path.is_file())


def change_a_vault_file(rng: random.Random, exhibits: Exhibits, vault: Path) -> bool:
    path = rng.choice(_vault_files(vault))
    path.chmod(0o600)
    return rng.choice((flip_a_byte, cut_the_end, lengthen, cut_out))(rng, exhibits, path)


def delete_a_vault_file(rng: random.Random, exhibits: Exhibits, vault: Path) -> bool:
    rng.choice(_vault_files(vault)).unlink()
    return True


def put_a_file_into_the_vault(rng: random.Random, exhibits: Exhibits, vault: Path) -> bool:
    target = rng.choice(_vault_files(vault))
    target.with_name(f"{rng.getrandbits(64):016x}{target.suffix}").write_bytes(rng.randbytes(10))
    return True


def swap_two_vault_files(rng: random.Random, exhibits: Exhibits, vault: Path) -> bool:
    folder = vault / rng.choice(["captures", "custody", "objects"])
    first, second = rng.sample(_vault_files(folder), 2)
    one, two = first.read_bytes(), second.read_bytes()
    for path, content in ((first, two), (second, one)):
        path.chmod(0o600)
        path.write_bytes(content)
    return True


def cut_a_log(rng: random.Random, exhibits: Exhibits, vault: Path) -> bool:
    """Take whole lines from the end of a log, as if they had never been written."""
    path = rng.choice([*_vault_files(vault / "custody"), vault / "register.jsonl"])
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[: rng.randrange(len(lines))]))
    return True


def take_a_line_out(rng: random.Random, exhibits: Exhibits, vault: Path) -> bool:
    path = rng.choice([*_vault_files(vault / "custody"), vault / "register.jsonl"])
    lines = path.read_bytes().splitlines(keepends=True)
    del lines[rng.randrange(len(lines))]
    path.write_bytes(b"".join(lines))
    return True


VAULT_MUTATIONS: tuple[Mutation, ...] = (
    change_a_vault_file, change_a_vault_file, delete_a_vault_file, put_a_file_into_the_vault, swap_two_vault_files,
    cut_a_log, take_a_line_out,
)  # fmt: skip

VAULT_SHARE = 0.3
KILLS_OF_ONE_VAULT = 20
"""Each look checks the whole vault, which every kill makes larger."""


@dataclass(slots=True)
class TamperFigures:
    """How many mutations were tried and which were not seen; how many untouched exhibits were checked and accused."""

    mutations: int = 0
    unseen: list[str] = field(default_factory=list)
    untouched: int = 0
    accused: list[str] = field(default_factory=list)
    by_kind: Counter[str] = field(default_factory=Counter)


def tamper(exhibits: Exhibits, count: int, seed: int) -> TamperFigures:
    """Try `count` mutations, and check an untouched exhibit for every tenth."""
    rng = random.Random(seed)
    figures = TamperFigures()
    work = exhibits.root / "work"
    files = (*exhibits.bundles, *exhibits.packages)
    while figures.mutations < count:
        on_vault = rng.random() < VAULT_SHARE
        original = exhibits.vault if on_vault else rng.choice(files)
        mutation = rng.choice(VAULT_MUTATIONS if on_vault else FILE_MUTATIONS)
        copy = _copied(original, work)
        if not mutation(rng, exhibits, copy):
            continue
        figures.mutations += 1
        figures.by_kind[mutation.__name__] += 1
        if is_whole(copy, exhibits.trusted):
            figures.unseen.append(f"number {figures.mutations}: {mutation.__name__} on {original.name}")
        if figures.mutations % 10 == 0:
            untouched = rng.choice([exhibits.vault, *files])
            figures.untouched += 1
            if not is_whole(_copied(untouched, work), exhibits.trusted):
                figures.accused.append(untouched.name)
    return figures


def _copied(original: Path, work: Path) -> Path:
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    copy = work / original.name
    if original.is_dir():
        shutil.copytree(original, copy)
    else:
        shutil.copyfile(original, copy)
    return copy


def is_whole(path: Path, trusted: KeyRing) -> bool:
    """Whether the verifier finds nothing wrong with a file or a vault."""
    if path.is_dir():
        return all(report.is_whole for report in verify_vault(FolderVault(path), trusted))
    return verify_file(path, trusted).is_whole


@dataclass(slots=True)
class KillFigures:
    """What `kills` left: acknowledged captures that were lost or not whole, vaults accused, files left over."""

    kills: int = 0
    acknowledged: int = 0
    lost: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)


def kill(root: Path, count: int, seed: int) -> KillFigures:
    """Kill a capturing process `count` times; every fourth time one that uses Chromium."""
    rng = random.Random(seed)
    figures = KillFigures()
    has_browser = find_chromium(None) is not None
    with _site() as base:
        for number in range(count):
            uses_browser = has_browser and number % 4 == 0
            folder = root / str(number // KILLS_OF_ONE_VAULT)
            folder.mkdir(parents=True, exist_ok=True)
            acknowledged = _run_and_kill(folder, base, uses_browser, rng)
            figures.kills += 1
            figures.acknowledged += len(acknowledged)
            _look(folder, acknowledged, figures)
    return figures


def _run_and_kill(root: Path, base: str, uses_browser: bool, rng: random.Random) -> list[str]:
    """Start a worker, kill it at a random moment after its first sign of life; the captures it acknowledged."""
    worker = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.proof_evidence", "--work", str(root), base, str(int(uses_browser))],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert worker.stdout is not None
    lines = [worker.stdout.readline()]
    time.sleep(rng.uniform(0.0, 2.5 if uses_browser else 0.4))
    worker.send_signal(signal.SIGKILL)
    lines += worker.stdout.readlines()
    worker.wait()
    worker.stdout.close()
    return [line.strip() for line in lines if line.endswith("\n") and line.strip() != "ready"]


def _look(root: Path, acknowledged: list[str], figures: KillFigures) -> None:
    custodian = _custodian(root)
    present = custodian.vault.ids()
    figures.lost += [capture for capture in acknowledged if capture not in present]
    for report in verify_vault(custodian.vault, custodian.trusted):
        figures.faults += [f"{report.subject}: {fault.part}: {fault.message}" for fault in report.faults]
    figures.strays += [str(path) for path in (root / "vault" / "incoming").iterdir()]
    for package in sorted((root / "out").glob("*")):
        if not verify_file(package, custodian.trusted).is_whole:
            figures.strays.append(str(package))
        package.unlink()


def work(root: Path, base: str, uses_browser: bool) -> None:
    """Capture, keep, note and export until killed; tell each capture once it is kept."""
    custodian = _custodian(root)
    (root / "out").mkdir(exist_ok=True)
    print("ready", flush=True)

    async def forever() -> None:
        if not uses_browser:
            await _forever(HttpCapturer(_allow, workspace=custodian.vault.workspace))
            return
        chromium = find_chromium(None)
        assert chromium is not None
        async with Capturer(chromium, _allow, workspace=custodian.vault.workspace) as capturer:
            await _forever(capturer)

    async def _forever(capturer: Capturer | HttpCapturer) -> None:
        while True:
            capture = await capturer.capture(_request(f"{base}/{time.time_ns()}"))
            record = custodian.keep(capture)
            print(record.id, flush=True)
            custodian.note(record.id, "viewed", "proof")
            export_capture(custodian, record.id, root / "out" / f"{record.id}.zip", actor="proof")

    asyncio.run(forever())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="mutations")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--work", nargs=3, metavar=("ROOT", "BASE", "BROWSER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(Path(options.work[0]), options.work[1], options.work[2] == "1")
        return 0
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        started = time.monotonic()
        tampering = tamper(make_exhibits(root / "exhibits"), options.count, options.seed)
        tamper_seconds = time.monotonic() - started
        kills = kill(root / "killed", options.kills, options.seed)
    figures = {
        "mutations": tampering.mutations,
        "unseen": tampering.unseen,
        "untouched": tampering.untouched,
        "accused": tampering.accused,
        "tamper_seconds": round(tamper_seconds, 1),
        "kills": kills.kills,
        "acknowledged": kills.acknowledged,
        "lost": kills.lost,
        "faults": kills.faults,
        "strays": kills.strays,
        "kill_seconds": round(time.monotonic() - started - tamper_seconds, 1),
    }
    print(json.dumps(figures, ensure_ascii=False))
    return 1 if any(figures[name] for name in ("unseen", "accused", "lost", "faults", "strays")) else 0


if __name__ == "__main__":
    sys.exit(main())
