"""The capture worker: takes the captures that hits wait for, one at a time, with one browser.

`python -m crawler.capturing [--until-idle]` works as a process of its own beside the crawls.
"""

from __future__ import annotations
