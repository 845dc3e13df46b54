"""Evidence that stands up: captures of web pages, sealed, signed, kept with a custody log, checkable by a stranger."""
