"""The weights store: published checkpoints on this machine, fetched once, checked, and used by every run. No torch."""
