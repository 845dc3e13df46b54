"""A real Elasticsearch for tests, started by `deploy/elasticsearch/start` and ended with the block."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from search.indexes.elastic import ElasticsearchIndex
from search.indexes.elastic_server import ElasticsearchAddress

START = Path(__file__).parents[2] / "deploy" / "elasticsearch" / "start"
MISSING = 3
"""What `start` ends with when the server cannot be had here."""


@dataclass(frozen=True)
class ElasticsearchServer:
    """A running server: how to reach it as its user, an API key of that user, and the process to hurt."""

    address: ElasticsearchAddress
    pid: int
    api_key: str = ""

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the server itself, which the process `pid` has launched."""
        for child in psutil.Process(self.pid).children(recursive=True):
            child.send_signal(number)


@contextmanager
def opened(address: ElasticsearchAddress) -> Iterator[ElasticsearchIndex]:
    """The index at an address, closed with the block."""
    index = ElasticsearchIndex(address)
    try:
        yield index
    finally:
        index.close()


def start_without_programs(cache: Path) -> tuple[int, str]:
    """How `start` ends, and what it says, where neither Maven nor a fetched server is to be found."""
    environment = {"PATH": "", "LUOITROI_CACHE": str(cache)}
    done = subprocess.run([sys.executable, START], env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


@contextmanager
def running_elasticsearch(*options: str) -> Iterator[ElasticsearchServer]:
    """Start a server; skips, saying why, where it cannot be had."""
    starter = subprocess.Popen(
        [sys.executable, START, "--brief", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert starter.stdout is not None
    try:
        line = starter.stdout.readline()
        if not line:
            said = starter.communicate()[1]
            if starter.returncode == MISSING:
                pytest.skip(f"Elasticsearch cannot be had, its tests did not run: {said.strip()}")
            raise RuntimeError(f"Elasticsearch did not start: {said}")
        told = json.loads(line)
        ca_file = Path(told["ca_file"]) if "ca_file" in told else None
        address = ElasticsearchAddress(
            told["url"], user=told.get("user", ""), password=told.get("password", ""), ca_file=ca_file
        )
        yield ElasticsearchServer(address, told["pid"], told.get("api_key", ""))
    finally:
        starter.send_signal(signal.SIGTERM)
        starter.communicate(timeout=60)
