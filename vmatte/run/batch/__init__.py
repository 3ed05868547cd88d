"""Many jobs: planned, run somewhere, tried again, skipped when nothing about them has changed."""
