"""`python -m crawler.cli` is `luoitroi`."""

from crawler.cli import main

main()
