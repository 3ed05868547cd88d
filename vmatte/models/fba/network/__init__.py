"""The network of FBA Matting: torch modules that know tensors only."""
