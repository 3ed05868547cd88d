"""The network of MODNet: torch modules that know tensors only."""
