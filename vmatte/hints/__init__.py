"""Hints: masks and plates, read from files or made from the clip."""
