"""The network of IS-Net: torch modules that know tensors only."""
