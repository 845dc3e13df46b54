"""What is watched, as far as its files are right: one broken file keeps no command from the rest."""

from __future__ import annotations

from rich.markup import escape

from crawler.cli.output import err
from crawler.settings import Settings
from crawler.source import Source, SourceProblem, read_sources


def usable_sources(settings: Settings) -> tuple[list[Source], list[SourceProblem]]:
    """The sources that can be used, and the mistakes of the others, which are said on standard error."""
    sources, problems = read_sources(settings.crawl.sources)
    for problem in problems:
        err.print(f"[yellow]{escape(str(problem))}[/]", highlight=False, soft_wrap=True)
    return sources, problems
