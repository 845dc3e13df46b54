"""What the demo web hands to watchers: a feed of newly seen host names, and addresses that citizens reported."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from crawler.demo.content import CONTENT, ReportedLink, lookalikes, reported_links
from crawler.demo.document import Address, Document

DOMAINS_HOST = "tenmienmoi.test"
REPORTS_HOST = "tiepnhan.test"


def newly_seen(day: int) -> tuple[str, ...]:
    """The host names of the feed, sorted, lookalikes among them."""
    honest = (CONTENT / "hosts.txt").read_text("utf-8").split()
    imitations = [lookalike.host for lookalike in lookalikes() if day in lookalike.days]
    return tuple(sorted([*honest, *imitations]))


def documents(day: int, address: Address) -> Iterator[Document]:
    """The feed of host names (with the port they answer on) and the files of reported addresses as of `day`."""
    plain = "text/plain; charset=utf-8"
    names = "".join(f"{name}:{address.port}\n" for name in newly_seen(day))
    yield Document(DOMAINS_HOST, "/moi-nhat.txt", names.encode(), media_type=plain)
    on_desktop = [link for link in reported_links() if day in link.days and link.device == "desktop"]
    on_mobile = [link for link in reported_links() if day in link.days and link.device == "mobile"]
    yield Document(REPORTS_HOST, "/lien-ket.txt", _lines(on_desktop, address), media_type=plain)
    yield Document(REPORTS_HOST, "/lien-ket-di-dong.txt", _lines(on_mobile, address), media_type=plain)
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(["url", "note"])
    writer.writerows([address.url(link.host, link.path), link.note] for link in on_desktop)
    yield Document(REPORTS_HOST, "/lien-ket.csv", table.getvalue().encode(), media_type="text/csv; charset=utf-8")


def _lines(links: Iterable[ReportedLink], address: Address) -> bytes:
    lines = ["# Đường dẫn người dân phản ánh, mỗi dòng một địa chỉ"]
    lines += [address.url(link.host, link.path) for link in links]
    return "\n".join([*lines, ""]).encode()
