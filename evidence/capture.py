"""Captures: a page as Chromium saw it, with every byte of the network that made it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

import psutil

from evidence.browser import Chromium, launch_arguments, sandbox_obstacle
from evidence.devtools import DevTools
from evidence.exchange import Cut, Exchange, NetworkLog
from evidence.failure import BrowserCrashed, CaptureTimedOut, Refused, Unreachable
from evidence.metadata import BrowserDescription, CaptureMetadata, Failure, Omission
from evidence.network import Guard, NetworkRecorder
from evidence.request import CaptureRequest, require_web_address
from evidence.settings import CaptureBounds
from evidence.tab import LANGUAGES, TIME_ZONE, DeviceProfile, Snapshot, Tab, device_profile
from evidence.warc import ResponseRecord, WarcRecord, write_warc
from evidence.workspace import WorkFolder, Workspace

TOOL = "luoitroi"

CAPTURE_ARGUMENTS = (
    "--disable-extensions",
    "--disable-component-extensions-with-background-pages",
    "--disable-breakpad",
    "--disable-default-apps",
    "--deny-permission-prompts",
    "--disable-notifications",
    "--hide-scrollbars",
    "--mute-audio",
    "--no-default-browser-check",
    "--password-store=basic",
    "--force-color-profile=srgb",
    # WebSockets pass the guard by: they alone are sent to a proxy that does not exist, loopback included
    "--proxy-server=http=direct://;https=direct://;socks=socks5://websockets-refused.invalid:1080",
    "--proxy-bypass-list=<-loopback>",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    # one renderer for all frames would save memory, but a hostile frame must stay away from its neighbours
    "--renderer-process-limit=4",
    # the guard decides what is local; the browser's own check would block what the guard allows
    "--disable-features=LocalNetworkAccessChecks,WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup,PreloadTopChromeWebUI,Translate,OptimizationHints,MediaRouter,DialMediaRouteProvider",
    "--accept-lang=vi-VN,vi,en",
)

LOAD_SHARE = 0.6
"""Of a capture's seconds, the share that loading may take; the rest is for the pictures."""

MEMORY_CHECK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Capture:
    """What one capture brought, in a work folder of its own until it is kept or discarded.

    `files` are the parts by their name in the bundle: `page.html`, `page.txt` and `screenshot.png` where the page was
    shown. `records` and `responses` tell what is in the WARC.
    """

    request: CaptureRequest
    metadata: CaptureMetadata
    folder: WorkFolder
    warc: Path
    files: Mapping[str, Path]
    records: tuple[WarcRecord, ...]
    responses: tuple[ResponseRecord, ...]

    def discard(self) -> None:
        """Remove its files."""
        self.folder.discard()


