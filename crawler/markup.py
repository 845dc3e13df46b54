"""Markup that no tree is built for: documents so large or so deeply nested that a parser would choke on them.

HTML's own parsing rules take time that grows with the square of the nesting, and let a page multiply its formatting
elements without bound. Such documents are read tag by tag, in time that grows with their length alone.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from html import unescape
from typing import Final

PLAIN_TAGS: Final = 3_000
"""Up to so many tags a tree takes no time worth counting, whatever they are."""
MAX_TREE_TAGS: Final = 40_000
MAX_DEPTH: Final = 500
"""Chromium flattens a document below 512 elements; what nests deeper was not made for people."""
_VOID: Final = "area base br col embed hr img input link meta param source track wbr"
_END_TAG_OPTIONAL: Final = "p li dt dd tr td th thead tbody tfoot option html head body"
_UNNESTED: Final = frozenset(f"{_VOID} {_END_TAG_OPTIONAL}".split())
"""Elements that do not nest in themselves: counting their start tags would say nothing of the depth."""
_NAME: Final = re.compile(r"<(/?)([a-zA-Z][^\s/<>]*)")
_TAG: Final = re.compile(r"<!--|<(/?)([a-zA-Z][^\s/<>]*)([^<>]*)>?")
_HREF: Final = re.compile(r"""\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"']+))""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FlatDocument:
    """What a document read tag by tag holds; `anchors` are pairs of href and text."""

    title: str
    text: str
    anchors: tuple[tuple[str, str], ...]


def is_tangled(html: str) -> bool:
    """Whether `html` has more tags, or nests deeper, than a tree should be built for."""
    tags = html.count("<")
    if tags <= PLAIN_TAGS:
        return False
    if tags > MAX_TREE_TAGS:
        return True
    is_open: Counter[str] = Counter()
    depth = 0
    for found in _NAME.finditer(html):
        name = found[2].lower()
        if name in _UNNESTED:
            continue
        if not found[1]:
            is_open[name] += 1
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif is_open[name]:
            is_open[name] -= 1
            depth -= 1
    return False


def read_flat(
    html: str, *, block_names: frozenset[str], skipped: frozenset[str], mark: str, max_characters: int, max_anchors: int
) -> FlatDocument:
    """Read `html` tag by tag: `mark` stands in the text where one of `block_names` begins or ends.

    What stands inside `skipped` elements is left out, up to their end tag. Stops when both bounds are reached.
    """
    pieces: list[str] = []
    anchors: list[tuple[str, str]] = []
    title, skipping, length, position = "", "", 0, 0
    href: str | None = None
    anchor_from = 0

    def end_anchor() -> None:
        nonlocal href
        if href is not None and len(anchors) < max_anchors:
            anchors.append((href, unescape("".join(pieces[anchor_from:])[:300])))
        href = None

    while found := _TAG.search(html, position):
        before, position = html[position : found.start()], found.end()
        if found[2] is None:
            end = html.find("-->", position)
            position = len(html) if end < 0 else end + 3
        if skipping == "title" and not title:
            title = unescape(before)
        elif before and not skipping and length < max_characters:
            pieces.append(before)
            length += len(before)
        name = (found[2] or "").lower()
        if skipping:
            skipping = "" if found[1] and name == skipping else skipping
            continue
        if name in block_names and pieces[-1:] != [mark]:
            pieces.append(mark)
        if name == "a":
            end_anchor()
            if not found[1] and (target := _HREF.search(found[3])):
                href, anchor_from = unescape(target[1] or target[2] or target[3] or ""), len(pieces)
        elif name in skipped and not found[1] and not found[3].endswith("/"):
            skipping = name
        if length >= max_characters and len(anchors) >= max_anchors:
            break
    else:
        if not skipping:
            pieces.append(html[position:])
    end_anchor()
    return FlatDocument(title, unescape("".join(pieces)[: max_characters * 2]), tuple(anchors))
