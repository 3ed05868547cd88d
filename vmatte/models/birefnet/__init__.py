"""BiRefNet and its family: mattes of any subject without a hint, a frame at a time; and ToonOut, for drawn ones.

Two networks that differ in their trunk, and a dozen published checkpoints.
"""

from __future__ import annotations

from vmatte.models.birefnet.published import WEIGHTS
from vmatte.models.birefnet.settings import BiRefNetSettings
from vmatte.models.birefnet.variants import VARIANTS
from vmatte.models.registry import Card
from vmatte.nets.signature import Signature

__all__ = ["CARDS", "LARGE", "TINY", "BiRefNetSettings"]

_SHARED = (
    "bb.patch_embed.proj.weight",
    "squeeze_module.0.dec_att.aspp1.atrous_conv.offset_conv.weight",
    "decoder.ipt_blk5.conv1.weight",
    "decoder.gdt_convs_attn_4.0.weight",
    "decoder.conv_out1.0.weight",
)
# The larger trunk has the blocks of the smaller one and more: a lite checkpoint lacks some of its characteristic keys.
LARGE = Signature("birefnet", (*_SHARED, "bb.layers.2.blocks.6.norm1.weight", "bb.layers.2.blocks.17.norm1.weight"))
TINY = Signature("birefnet.lite", _SHARED)

_PAPER = "Zheng et al., Bilateral Reference for High-Resolution Dichotomous Image Segmentation, CAAI AIR 2024"
_TOONOUT = "Muratori and Seytre, ToonOut: Fine-tuned Background Removal for Anime Characters, 2025; on " + _PAPER


def _card(name: str, summary: str) -> Card:
    return Card(
        name=name,
        summary=summary,
        factory="vmatte.models.birefnet.matter:build",
        settings=BiRefNetSettings,
        paper=_TOONOUT if name == "toonout" else _PAPER,
        weights=WEIGHTS[name],
        signature=LARGE if VARIANTS[name].backbone == "large" else TINY,
    )


CARDS = (
    _card("birefnet", "Any subject, frame by frame, at 1024 px; near-binary mattes."),
    _card("birefnet.lite", "Any subject, at 1024 px, by a network a fifth of the size."),
    _card("birefnet.lite-2k", "Any subject at 2560x1440, by the small network."),
    _card("birefnet.lite-matting", "Soft mattes of hair, glass and smoke, by the small network."),
    _card("birefnet.portrait", "People, at 1024 px."),
    _card("birefnet.matting", "Soft mattes of hair, glass and smoke, at 1024 px."),
    _card("birefnet.hr", "Any subject at 2048 px, for fine detail."),
    _card("birefnet.hr-matting", "Soft mattes at 2048 px: the finest of the family."),
    _card("birefnet.dynamic", "Any subject at the clip's own shape and size, 256 to 2304 px a side."),
    _card("birefnet.dynamic-matting", "Soft mattes at the clip's own shape and size, 256 to 2304 px a side."),
    _card("birefnet.512", "Any subject, at 512 px: four times faster, coarser."),
    _card("toonout", "Drawn characters: anime, cartoons."),
)
