"""Search indexes: what they take and answer, on SQLite and on Elasticsearch."""
