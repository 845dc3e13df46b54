"""Sources in, Pages out: sources, schedule, fetching and rendering within bounds, extraction, runs, command line."""

from importlib.metadata import version

__version__ = version("luoitroi")
