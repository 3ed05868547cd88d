"""Models: one folder each, found by its card."""
