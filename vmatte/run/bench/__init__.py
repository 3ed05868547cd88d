"""Models over a data set, scored as the papers score, beside what the papers print."""
