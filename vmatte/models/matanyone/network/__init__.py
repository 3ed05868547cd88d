"""The network of MatAnyone: torch modules that know tensors only.

Alphabet of the shape comments: B batch (1), C channels, H W the padded picture, h w its sixteenth, n = h * w tokens,
Q object queries. Attribute names above parameters are those of the published checkpoints.
"""
