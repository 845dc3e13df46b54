"""Texts that nobody should be able to hurt anything with, for Hypothesis: pieces of queries in any order."""

from __future__ import annotations

from hypothesis import strategies as st

_PIECES = st.sampled_from(
    [
        "vay", "lừa", "rowid", "%", '"', "-", "*", ":", ">=", "<=", "(", ")", "AND", "OR", "NOT", "NEAR", "NEAR(a b)",
        "title", "text",
        "category:", "host:", "severity", "seen:", "sort:", "..", "7d", "2026-01-01", "{", "}", "^", "+", ";", "--",
        "'", "_", "1",
        "\x00", "\ud800", "\u200b", "đ", " ", "  ", "\n", "=", "~", "/*", "*/", "?", "[", "]", "\\",
    ]
)  # fmt: skip
_WHOLE_PIECES = st.sampled_from(
    [
        "vay ", "lừa ", "l.ừ.a ", "0ab1c ", "- ", "(", ")", " ", "OR ", "AND ", "NOT ", "-", "--x ", "vay* ",
        "nghiep~ ",         '"a b c" ', '="x y" ', '"vay t"* ', "https://a.b/c ", '"a"b ',
        "category:a ", "category:b ", '-category:"c d" ',
        "status:new ", "severity>=1 ", "severity<=3 ", "severity:4 ", "seen:7d ", "seen:2026-01-01 ",
        "seen:2026-01-01T10:30.. ", "seen:..2026-02-01T00:00Z ", "phone:0912 ", "phone:1234 ", 'phone:"09 12" ',
        "phone:+841* ", "zalo:@a ", "zalo:@@ab ", 'zalo:@"a ', "rule:a/* ", "host:*.top ", 'brand:"a (b)" ',
        "sort:severity ",
    ]
)  # fmt: skip
HOSTILE = st.lists(_PIECES | st.text(max_size=5), max_size=25).map("".join)
"""Mostly refused."""
PLAUSIBLE = st.lists(_WHOLE_PIECES | st.text(max_size=3), max_size=25).map("".join)
"""Mostly understood."""
