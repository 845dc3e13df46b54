"""The reader pool with real workers: they read, are replaced when they die or hang, and outlive nobody."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from io import BytesIO
from pathlib import Path

import psutil
import pytest
from PIL import Image

from crawler.pictures.pool import PictureUnread, ReaderPool
from crawler.pictures.worker import COPY_PIXELS, COPY_WIDTH, small_copy
from matchers.page import PictureRole
from matchers.pictures.ocr import Tesseract
from tests.crawler.installation import REPOSITORY
from tests.matchers.pictures import drawing

GONE_SECONDS = 10
CREATIVE = PictureRole.CREATIVE


def tall_picture(side: int = 600) -> bytes:
    return drawing.encoded(Image.effect_noise((side, side), 60).convert("RGB"))


def slow_tesseract(folder: Path, seconds: float = 600) -> Tesseract:
    """A program in Tesseract's place that takes its time; it leaves its process id behind."""
    program = folder / "tesseract"
    program.write_text(f"#!/bin/sh\necho $$ >> {folder}/pids\nexec sleep {seconds}\n", "utf-8")
    program.chmod(0o755)
    return Tesseract(str(program), "5", frozenset(("vie",)))


def pids(folder: Path) -> list[int]:
    """The processes that were started in Tesseract's place."""
    written = folder / "pids"
    lines = written.read_text().splitlines(keepends=True) if written.exists() else []
    return [int(line) for line in lines if line.endswith("\n")]


async def until(condition: object, seconds: float = GONE_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it did not come to pass"
        await asyncio.sleep(0.02)


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_pictures_are_read_without_tesseract_by_as_many_workers_as_are_allowed() -> None:
    code = drawing.encoded(drawing.qr_code("https://vay-nhanh.test/x"))

    async def read() -> None:
        pool = ReaderPool(2, None, 5)
        found = await asyncio.gather(*(pool.read(code, f"https://a.test/{n}", CREATIVE) for n in range(6)))
        assert {one.picture.codes[0].payload for one in found if one is not None} == {"https://vay-nhanh.test/x"}
        assert [one.picture.url for one in found if one is not None] == [f"https://a.test/{n}" for n in range(6)]
        assert len(pool.processes) == 2
        assert await pool.read(b"<svg/>", "https://a.test/svg", CREATIVE) is None
        left = pool.processes
        await pool.close()
        assert all(map(is_gone, left))
        with pytest.raises(PictureUnread, match="the crawl ends"):
            await pool.read(code, "", CREATIVE)

    asyncio.run(read())


def test_a_worker_that_dies_or_hangs_is_replaced_and_its_picture_named(tmp_path: Path) -> None:
    async def read() -> None:
        pool = ReaderPool(1, slow_tesseract(tmp_path), 600)
        reading = asyncio.ensure_future(pool.read(tall_picture(), "", CREATIVE))
        await until(lambda: pids(tmp_path))
        (first,) = pool.processes
        os.kill(first, signal.SIGKILL)
        with pytest.raises(PictureUnread, match="status -9"):
            await reading
        await until(lambda: is_gone(pids(tmp_path)[0]))

        pool._limit_seconds = 1.0
        started = time.monotonic()
        with pytest.raises(PictureUnread, match="took longer than 1 s"):
            await pool.read(tall_picture(), "", CREATIVE)
        assert time.monotonic() - started < 30
        await until(lambda: all(map(is_gone, pids(tmp_path))))
        assert pool.processes == ()

        # Too small to hold words: this one needs no Tesseract, and a new worker reads it.
        small = await pool.read(drawing.encoded(Image.new("RGB", (30, 10))), "", CREATIVE)
        assert small is not None
        assert small.picture.width == 30
        await pool.close()

    asyncio.run(read())


def test_nothing_outlives_a_parent_that_was_killed(tmp_path: Path) -> None:
    program = tmp_path / "parent.py"
    tesseract = slow_tesseract(tmp_path)
    picture = tmp_path / "a.png"
    picture.write_bytes(tall_picture())
    program.write_text(
        "import asyncio\nfrom pathlib import Path\nfrom crawler.pictures.pool import ReaderPool\n"
        "from matchers.page import PictureRole\nfrom matchers.pictures.ocr import Tesseract\n"
        f"tesseract = Tesseract({tesseract.path!r}, '5', frozenset(('vie',)))\n"
        f"data = Path({str(picture)!r}).read_bytes()\n"
        "async def main():\n"
        "    pool = ReaderPool(1, tesseract, 600)\n"
        "    reading = asyncio.ensure_future(pool.read(data, '', PictureRole.CREATIVE))\n"
        "    while not pool.processes: await asyncio.sleep(0.01)\n"
        "    print(pool.processes[0], flush=True)\n"
        "    await reading\n"
        "asyncio.run(main())\n",
        "utf-8",
    )
    parent = subprocess.Popen(
        [sys.executable, str(program)],
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    asyncio.run(until(lambda: pids(tmp_path)))
    (reading,) = pids(tmp_path)
    assert not is_gone(worker)
    assert not is_gone(reading)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    asyncio.run(until(lambda: is_gone(worker) and is_gone(reading)))


def test_the_small_copy_is_of_our_own_making() -> None:
    picture = Image.linear_gradient("L").resize((1366, 16000)).convert("RGB")
    written = BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "<script>alert(1)</script>"
    picture.resize((900, 1200)).save(written, "JPEG", exif=exif, comment=b"<script>")
    copy = small_copy(written.getvalue())
    assert b"<script" not in copy
    with Image.open(BytesIO(copy)) as opened:
        assert (opened.format, opened.width, opened.height) == ("PNG", COPY_WIDTH, 853)
        assert not opened.getexif()
    long = small_copy(drawing.encoded(picture))
    with Image.open(BytesIO(long)) as opened:
        assert opened.width * opened.height <= COPY_PIXELS * 1.01
    assert small_copy(b"no picture") == b""
