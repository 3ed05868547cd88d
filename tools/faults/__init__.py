"""Everything that may go wrong around a run, done to it on purpose, and what became of the results."""
