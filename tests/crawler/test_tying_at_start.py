"""The service ties the hits of before campaigns when it starts, and later where the records were held then."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest
from alembic import command

from crawler.installed import installed_index
from crawler.service import Service
from crawler.settings import Settings
from search.campaigns.campaign import count_campaigns
from search.campaigns.retying import are_ties_current
from search.records import migration_config, open_records
from tests.search.material import JOB_TEXT, PHONE, page, record, verdict


@pytest.mark.parametrize("is_held", [False, True])
async def test_hits_from_before_an_upgrade_are_tied_when_the_service_starts_or_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, is_held: bool
) -> None:
    monkeypatch.setattr("crawler.service.TIES_CHECK_SECONDS", 0.5)
    settings = Settings(data_dir=tmp_path / "data")
    records = open_records(settings.records.url)
    record(records, page("https://a.top/"), verdict(PHONE))
    record(records, page("https://b.top/", JOB_TEXT), verdict(PHONE))
    with records.write() as session:
        command.downgrade(migration_config(session.connection()), "0003")
    records.close()
    records = open_records(settings.records.url, lock_wait_seconds=0.2)
    assert count_campaigns(records) == 0
    service = Service(settings, [], records, installed_index(settings, records))
    holder = sqlite3.connect(records.sqlite_path or "", isolation_level=None)
    service.start()
    if is_held:
        holder.execute("BEGIN IMMEDIATE")
        for _ in range(600):
            await asyncio.sleep(0.05)
            refused = [told.message for told in caplog.records if told.funcName == "_tie_anew"]
            if refused:
                break
        assert refused[0] == "records_locked"
        holder.execute("ROLLBACK")
    for _ in range(600):
        await asyncio.sleep(0.05)
        if are_ties_current(records):
            break
    await service.stop()
    assert count_campaigns(records) == 1
    holder.close()
    records.close()
