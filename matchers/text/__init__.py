"""Text: folded with a map back to the original, its phrases found, its near-copies told."""
