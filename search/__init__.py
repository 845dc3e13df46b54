"""Hits: the records (system of record), the search index beside them, and what is asked of both."""
