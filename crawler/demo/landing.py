"""The sites of the demo web that advertisements, posts and reports lead to: swindles and honest businesses."""

from __future__ import annotations

from collections.abc import Iterator

from crawler.demo.content import site_pages, templates
from crawler.demo.document import Address, Document, decomposed, html_bytes, with_broken_markup


def documents(day: int, address: Address) -> Iterator[Document]:
    """Every landing page there on `day`, and the status with which the others answer."""
    environment = templates(address, day)
    pages = list(site_pages())
    here = {(host, page.path) for host, page, _ in pages if day in page.days}
    for host, page, template in pages:
        if day not in page.days:
            if (host, page.path) not in here:
                yield Document(host, page.path, b"", status=page.gone)
            continue
        html = environment.from_string(template).render(host=host, page=page)
        if "nfd" in page.quirks:
            html = decomposed(html)
        if "broken" in page.quirks:
            html = with_broken_markup(html)
        yield Document(
            host,
            page.path,
            html_bytes(html, page.encoding),
            media_type=f"text/html; charset={page.encoding}",
            device=page.device,
            kind="landing",
            truth=page.planted,
        )
