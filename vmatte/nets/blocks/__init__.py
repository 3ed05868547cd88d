"""Layers that more than one published network is made of."""
