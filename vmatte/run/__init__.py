"""The works: a plan and a clip become files and a report."""
