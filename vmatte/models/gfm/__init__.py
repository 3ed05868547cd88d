"""GFM: soft mattes of animals, fur included, a frame at a time; a glance at where they are, a focus on their edge."""

from __future__ import annotations

from functools import partial

from vmatte.models.gfm.settings import GFMSettings
from vmatte.models.registry import Card
from vmatte.nets.signature import Signature
from vmatte.weights.published import Weights, on_google_drive

__all__ = ["CARDS", "GFMSettings"]

_SHARED = ("psp_module.bottleneck.weight", "bridge_block.6.weight", "decoder1_g.6.weight", "decoder1_f.6.weight")
# One entry of each trunk that no other has, or has in this shape.
_TRUNKS = {
    "r34": ("encoder1.1.2.conv2.weight", (64, 64, 3, 3)),
    "r34-2b": ("encoder6.3.conv2.weight", (512, 512, 3, 3)),
    "r101": ("encoder1.1.0.conv3.weight", (256, 64, 1, 1)),
    "d121": ("encoder1.0.denselayer1.conv1.weight", (128, 64, 1, 1)),
}
# Where the glance comes out; the number of classes tells the kinds.
_THREE, _TWO = 3, 2


def _signature(name: str, trunk: str, glance: str, classes: int, own: tuple[str, ...] = ()) -> Signature:
    key, shape = _TRUNKS[trunk]
    inside = 64
    shapes = ((key, shape), (glance, (classes, inside, 3, 3)))
    return Signature(f"gfm.{name}", (*_SHARED, key, glance, *own), shapes)


_card = partial(
    Card,
    factory="vmatte.models.gfm.matter:build",
    settings=GFMSettings,
    paper="Li et al., Bridging Composite and Real: Towards End-to-end Deep Image Matting, IJCV 2022",
)


def _weights(key: str, filename: str, about: int) -> Weights:
    """What its tensors take is all that is known of a file's size."""
    return Weights(
        url=on_google_drive(key),
        sha256=None,
        size=None,
        licence="MIT",
        free=True,
        licence_url="https://github.com/JizhiziLi/GFM#statement",
        filename=filename,
        notes="trained on AM-2k and composites; where the download is an archive, as its authors hint, `vmatte weights "
        "import` the file in it",
        about=about,
    )


# Two classes each, and nothing in the files tells one from the other.
_PAIR = _signature("r34-ft", "r34", "decoder0_g.6.weight", _TWO)

CARDS = (
    _card(
        name="gfm.r34",
        summary="Animals, soft mattes, at half the clip's size.",
        signature=_signature("r34", "r34", "decoder0_g.6.weight", _THREE),
        weights=_weights("1AdtoIdYTLsjXfVe_a50tin0cFwZMSz93", "gfm_r34_tt.pth", 219_218_988),
    ),
    _card(
        name="gfm.r34-ft",
        summary="Animals, soft mattes: the glance tells foreground from the rest.",
        signature=_PAIR,
        weights=_weights("1heWT3fodV5so--tG6hoytB11OHBfhd1_", "gfm_r34_ft.pth", 219_218_988),
    ),
    _card(
        name="gfm.r34-bt",
        summary="Animals, soft mattes: the glance tells background from the rest.",
        signature=_PAIR,
        weights=_weights("1vRWJtD8liZjb7GbNnmJCuO_xN4-bj-2l", "gfm_r34_bt.pth", 219_218_988),
    ),
    _card(
        name="gfm.r34-2b",
        summary="Animals, soft mattes, by the network of the authors' demo: finer, ten times slower.",
        signature=_signature("r34-2b", "r34-2b", "decoder0_g.0.weight", _THREE),
        weights=_weights("1Y8dgOprcPWdUgHUPSdue0lkFAUVvW10Q", "gfm_r34_2b_tt.pth", 501_655_940),
    ),
    _card(
        name="gfm.r101",
        summary="Animals, soft mattes, by the largest network.",
        signature=_signature("r101", "r101", "decoder0_g.6.weight", _THREE),
        weights=_weights("1oQMOfVkuxLujgFEQReWJM95chPlQBTiM", "gfm_r101_tt.pth", 1_981_440_060),
    ),
    _card(
        name="gfm.d121",
        summary="Animals, soft mattes, by a DenseNet.",
        signature=_signature("d121", "d121", "decoder0_g.6.weight", _THREE),
        weights=_weights("1knbK5uU8AitE5OFpul9FXaQm47pZO0N8", "gfm_d121_tt.pth", 184_127_360),
    ),
    _card(
        name="gfm.d121-rim",
        summary="Animals, soft mattes: three glances merged, at a third of the clip's size.",
        signature=_signature("d121-rim", "d121", "decoder0_g_tt.6.weight", _THREE, ("rim.0.weight",)),
        weights=_weights("1aMY5tJQ79IB-0NJ9WzcTu6ZOQTowiFWv", "gfm_d121_rim.pth", 185_921_788),
    ),
)
