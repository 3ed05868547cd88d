"""The network of GFM: torch modules that know tensors only."""
