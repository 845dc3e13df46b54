"""Scrapy's settings, for `scrapy.cfg` and for the crawls we start ourselves."""

from crawler.agent import ROBOTS_NAME
from crawler.settings import load_settings

_settings = load_settings()

BOT_NAME = "luoitroi"
SPIDER_LOADER_CLASS = "crawler.loader.SourceSpiderLoader"
TWISTED_DNS_RESOLVER = "crawler.resolver.GuardedResolver"
ITEM_PIPELINES = {"crawler.pipeline.JudgePipeline": 300}
EXTENSIONS = {"crawler.recorder.RunRecorder": 100}
DOWNLOADER_MIDDLEWARES = {
    "crawler.middlewares.GuardMiddleware": 10,
    "crawler.limit.PageLimitMiddleware": 20,
    "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": None,
    "scrapy.downloadermiddlewares.redirect.MetaRefreshMiddleware": None,
    "crawler.middlewares.BackOffMiddleware": 560,
    "crawler.middlewares.BoundedMetaRefreshMiddleware": 580,
    "crawler.middlewares.BoundedRedirectMiddleware": 600,
}
# Scrapy starts this many tasks for the items of every answer; our pipeline waits for nothing but pictures, so a few do.
CONCURRENT_ITEMS = 4
# In the order that feeds list them, newest first: a crawl's limit leaves out what is old.
SCHEDULER_MEMORY_QUEUE = "scrapy.squeues.FifoMemoryQueue"
ROBOTSTXT_OBEY = True
ROBOTSTXT_USER_AGENT = ROBOTS_NAME
DOWNLOAD_TIMEOUT = _settings.crawl.timeout_seconds
DOWNLOAD_MAXSIZE = _settings.crawl.max_page_bytes
DOWNLOAD_WARNSIZE = 0
REDIRECT_MAX_TIMES = _settings.crawl.max_redirects
RETRY_TIMES = _settings.crawl.retries
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.5",
    "Accept-Language": "vi,en;q=0.5",
}
TELNETCONSOLE_ENABLED = False
LOG_LEVEL = "WARNING"
LOG_INSTALL_ROOT_HANDLER = False
