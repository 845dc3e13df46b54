"""One tab in a browser context of its own: opened for one capture, closed after it."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from evidence.devtools import DevTools, ProtocolError
from evidence.exchange import Cut
from evidence.failure import BrowserCrashed, CaptureTimedOut
from evidence.network import FETCH_PATTERNS, NetworkRecorder
from evidence.request import Device
from evidence.settings import CaptureBounds

T = TypeVar("T")

DIALOGS_BEARABLE = 10
"""A page that opens more is shown again with its dialogs muted: an endless row of them blocks everything else."""

MUTED_DIALOGS = """
for (const [name, answer] of [["alert", undefined], ["confirm", false], ["prompt", null]]) {
  let calls = 0;
  window[name] = () => { if (++calls > 10) throw new Error("too many dialogs"); return answer; };
}
"""

AUTO_ATTACH: dict[str, Any] = {
    "autoAttach": True,
    "waitForDebuggerOnStart": True,
    "flatten": True,
    "filter": [{"type": kind, "exclude": True} for kind in ("browser", "browser_ui", "tab")] + [{}],
}
"""Every page, frame and worker waits on its start until it is under our eyes."""

CLOSE_SECONDS = 5.0
POLL_SECONDS = 0.03

TIME_ZONE = "Asia/Ho_Chi_Minh"
LANGUAGES = "vi-VN,vi;q=0.9,en;q=0.8"
"""Scams aimed at Vietnam hide from visitors who seem to be elsewhere."""


@dataclass(frozen=True, slots=True)
class DeviceProfile:
    """What the page is told of the device. `user_agent` keeps the browser's true version."""

    width: int
    height: int
    is_mobile: bool
    user_agent: str


