"""Pictures: what they say, which codes they show, and which pictures they are like."""
