"""Metrics of mattes, usable without torch."""
