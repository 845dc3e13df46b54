"""An installation of our own for tests: settings, sources, records, and crawls as real processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from search.hits import Hit, iterate_hits
from search.records import Records, open_records
from search.runs import Failure, Run, failures_of, latest_runs

REPOSITORY = Path(__file__).parents[2]
POLITE_ENOUGH = {"pages": 500, "delay_seconds": 0, "concurrency": 8}
"""Loopback needs no rest between requests."""


@dataclass(frozen=True, slots=True)
class Crawl:
    """How a crawl's process ended: its exit status, what it printed and logged, and the run in the records."""

    exit_status: int
    events: list[dict[str, Any]]
    log: list[dict[str, Any]]
    run: Run | None
    failures: list[Failure]

    @property
    def ending(self) -> dict[str, Any]:
        return self.events[-1]

    def urls(self, kind: str) -> list[str]:
        """The addresses that failed by this name, in order."""
        return [failure.url for failure in self.failures if failure.kind == kind]


@dataclass
class Installation:
    """A folder with luoitroi.toml, sources and data. Host names under .test and .vn lead to loopback."""

    folder: Path
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.sources.mkdir(parents=True, exist_ok=True)
        tables: dict[str, dict[str, Any]] = {
            "host_overrides": {"*.test": "127.0.0.1", "*.vn": "127.0.0.1"},
            "crawl": {"sources": ["sources"], "timeout_seconds": 5, "retries": 0},
        }
        for name, table in self.settings.items():
            tables[name] = tables.get(name, {}) | dict(table)
        lines = ['data_dir = "data"']
        for name, table in tables.items():
            lines += [f"[{name}]", *(f'"{key}" = {json.dumps(value)}' for key, value in table.items())]
        self.settings_file.write_text("\n".join(lines) + "\n", "utf-8")

    @property
    def settings_file(self) -> Path:
        return self.folder / "luoitroi.toml"

    @property
    def sources(self) -> Path:
        return self.folder / "sources"

    @property
    def database(self) -> Path:
        return self.folder / "data" / "luoitroi.db"

    def source(self, name: str, kind: str, *start: str, **fields: Any) -> str:
        """Write a source file; returns the source's name."""
        limits = POLITE_ENOUGH | fields.pop("limits", {})
        whole = {"name": name, "title": name, "kind": kind, "every": "1h", "start": list(start), "limits": limits}
        (self.sources / f"{name}.yaml").write_text(yaml.safe_dump(whole | fields, allow_unicode=True), "utf-8")
        return name

    def start(self, *arguments: str, **more: Any) -> subprocess.Popen[str]:
        """Start `python -m` with these arguments over this installation."""
        return subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=REPOSITORY,
            env=self.environ(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **more,
        )

    def environ(self) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("LUOITROI_")}
        return clean | {"LUOITROI_SETTINGS": str(self.settings_file)} | self.environment

    def crawl(self, source: str, *options: str, timeout: float = 90) -> Crawl:
        """Crawl a source in a process of its own, to its end."""
        return self.finish(self.start("crawler.process", source, *options), source, timeout)

    def finish(self, process: subprocess.Popen[str], source: str, timeout: float = 90) -> Crawl:
        """Wait for a crawl's process and read what the records say of it."""
        try:
            printed, logged = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            printed, logged = process.communicate()
            raise AssertionError(f"{source} did not end in {timeout} s: {printed[-500:]} {logged[-3000:]}") from None
        events = [json.loads(line) for line in printed.splitlines()]
        log = [json.loads(line) for line in logged.splitlines() if line.startswith("{")]
        unstructured = [line for line in logged.splitlines() if not line.startswith("{")]
        assert not unstructured, f"not a log line: {unstructured[:20]}"
        run = self.last_run(source) if self.database.exists() else None
        with closing(self.records()) as records:
            failures = failures_of(records, run.id, 2000) if run is not None else []
        return Crawl(process.returncode, events, log, run, failures)

    def records(self) -> Records:
        return open_records(f"sqlite:///{self.database}", lock_wait_seconds=10)

    def last_run(self, source: str) -> Run | None:
        with closing(self.records()) as records:
            return next(iter(latest_runs(records, source, 1)), None)

    def hits(self, source: str | None = None) -> list[Hit]:
        """Every hit, or those of a source, by id."""
        with closing(self.records()) as records:
            return [hit for hit in iterate_hits(records) if source in (None, hit.source)]
