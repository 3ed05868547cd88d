"""The network of ViTMatte: the library's own, with lighter attention, and its weights under either naming."""
