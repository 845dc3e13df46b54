"""The capture worker: takes the captures that hits wait for, one at a time, with one browser.

`python -m crawler.capturing [--until-closed]` works as a process of its own beside the crawls. It ends when nothing is
due; with `--until-closed` it goes on until its standard input closes, so that it never outlives who started it.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from contextlib import AsyncExitStack
from typing import Protocol

from crawler.log import start_logging
from crawler.pictures.screenshots import SCREENSHOT, Screenshot, Screenshots
from crawler.settings import Settings, SettingsError, load_settings
from evidence.browser import find_chromium
from evidence.capture import Capture, Capturer
from evidence.custodian import Custodian
from evidence.failure import CaptureFailed, EvidenceError, Refused, VaultError
from evidence.plain import HttpCapturer
from evidence.request import CaptureRequest, Device
from evidence.signing import SigningKey
from evidence.vault import FolderVault
from matchers.pictures.fingerprint import picture_fingerprint
from search.captures import CaptureJob, ShownPage, fail_capture, finish_capture, lease_capture
from search.records import Records, RecordsError, open_records

IDLE_SECONDS = 0.5
REQUESTED_BY = "crawler"
logger = logging.getLogger(__name__)


class Takes(Protocol):
    """What captures a page: in a browser, or by plain HTTP where there is none."""

    async def capture(self, request: CaptureRequest) -> Capture: ...


async def take_captures(settings: Settings, *, until_closed: bool) -> int:
    """Take every capture that is due; returns how many were kept.

    Raises RecordsError or VaultError when nothing can be kept at all: what is due stays due.
    """
    records = open_records(settings.records.url)
    vault = FolderVault(settings.vault_dir)
    custodian, recovery = Custodian.open(vault, SigningKey.load_or_create(settings.keys_dir))
    if recovery.finished or recovery.discarded:
        detail = f"{len(recovery.finished)} captures finished, {recovery.discarded} drafts discarded"
        logger.warning("vault_recovered", extra={"detail": detail})
    closed = asyncio.create_task(_input_closed()) if until_closed else None
    kept = 0
    async with AsyncExitStack() as stack:
        stack.callback(records.close)
        capturer = await _capturer(settings, vault, stack)
        pictures = Screenshots(records, settings)
        stack.push_async_callback(pictures.close)
        while True:
            # Asked before the queue is looked at: what became due before the end was told is still taken.
            is_ending = closed is None or closed.done()
            job = lease_capture(records)
            if job is not None:
                kept += await _take(records, custodian, capturer, job, pictures)
            elif is_ending:
                return kept
            else:
                await asyncio.wait({closed} if closed is not None else set(), timeout=IDLE_SECONDS)


async def _capturer(settings: Settings, vault: FolderVault, stack: AsyncExitStack) -> Takes:
    chromium = find_chromium(settings.browser.executable)
    if chromium is None:
        logger.warning("browser_missing", extra={"detail": "captures are taken by plain HTTP; see `luoitroi doctor`"})
        return HttpCapturer(
            settings.guard.refusal,
            bounds=settings.evidence.bounds,
            workspace=vault.workspace,
            host_addresses=settings.host_overrides,
        )
    return await stack.enter_async_context(
        Capturer(
            chromium,
            settings.guard.refusal,
            bounds=settings.evidence.bounds,
            workspace=vault.workspace,
            host_addresses=settings.host_overrides,
        )
    )


async def _take(records: Records, custodian: Custodian, capturer: Takes, job: CaptureJob, pictures: Screenshots) -> int:
    device: Device = "mobile" if job.device == "mobile" else "desktop"
    request = CaptureRequest(job.url, REQUESTED_BY, f"hit {job.hit_id}", device, job.referrer_url)
    try:
        capture = await capturer.capture(request)
        # Read before it is sealed, when its files move into the vault.
        shown = await asyncio.to_thread(shown_page, capture)
        screenshot = await asyncio.to_thread(Screenshot.of, capture)
        record = custodian.keep(capture)
    except CaptureFailed as error:
        logger.warning(error.kind, extra={"hit_id": job.hit_id, "url": job.url, "detail": str(error)})
        fail_capture(records, job.id, f"{error.kind}: {error}", is_final=isinstance(error, Refused))
        return 0
    finish_capture(records, job.id, record.id, shown)
    if screenshot is not None:
        await pictures.look(screenshot, job.hit_id)
    return 1


def shown_page(capture: Capture) -> ShownPage | None:
    """The words and picture of what was captured; None where it was no page that could be shown."""
    text, picture = capture.files.get("page.txt"), capture.files.get(SCREENSHOT)
    if text is None or picture is None:
        return None
    return ShownPage(text.read_text("utf-8", "replace"), picture_fingerprint(picture.read_bytes()))


async def _input_closed() -> None:
    """Return when standard input ends."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m crawler.capturing", description=__doc__)
    parser.add_argument("--until-closed", action="store_true")
    options = parser.parse_args(arguments)
    start_logging()
    try:
        asyncio.run(take_captures(load_settings(), until_closed=options.until_closed))
    except (RecordsError, VaultError, EvidenceError) as error:
        logger.error(error.kind, extra={"detail": str(error)})
        return 1
    except SettingsError as error:
        logger.error("configuration_error", extra={"detail": str(error)})
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
