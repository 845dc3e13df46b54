"""The service ties, when it starts, the hits of before campaigns."""

from __future__ import annotations

import asyncio
from pathlib import Path

from alembic import command

from crawler.installed import installed_index
from crawler.service import Service
from crawler.settings import Settings
from search.campaigns import count_campaigns
from search.records import migration_config, open_records
from search.retying import are_ties_current
from tests.search.material import JOB_TEXT, PHONE, page, record, verdict


async def test_hits_from_before_an_upgrade_are_tied_when_the_service_starts(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    records = open_records(settings.records.url)
    record(records, page("https://a.top/"), verdict(PHONE))
    record(records, page("https://b.top/", JOB_TEXT), verdict(PHONE))
    with records.write() as session:
        command.downgrade(migration_config(session.connection()), "0003")
    records.close()
    records = open_records(settings.records.url)
    assert count_campaigns(records) == 0
    service = Service(settings, [], records, installed_index(settings, records))
    service.start()
    for _ in range(600):
        await asyncio.sleep(0.05)
        if are_ties_current(records):
            break
    await service.stop()
    assert count_campaigns(records) == 1
    records.close()