def device_profile(device: Device, browser_user_agent: str) -> DeviceProfile:
    """The profile of `device` for the browser that calls itself `browser_user_agent`."""
    honest = browser_user_agent.replace("HeadlessChrome/", "Chrome/")
    if device == "desktop":
        return DeviceProfile(1366, 768, False, honest)
    version = honest.partition("Chrome/")[2].partition(" ")[0]
    return DeviceProfile(
        # an ordinary Android phone, with the frozen platform text that Chrome sends since version 110
        412,
        915,
        True,
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
        f"Chrome/{version} Mobile Safari/537.36",
    )


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The page as it stood: DOM after scripts, visible text of all frames, picture of the whole page."""

    url: str
    title: str
    html: str
    text: str
    screenshot: bytes


class Tab:
    """A page in a fresh context: no cookies, cache, permissions, downloads, popups or service workers."""

    def __init__(
        self,
        devtools: DevTools,
        recorder: NetworkRecorder,
        profile: DeviceProfile,
        bounds: CaptureBounds,
        *,
        mutes_dialogs: bool,
    ) -> None:
        self.recorder = recorder
        self.is_flooded = False
        """The page opened more dialogs than is bearable; the last one still stands and blocks it."""
        self.is_download = False
        self._devtools = devtools
        self._profile = profile
        self._bounds = bounds
        self._mutes_dialogs = mutes_dialogs
        self._context = ""
        self._target = ""
        self._session = ""
        self._frame_sessions: dict[str, str] = {}
        self._dialogs = 0
        self._has_loaded = False
        self._crashed: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._ready = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Make context and tab and set every refusal in place before the first request."""
        send = self._devtools.send
        self._devtools.listen(self._on_event)
        self._context = (await send("Target.createBrowserContext", disposeOnDetach=True))["browserContextId"]
        await send("Browser.setDownloadBehavior", behavior="deny", browserContextId=self._context, eventsEnabled=True)
        await send("Browser.grantPermissions", permissions=[], browserContextId=self._context)
        await send("Fetch.enable", patterns=FETCH_PATTERNS)
        await send("Target.setAutoAttach", **AUTO_ATTACH)
        created = await send("Target.createTarget", url="about:blank", browserContextId=self._context)
        self._target = created["targetId"]
        self.recorder.begin(self._target)  # a page's main frame bears the id of its target
        try:
            await self._living(self._ready.wait(), self._bounds.seconds)
        except TimeoutError as error:
            raise CaptureTimedOut("the browser opened no page within the time of a capture") from error

    async def close(self) -> None:
        """Close tab and context; nothing of the page stays in the browser."""
        self._devtools.listen(None)
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._devtools.ended.is_set():
            return
        for method, parameters in (
            ("Target.setAutoAttach", {"autoAttach": False, "waitForDebuggerOnStart": False, "flatten": True}),
            ("Fetch.disable", {}),
            ("Target.disposeBrowserContext", {"browserContextId": self._context}),
        ):
            try:
                await self._devtools.send(method, timeout_seconds=CLOSE_SECONDS, **parameters)
            except (TimeoutError, BrowserCrashed):
                self._devtools.kill()  # it would carry this page into the next capture
                return

    async def navigate(self, url: str, referrer: str, deadline: float) -> str:
        """Go to `url`; the browser's error (`net::ERR_…`) or "". CaptureTimedOut without any answer by `deadline`."""
        self._has_loaded = False
        parameters = {"url": url} | ({"referrer": referrer} if referrer else {})
        try:
            answer = await self._command("Page.navigate", deadline, **parameters)
        except TimeoutError as error:
            raise CaptureTimedOut(f"{url} gave no answer within the time of a capture") from error
        return str(answer.get("errorText", ""))

    async def settle(self, deadline: float) -> None:
        """Wait until the page has loaded and fallen quiet, or until `deadline`, and then stop it."""
        loop = asyncio.get_running_loop()
        while loop.time() < deadline and not self.is_flooded:
            quiet_for = loop.time() - self.recorder.last_activity
            if self._has_loaded and self.recorder.is_quiet and quiet_for >= self._bounds.quiet_seconds:
                return
            await self._living(asyncio.sleep(POLL_SECONDS), self._bounds.seconds)
        if self.is_flooded:
            return
        self._cut("time", "", "the page was still loading when its time was up")
        await self._command("Page.stopLoading", loop.time() + 2.0)

    async def snapshot(self, deadline: float) -> Snapshot:
        """Take the page as it is. A script that never yields is stopped; CaptureTimedOut if even that fails."""
        try:
            return await self._snapshot(deadline - self._bounds.seconds * 0.15)
        except TimeoutError:
            pass
        self.recorder.log.cuts.append(Cut("script", "", "a script that never yielded was stopped"))
        self._spawn(self._stop_script(self._session))
        try:
            return await self._snapshot(deadline)
        except TimeoutError as error:
            raise CaptureTimedOut("the page could not be pictured within the time of a capture") from error

    async def _snapshot(self, deadline: float) -> Snapshot:
        metrics = (await self._command("Page.getLayoutMetrics", deadline))["cssContentSize"]
        height = max(int(metrics["height"]), self._profile.height)
        if height > self._bounds.screenshot_height:
            limit = self._bounds.screenshot_height
            self.recorder.log.cuts.append(Cut("screenshot", "", f"{height} pixels high, pictured to {limit}"))
            height = limit
        picture = await self._command(
            "Page.captureScreenshot",
            deadline,
            format="png",
            captureBeyondViewport=True,
            clip={"x": 0, "y": 0, "width": self._profile.width, "height": height, "scale": 1},
        )
        root = (await self._command("DOM.getDocument", deadline, depth=0))["root"]["nodeId"]
        html = (await self._command("DOM.getOuterHTML", deadline, nodeId=root))["outerHTML"]
        title, main_text = await self._evaluate(self._session, self._target, deadline)
        tree = (await self._command("Page.getFrameTree", deadline))["frameTree"]
        frame = tree["frame"]
        texts = [main_text]
        for child, session in self._child_frames(tree):
            try:
                _, text = await self._evaluate(session, child, deadline)
            except ProtocolError:
                continue  # the frame was taken out of the page meanwhile
            if text.strip():
                texts.append(f"[frame]\n{text}")
        return Snapshot(
            url=frame["url"] + frame.get("urlFragment", ""),
            title=title,
            html=html,
            text="\n\n".join(texts),
            screenshot=base64.b64decode(picture["data"]),
        )

    def _child_frames(self, tree: dict[str, Any]) -> list[tuple[str, str]]:
        """(frame id, session) of every frame below the main one, those in processes of their own included."""
        found: list[tuple[str, str]] = []
        rest = list(tree.get("childFrames", ()))
        while rest:
            branch = rest.pop(0)
            rest[:0] = branch.get("childFrames", ())
            found.append((branch["frame"]["id"], self._session))
        known = {frame for frame, _ in found}
        return found + [pair for pair in self._frame_sessions.items() if pair[0] not in known]

    async def _evaluate(self, session: str, frame: str, deadline: float) -> tuple[str, str]:
        """Title and visible text of a frame, read in a world that the page's scripts cannot reach."""
        timeout = max(0.05, deadline - asyncio.get_running_loop().time())
        world = await self._devtools.send(
            "Page.createIsolatedWorld", session, timeout, frameId=frame, worldName="luoitroi"
        )
        answer = await self._devtools.send(
            "Runtime.evaluate",
            session,
            timeout,
            expression="[document.title, document.body ? document.body.innerText : '']",
            contextId=world["executionContextId"],
            returnByValue=True,
        )
        title, text = answer["result"].get("value") or ("", "")
        return str(title), str(text)

    async def _command(self, method: str, deadline: float, **parameters: Any) -> dict[str, Any]:
        timeout = max(0.05, deadline - asyncio.get_running_loop().time())
        return await self._living(self._devtools.send(method, self._session, **parameters), timeout)

    async def _living(self, work: Coroutine[Any, Any, T], timeout_seconds: float) -> T:
        """The result of `work`, unless the tab dies first (BrowserCrashed) or time runs out (TimeoutError)."""
        task = asyncio.ensure_future(work)
        ended = asyncio.ensure_future(self._devtools.ended.wait())
        try:
            await asyncio.wait(
                {task, ended, self._crashed}, timeout=timeout_seconds, return_when=asyncio.FIRST_COMPLETED
            )
            if self._crashed.done():
                raise BrowserCrashed(self._crashed.result())
            if task.done():
                return task.result()
            if ended.done():
                raise BrowserCrashed("the browser ended in mid-work")
            raise TimeoutError
        finally:
            ended.cancel()
            task.cancel()

    def _on_event(self, session: str, method: str, parameters: dict[str, Any]) -> None:
        if method.startswith(("Network.", "Fetch.")):
            self.recorder.on_event(session, method, parameters)
        elif method == "Target.attachedToTarget":
            self._spawn(self._attached(parameters))
        elif method == "Target.detachedFromTarget":
            gone = parameters["sessionId"]
            self._frame_sessions = {frame: own for frame, own in self._frame_sessions.items() if own != gone}
        elif method == "Page.frameStoppedLoading" and parameters["frameId"] == self._target:
            self._has_loaded = True  # said also of a load that was aborted, unlike the load event
        elif method == "Page.javascriptDialogOpening":
            self._spawn(self._dialog(session, parameters))
        elif method == "Browser.downloadWillBegin":
            self.is_download = True
            self._cut("download", parameters["url"], parameters["suggestedFilename"])
        elif method == "Inspector.targetCrashed" and session == self._session and not self._crashed.done():
            self._crashed.set_result("the page crashed its tab")

    def _cut(self, what: str, url: str, detail: str) -> None:
        self.recorder.log.cuts.append(Cut(what, url, detail))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        async def guarded() -> None:
            with contextlib.suppress(ProtocolError, BrowserCrashed):  # the target went away before we got to it
                await work

        task = asyncio.ensure_future(guarded())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _attached(self, parameters: dict[str, Any]) -> None:
        target = parameters["targetInfo"]
        session = parameters["sessionId"]
        kind = target["type"]
        if target.get("browserContextId") != self._context:
            await self._devtools.send("Runtime.runIfWaitingForDebugger", session)
            await self._devtools.send("Target.detachFromTarget", sessionId=session)
        elif kind == "service_worker" or (kind == "page" and self._session):
            self._cut("service worker" if kind == "service_worker" else "popup", target["url"], "refused")
            await self._devtools.send("Target.closeTarget", targetId=target["targetId"])
        else:
            if kind == "page":
                self._session = session
            elif kind == "iframe":
                self._frame_sessions[target["targetId"]] = session
            await self._prepare(session, kind)

    async def _prepare(self, session: str, kind: str) -> None:
        """Set up a page, frame or worker that waits for us, and let it run."""
        commands: list[tuple[str, dict[str, Any]]] = [
            ("Network.enable", {"maxTotalBufferSize": 1, "maxResourceBufferSize": 1}),  # we read bodies elsewhere
            ("Network.setCacheDisabled", {"cacheDisabled": True}),
            ("Target.setAutoAttach", AUTO_ATTACH),
        ]
        if kind in ("page", "iframe"):
            commands += [
                ("Network.setBypassServiceWorker", {"bypass": True}),
                ("Page.enable", {}),
                ("Inspector.enable", {}),
                (
                    "Emulation.setUserAgentOverride",
                    {"userAgent": self._profile.user_agent, "acceptLanguage": LANGUAGES},
                ),
                ("Emulation.setTimezoneOverride", {"timezoneId": TIME_ZONE}),
                ("Emulation.setTouchEmulationEnabled", {"enabled": self._profile.is_mobile}),
            ]
            if self._mutes_dialogs:
                commands.append(("Page.addScriptToEvaluateOnNewDocument", {"source": MUTED_DIALOGS}))
        if kind == "page":
            commands += [
                (
                    "Emulation.setDeviceMetricsOverride",
                    {
                        "width": self._profile.width,
                        "height": self._profile.height,
                        "deviceScaleFactor": 1,
                        "mobile": self._profile.is_mobile,
                    },
                ),
                ("Page.setInterceptFileChooserDialog", {"enabled": True}),
            ]
        sending = [self._devtools.send(method, session, **arguments) for method, arguments in commands]
        results = await asyncio.gather(*sending, return_exceptions=True)
        await self._devtools.send("Runtime.runIfWaitingForDebugger", session)
        if kind == "page":
            for result in results:
                if isinstance(result, BaseException):
                    raise result
            self._ready.set()

    async def _dialog(self, session: str, parameters: dict[str, Any]) -> None:
        self._dialogs += 1
        self._cut("dialog", parameters["url"], f"{parameters['type']}: {parameters['message'][:200]}")
        if self._dialogs >= DIALOGS_BEARABLE:
            self.is_flooded = True
            return
        is_leaving = parameters["type"] == "beforeunload"
        await self._devtools.send("Page.handleJavaScriptDialog", session, accept=is_leaving)

    async def _stop_script(self, session: str) -> None:
        await self._devtools.send("Runtime.terminateExecution", session)