class Capturer:
    """Captures pages, one at a time, in one Chromium that is started when first needed and again after a crash.

    >>> async with Capturer(chromium, guard) as capturer:
    ...     capture = await capturer.capture(CaptureRequest(url, "lan@so-tttt", "hit 17"))

    `guard` is asked about every request, sub-resources and redirects included. Captures lie in `workspace` (a
    vault's, so that they can be moved into it, or a temporary one).
    """

    def __init__(
        self,
        chromium: Chromium,
        guard: Guard,
        *,
        bounds: CaptureBounds | None = None,
        workspace: Workspace | None = None,
        host_addresses: Mapping[str, str] | None = None,
    ) -> None:
        self._chromium = chromium
        self._guard = guard
        self._bounds = bounds or CaptureBounds()
        self._workspace = workspace or Workspace.temporary()
        self._host_addresses = dict(host_addresses or {})
        self._turn = asyncio.Lock()
        self._profile: WorkFolder | None = None
        self._devtools: DevTools | None = None
        self._product = ""
        self._user_agent = ""

    async def __aenter__(self) -> Capturer:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def browser_pid(self) -> int | None:
        """The process id of the running browser, None before the first capture and after a crash."""
        return self._devtools.pid if self._devtools is not None and not self._devtools.ended.is_set() else None

    async def close(self) -> None:
        """End the browser and remove its profile."""
        if self._devtools is not None:
            await self._devtools.close()
            self._devtools = None
        if self._profile is not None:
            self._profile.discard()
            self._profile = None

    async def capture(self, request: CaptureRequest) -> Capture:
        """The page that `request` asks for.

        Raises CaptureFailed by one of its names: Refused, Unreachable, CaptureTimedOut, BrowserCrashed, BrowserMissing.
        """
        require_web_address(request.url)
        async with self._turn:
            devtools = await self._browser()
            folder = self._workspace.folder()
            watch = asyncio.ensure_future(self._watch_memory(devtools))
            try:
                return await self._capture(devtools, request, folder)
            except BaseException as error:
                folder.discard()
                if watch.done() and not watch.cancelled() and isinstance(error, BrowserCrashed):
                    raise BrowserCrashed(watch.result()) from error
                raise
            finally:
                watch.cancel()

    async def _browser(self) -> DevTools:
        if self._devtools is not None and not self._devtools.ended.is_set():
            return self._devtools
        await self.close()
        self._profile = self._workspace.folder()
        arguments = (*launch_arguments(host_addresses=self._host_addresses), *CAPTURE_ARGUMENTS)
        self._devtools = await DevTools.start(self._chromium.executable, arguments, self._profile.path)
        told = await self._devtools.send("Browser.getVersion")
        self._product, self._user_agent = told["product"], told["userAgent"]
        return self._devtools

    async def _watch_memory(self, devtools: DevTools) -> str:
        """End the browser when it takes more memory than allowed, and return the words to say so."""
        while True:
            await asyncio.sleep(MEMORY_CHECK_SECONDS)
            used = await asyncio.to_thread(memory_of, devtools.pid)
            if used > self._bounds.memory_bytes:
                devtools.kill()
                return (
                    f"the page made the browser take {used >> 20} MB of memory, more than "
                    f"{self._bounds.memory_bytes >> 20}; raise evidence.bounds.memory_bytes if the page deserves it"
                )

    async def _capture(self, devtools: DevTools, request: CaptureRequest, folder: WorkFolder) -> Capture:
        started_at = datetime.now(UTC)
        started = asyncio.get_running_loop().time()
        bodies = folder.path / "bodies"
        bodies.mkdir()
        recorder = NetworkRecorder(devtools, self._guard, self._bounds, bodies)
        profile = device_profile(request.device, self._user_agent)
        try:
            tab, error = await self._show(devtools, recorder, profile, request, started)
            try:
                self._require_answer(request, recorder, error)
                is_shown = not error and not tab.is_download
                snapshot = await tab.snapshot(started + self._bounds.seconds) if is_shown else None
            finally:
                await tab.close()
        finally:
            await recorder.close()
        await asyncio.to_thread(self._require_allowed_addresses, recorder.log)
        return await asyncio.to_thread(self._assemble, request, folder, recorder.log, snapshot, profile, started_at)

    async def _show(
        self,
        devtools: DevTools,
        recorder: NetworkRecorder,
        profile: DeviceProfile,
        request: CaptureRequest,
        started: float,
    ) -> tuple[Tab, str]:
        """A tab that shows the page, and the browser's error; a page that floods it with dialogs is muted."""
        for mutes_dialogs in (False, True):
            tab = Tab(devtools, recorder, profile, self._bounds, mutes_dialogs=mutes_dialogs)
            try:
                await tab.open()
                error = await self._load(tab, request, started)
            except BaseException:
                await tab.close()
                raise
            if not tab.is_flooded:
                return tab, error
            await tab.close()
            recorder.log.cuts.append(Cut("dialog", request.url, "too many: the page was loaded again, dialogs muted"))
        raise CaptureTimedOut(f"{request.url} keeps the browser busy with dialogs")

    async def _load(self, tab: Tab, request: CaptureRequest, started: float) -> str:
        """Navigate and wait; a page whose document never ends is loaded again and recorded as far as it came."""
        deadline = started + self._bounds.seconds * LOAD_SHARE
        error = await tab.navigate(request.url, request.referrer, deadline)
        shown = tab.recorder.main_exchanges()
        if error and shown and shown[-1].truncated == "time":
            tab.recorder.streams_main_document = True
            error = await tab.navigate(request.url, request.referrer, deadline)
        if not error:
            await tab.settle(deadline)
        return error

    @staticmethod
    def _require_answer(request: CaptureRequest, recorder: NetworkRecorder, error: str) -> None:
        hops = recorder.main_exchanges()
        if error and hops and hops[-1].refusal:
            raise Refused(f"{hops[-1].url} is not visited: {hops[-1].refusal}")
        if not any(hop.status and not 300 <= hop.status < 400 for hop in hops):
            raise Unreachable(f"{request.url} gave no answer: {error or 'no response'}")

    def _require_allowed_addresses(self, log: NetworkLog) -> None:
        """Put the addresses that were really connected to before the guard: a name may change between two lookups."""
        for exchange in log.exchanges:
            host = urlsplit(exchange.url).hostname or ""
            address = exchange.server_address
            if not address or any(fnmatchcase(host, pattern) for pattern in self._host_addresses):
                continue
            reason = self._guard(f"http://[{address}]/" if ":" in address else f"http://{address}/")
            if reason is not None:
                raise Refused(f"{exchange.url} came from {address}: {reason}; nothing of it is kept")

    def _assemble(
        self,
        request: CaptureRequest,
        folder: WorkFolder,
        log: NetworkLog,
        snapshot: Snapshot | None,
        profile: DeviceProfile,
        started_at: datetime,
    ) -> Capture:
        browser = BrowserDescription(
            product=self._product,
            executable=str(self._chromium.executable),
            how_found=self._chromium.how_found,
            user_agent=profile.user_agent,
            viewport=f"{profile.width}x{profile.height}",
            time_zone=TIME_ZONE,
            languages=LANGUAGES,
            is_sandboxed=sandbox_obstacle() is None,
        )
        return assemble(request, folder, log, snapshot, browser, started_at)


