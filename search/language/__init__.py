"""The query language: from what people write to conditions, and back to the words that a text shows of them."""
