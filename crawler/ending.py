"""How a crawl's process ends: its exit statuses, which `luoitroi crawl` passes on."""

from typing import Final

CLEAN: Final = 0
FAILED: Final = 1
CANNOT_START: Final = 2
"""Settings, sources, rules or records cannot be used at all."""
WITH_FAILURES: Final = 3
"""Came to its end, with failures of single pages, each named."""
