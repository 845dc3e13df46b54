"""Host names: taken apart, read as words, and held against the brands that they may imitate."""
