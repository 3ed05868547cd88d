"""Scripts for those who build vmatte."""
