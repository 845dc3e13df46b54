"""Several processes doing the same thing at the same moment."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing.synchronize import Barrier
from typing import Any

_CONTEXT = multiprocessing.get_context("fork")
WAIT_SECONDS = 60


def at_once(count: int, work: Callable[..., Any], *arguments: Any) -> list[Any]:
    """What `work(number, *arguments)` returned in each of `count` processes that start together.

    Raises AssertionError when one of them did not end well.
    """
    barrier = _CONTEXT.Barrier(count)
    pipes = [_CONTEXT.Pipe(duplex=False) for _ in range(count)]
    workers = [
        _CONTEXT.Process(target=_run, args=(barrier, pipes[number][1], work, number, arguments))
        for number in range(count)
    ]
    for worker in workers:
        worker.start()
    for _, sending in pipes:
        sending.close()
    told = [receiving.recv() if receiving.poll(WAIT_SECONDS) else None for receiving, _ in pipes]
    for worker in workers:
        worker.join(WAIT_SECONDS)
    assert [worker.exitcode for worker in workers] == [0] * count
    return told


def _run(barrier: Barrier, sending: Any, work: Callable[..., Any], number: int, arguments: tuple[Any, ...]) -> None:
    barrier.wait(WAIT_SECONDS)
    sending.send(work(number, *arguments))
