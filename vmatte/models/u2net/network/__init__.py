"""The network of U2-Net: torch modules that know tensors only."""
