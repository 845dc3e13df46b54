"""Scrapy's view of the sources: every source is a spider of its own name (`scrapy list`, `scrapy crawl NAME`)."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Self

from scrapy import Request, Spider
from scrapy.settings import BaseSettings

from crawler.agent import user_agent
from crawler.limit import LIMIT_SETTING
from crawler.renderer import renderer_settings
from crawler.settings import Settings, load_settings
from crawler.source import Source, SourceError, SourceKind, read_sources
from evidence.browser import find_chromium

SPIDERS = {
    SourceKind.NEWS: "spiders.news:NewsSpider",
    SourceKind.ADS: "spiders.ads:AdsSpider",
    SourceKind.SOCIAL: "spiders.social:SocialSpider",
    SourceKind.DOMAINS: "spiders.domains:DomainsSpider",
    SourceKind.LINKS: "spiders.links:LinksSpider",
}


Names = list[str]


class SourceSpiderLoader:
    """Loads the spider class of a source by the source's name."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        sources, self.problems = read_sources(settings.crawl.sources)
        self.sources = {source.name: source for source in sources}

    @classmethod
    def from_settings(cls, _settings: BaseSettings) -> Self:
        return cls(load_settings())

    def list(self) -> Names:
        return sorted(self.sources)

    def load(self, spider_name: str) -> type[Spider]:
        """The spider class of this source.

        Raises SourceError when it is not found but some files are broken, KeyError when there is no such source.
        """
        if spider_name not in self.sources:
            if self.problems:
                raise SourceError(self.problems)
            raise KeyError(f"there is no source {spider_name!r}; `luoitroi sources list` shows them")
        return spider_class(self.sources[spider_name], self.settings)

    def find_by_request(self, request: Request) -> Names:
        return [name for name, source in self.sources.items() if request.url in source.start]


def spider_class(source: Source, settings: Settings) -> type[Spider]:
    """A spider class of the source's kind, with the source and its politeness as its own settings."""
    module, _, name = SPIDERS[source.kind].partition(":")
    base: type[Spider] = getattr(import_module(module), name)
    chromium = find_chromium(settings.browser.executable) if source.render else None
    custom: dict[str, Any] = {
        "USER_AGENT": user_agent(source.device, settings.crawl.contact),
        "ROBOTSTXT_OBEY": not source.robots_lifted_by,
        "DOWNLOAD_DELAY": source.limits.delay_seconds,
        "CONCURRENT_REQUESTS_PER_DOMAIN": source.limits.concurrency,
        "CONCURRENT_REQUESTS": source.limits.concurrency * 2,
        LIMIT_SETTING: source.limits.pages,
    }
    if chromium is not None:
        custom |= renderer_settings(settings, source, chromium)
    attributes = {
        "name": source.name,
        "source": source,
        "can_render": chromium is not None,
        "custom_settings": custom,
    }
    return type(f"{base.__name__}For_{source.name.replace('-', '_')}", (base,), attributes)
