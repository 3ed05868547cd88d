"""Drawn clips whose alpha, foreground colour and plate are known exactly: the ground truth of tests and benchmarks."""

from tools.synth.cache import cached, load, save
from tools.synth.cast import Camera, Kind
from tools.synth.film import Synthetic, scene

__all__ = ["Camera", "Kind", "Synthetic", "cached", "load", "save", "scene"]
