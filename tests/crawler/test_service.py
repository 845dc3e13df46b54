"""The service takes a capture again whose worker died, with nothing else due that would start a worker."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from crawler.installed import installed_index
from crawler.service import Service
from crawler.settings import Settings
from matchers.match import Severity
from search.captures import CaptureState, captures_of, lease_capture
from search.records import open_records
from search.tables import CaptureRow
from tests.crawler.installation import Installation
from tests.search.material import page, record


async def test_a_capture_whose_worker_died_is_taken_again(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LUOITROI_SETTINGS", str(installation.settings_file))
    settings = Settings(data_dir=installation.folder / "data")
    records = open_records(settings.records.url)
    # Nothing is served there: its capture fails, which is enough to see that it was taken.
    hit_id = record(records, page("http://vay.test/"), capture_from=Severity.LOW).hit_id
    left = lease_capture(records)
    assert left is not None
    with records.write() as session:
        session.get_one(CaptureRow, left.id).lease_until = datetime.now(UTC) - timedelta(seconds=1)
    service = Service(settings, [], records, installed_index(settings, records))
    service.start()
    for _ in range(1200):
        await asyncio.sleep(0.05)
        [job] = captures_of(records, hit_id)
        if job.state is CaptureState.FAILED:
            break
    await service.stop()
    assert job.state is CaptureState.FAILED
    assert job.attempts > left.attempts
    records.close()
