"""Stickers and animated emoji: what platforms ask for, files that fit, and a check of anyone's files."""
