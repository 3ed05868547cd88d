"""The network of MatteFormer: torch modules that know tensors only."""
