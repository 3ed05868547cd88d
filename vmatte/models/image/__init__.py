"""What image models have in common: sizes, batches by free memory, tiles, precision, and stretching over a clip.

A model of the kind brings a `Recipe`; `ImageModel` runs it.
"""
