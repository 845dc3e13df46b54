"""A small, living Vietnamese web in which everything is invented: for demonstrations and for tests on loopback."""

from crawler.demo.planted import Planted, is_same, planted
from crawler.demo.web import PACK, DemoWeb, SeenRequest

__all__ = ["PACK", "DemoWeb", "Planted", "SeenRequest", "is_same", "planted"]
