"""Stages: what happens to a matte between the model and the file."""
