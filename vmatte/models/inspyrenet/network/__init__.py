"""The network of InSPyReNet: torch modules that know tensors only."""
