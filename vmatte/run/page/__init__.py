"""The report page of scores: one HTML file that asks nothing of a network."""
