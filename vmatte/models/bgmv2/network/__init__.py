"""The network of BackgroundMattingV2: torch modules that know tensors only."""
