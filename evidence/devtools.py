"""A browser process of ours, and the DevTools protocol over its pipe.

The pipe, not a port: nobody else on the machine can reach the browser, and it ends by itself when our end of the
pipe closes, even if this process is killed. Flat sessions give every frame, worker and popup its own voice, which
Playwright's public interface does not, and evidence must miss none of them.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from evidence.failure import BrowserCrashed, BrowserMissing, CaptureFailed

EventHandler = Callable[[str, str, dict[str, Any]], None]
"""Called with the session id ("" for the browser itself), the event's name and its parameters."""

START_SECONDS = 20.0
"""A cold start from a slow disk stays well below; a browser that does not start at all must not hang us."""

CLOSE_SECONDS = 3.0

# The browser reads commands on descriptor 3 and writes on 4. Descriptors are moved in a fresh interpreter, since
# code between fork and exec is not safe in a process with threads.
_PIPE_SHIM = (
    "import os, sys\n"
    "given = [int(number) for number in sys.argv[1:3]]\n"
    "read, write = [os.dup(os.dup(os.dup(number))) for number in given]\n"
    "for number in given: os.set_inheritable(number, False)\n"
    "os.dup2(read, 3)\n"
    "os.dup2(write, 4)\n"
    "os.execv(sys.argv[3], sys.argv[3:])\n"
)


class ProtocolError(CaptureFailed):
    """The browser refused a command."""

    kind = "browser_protocol"


class _Messages(asyncio.Protocol):
    """Cuts the byte stream at its NULs without ever scanning a byte twice."""

    def __init__(self, on_message: Callable[[bytes], None], on_end: Callable[[], None]) -> None:
        self._on_message = on_message
        self._on_end = on_end
        self._pieces: list[bytes] = []

    def data_received(self, data: bytes) -> None:
        *complete, rest = data.split(b"\0")
        for piece in complete:
            self._pieces.append(piece)
            message = b"".join(self._pieces)
            self._pieces.clear()
            self._on_message(message)
        if rest:
            self._pieces.append(rest)

    def connection_lost(self, exc: Exception | None) -> None:
        self._on_end()


class DevTools:
    """One running browser. Made by `start`, ended by `close`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._reading: asyncio.ReadTransport | None = None
        self._writing: asyncio.WriteTransport | None = None
        self._last_id = 0
        self._pending: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._on_event: EventHandler | None = None
        self.ended = asyncio.Event()

    @property
    def pid(self) -> int:
        """The browser's process id."""
        return self._process.pid

    @classmethod
    async def start(cls, executable: Path, arguments: Sequence[str], profile: Path) -> DevTools:
        """Start `executable` headless with `arguments`, its files in `profile`; BrowserMissing if it does not."""
        command_read, command_write = os.pipe()
        answer_read, answer_write = os.pipe()
        command = [str(executable), "--headless=new", "--remote-debugging-pipe", f"--user-data-dir={profile}"]
        environment = dict(os.environ, BREAKPAD_DUMP_LOCATION=str(profile))
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-I", "-S", "-c", _PIPE_SHIM, str(command_read), str(answer_write),
                *command, *arguments, "about:blank",
                pass_fds=(command_read, answer_write), env=environment, start_new_session=True,
                stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
        except OSError as error:
            for descriptor in (command_read, command_write, answer_read, answer_write):
                os.close(descriptor)
            raise BrowserMissing(f"{executable} cannot be started: {error}") from error
        os.close(command_read)
        os.close(answer_write)
        devtools = cls(process)
        loop = asyncio.get_running_loop()
        devtools._reading, _ = await loop.connect_read_pipe(
            lambda: _Messages(devtools._receive, devtools._end), os.fdopen(answer_read, "rb", buffering=0)
        )
        devtools._writing, _ = await loop.connect_write_pipe(
            asyncio.Protocol, os.fdopen(command_write, "wb", buffering=0)
        )
        try:
            await devtools.send("Browser.getVersion", timeout_seconds=START_SECONDS)
        except (BrowserCrashed, TimeoutError) as error:
            await devtools.close()
            raise BrowserMissing(f"{executable} was started but does not answer; try it by hand") from error
        return devtools

    def listen(self, handler: EventHandler | None) -> None:
        """Hand every event to `handler` from now on."""
        self._on_event = handler

    async def send(
        self, method: str, session: str = "", timeout_seconds: float | None = None, **parameters: Any
    ) -> dict[str, Any]:
        """The browser's answer to one command.

        ProtocolError when it refuses, BrowserCrashed when it is gone, TimeoutError after `timeout_seconds`.
        """
        if self.ended.is_set() or self._writing is None:
            raise BrowserCrashed(f"the browser is gone; it cannot do {method}")
        self._last_id += 1
        message: dict[str, Any] = {"id": self._last_id, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._pending[self._last_id] = answer
        number = self._last_id
        self._writing.write(json.dumps(message).encode() + b"\0")
        try:
            async with asyncio.timeout(timeout_seconds):
                return await answer
        finally:
            self._pending.pop(number, None)

    async def close(self) -> None:
        """End the browser: politely, then with its whole process group."""
        if not self.ended.is_set():
            with contextlib.suppress(CaptureFailed, TimeoutError):
                await self.send("Browser.close", timeout_seconds=CLOSE_SECONDS)
        for transport in (self._writing, self._reading):
            if transport is not None:
                transport.close()
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._process.wait()
        except TimeoutError:
            self.kill()
            await self._process.wait()
        self._end()

    def kill(self) -> None:
        """End the browser and its children at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)  # its own session: start_new_session above

    def _receive(self, raw: bytes) -> None:
        message = json.loads(raw)
        if "id" in message:
            answer = self._pending.get(message["id"])
            if answer is None or answer.done():
                return
            if "error" in message:
                error = message["error"]
                answer.set_exception(ProtocolError(f"{error.get('message')} {error.get('data', '')}".strip()))
            else:
                answer.set_result(message["result"])
        elif self._on_event is not None:
            self._on_event(message.get("sessionId", ""), message["method"], message["params"])

    def _end(self) -> None:
        self.ended.set()
        for answer in self._pending.values():
            if not answer.done():
                answer.set_exception(BrowserCrashed("the browser ended in mid-work"))