def memory_of(pid: int) -> int:
    """The memory in bytes that process `pid` and its descendants hold for themselves."""
    total = 0
    with contextlib.suppress(psutil.NoSuchProcess):
        root = psutil.Process(pid)
        for process in (root, *root.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                used = process.memory_info()
                total += used.rss - used.shared
    return total


def assemble(
    request: CaptureRequest,
    folder: WorkFolder,
    log: NetworkLog,
    snapshot: Snapshot | None,
    browser: BrowserDescription | None,
    started_at: datetime,
) -> Capture:
    """Write the parts of a capture into `folder` and describe them. A page that was not shown has no `snapshot`."""
    hops = [exchange for exchange in log.exchanges if exchange.is_main_document and not exchange.refusal]
    shown = next((hop for hop in reversed(hops) if hop.status and not 300 <= hop.status < 400), hops[-1])
    chain = [hop.url for hop in hops[: hops.index(shown)]]
    files: dict[str, Path] = {}
    if snapshot is not None:
        for name, content in (
            ("page.html", snapshot.html.encode("utf-8", "replace")),
            ("page.txt", snapshot.text.encode("utf-8", "replace")),
            ("screenshot.png", snapshot.screenshot),
        ):
            files[name] = folder.path / name
            files[name].write_bytes(content)
    remarks = []
    if snapshot is None and browser is not None:
        remarks.append("the answer was not shown as a page (a download or an empty answer): it is in the WARC alone")
    if browser is None:
        remarks.append("taken over plain HTTP, for want of a browser: no picture, no scripts, no sub-resources")
    metadata = CaptureMetadata(
        tool=TOOL,
        tool_version=version(TOOL),
        method="chromium" if browser is not None else "http",
        browser=browser,
        url=request.url,
        final_url=snapshot.url if snapshot is not None else shown.url,
        redirect_chain=tuple(dict.fromkeys(url for url in chain if url != shown.url)),
        status=shown.status,
        title=snapshot.title if snapshot is not None else "",
        server_address=shown.server_address,
        requested_by=request.requested_by,
        reason=request.reason,
        device=request.device,
        referrer=request.referrer,
        host=socket.gethostname(),
        started_at=started_at,
        finished_at=datetime.now(UTC),
        exchanges=len(log.exchanges),
        body_bytes=sum(exchange.body_size for exchange in log.exchanges),
        failures=tuple(Failure(url=item.url, error=_failure_of(item)) for item in log.exchanges if _failure_of(item)),
        omissions=tuple(Omission(what=cut.what, url=cut.url, detail=cut.detail) for cut in log.cuts),
        remarks=tuple(remarks),
    )
    warc = folder.path / "data.warc.gz"
    info = {
        "software": f"{TOOL} {metadata.tool_version}",
        "format": "WARC File Format 1.1",
        "conformsTo": "https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
        "hostname": metadata.host,
        "operator": request.requested_by,
        "http-header-user-agent": browser.user_agent if browser is not None else TOOL,
    }
    with warc.open("wb") as stream:
        records, responses = write_warc(stream, log.exchanges, info)
    return Capture(request, metadata, folder, warc, files, records, responses)


def _failure_of(exchange: Exchange) -> str:
    return f"refused: {exchange.refusal}" if exchange.refusal else exchange.error
