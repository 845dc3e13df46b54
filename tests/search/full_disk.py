"""Records hits until their disk is full, frees some space, goes on; prints what happened as JSON.

Run as `python -m tests.search.full_disk FOLDER [--page-limit]`, where FOLDER is a small file system of its own holding
migrated records. With --page-limit the file system is as large as any, and SQLite is told how far its file may grow.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import event

from search.hits import iterate_hits
from search.records import Records, RecordsError, open_records
from tests.search.material import LOAN_TEXT, page, record

BALLAST_BYTES = 1_000_000
MORE_HITS = 5


def main(folder: Path, has_page_limit: bool) -> None:
    """Fill the disk under the records in `folder`."""
    ballast = folder / "ballast"
    records = open_records(f"sqlite:///{folder / 'luoitroi.db'}", lock_wait_seconds=2)
    if has_page_limit:
        _limit_pages(records, 400)
    else:
        ballast.write_bytes(b"\0" * min(BALLAST_BYTES, shutil.disk_usage(folder).free // 2))
    acknowledged: list[str] = []
    error = None
    while error is None and len(acknowledged) < 5000:
        error = _record(records, acknowledged)
    held = [hit.url for hit in iterate_hits(records)]
    if has_page_limit:
        _limit_pages(records, 100_000)
    else:
        ballast.unlink()
    went_on = [_record(records, acknowledged) for _ in range(MORE_HITS)]
    told = {
        "error": error and error.kind,
        "message": str(error),
        "acknowledged": acknowledged,
        "held_when_full": held,
        "errors_after": [str(each) for each in went_on if each is not None],
        "held_after": [hit.url for hit in iterate_hits(records)],
    }
    records.close()
    sys.stdout.write(json.dumps(told))


def _record(records: Records, acknowledged: list[str]) -> RecordsError | None:
    url = f"https://vay-{len(acknowledged)}.top/"
    try:
        record(records, page(url, f"{url} {LOAN_TEXT * 20}"))
    except RecordsError as error:
        return error
    acknowledged.append(url)
    return None


def _limit_pages(records: Records, pages: int) -> None:
    def limit(connection: Any, _record: Any) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages}")

    event.listen(records.engine, "connect", limit)
    records.engine.dispose()


if __name__ == "__main__":
    main(Path(sys.argv[1]), "--page-limit" in sys.argv)
