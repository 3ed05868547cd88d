"""The network of BiRefNet: torch modules that know tensors only."""
