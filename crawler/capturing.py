"""The capture worker: takes the captures that hits wait for, one at a time, with one browser.

`python -m crawler.capturing [--until-closed]` works as a process of its own beside the crawls. It ends when nothing is
due; with `--until-closed` it goes on until its standard input closes, so that it never outlives who started it.
"""

from __future__ import annotations

import logging
from typing import Protocol

from evidence.capture import Capture
from evidence.request import CaptureRequest

IDLE_SECONDS = 0.5
logger = logging.getLogger(__name__)


class Takes(Protocol):
    async def capture(self, request: CaptureRequest) -> Capture: ...
