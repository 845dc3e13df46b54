"""Pictures in the crawl: which are worth a look, how they are fetched, and the processes that read them."""
