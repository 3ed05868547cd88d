"""Refines mattes over trimaps made from them: a stage, offered and not imposed."""
