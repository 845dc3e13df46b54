"""Figures beside their baselines, each measured in one run: `make bench`."""
