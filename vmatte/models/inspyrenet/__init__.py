"""InSPyReNet: soft masks of what stands out in a picture, a frame at a time; known from transparent-background."""

from __future__ import annotations

from functools import partial

from vmatte.models.inspyrenet.settings import InSPyReNetSettings
from vmatte.models.registry import Card
from vmatte.nets.signature import Signature
from vmatte.weights.published import Weights

__all__ = ["BASES", "CARDS", "SIGNATURE", "InSPyReNetSettings"]

SIGNATURE = Signature(
    "inspyrenet",
    (
        "backbone.patch_embed.proj.weight",
        "context1.branch1.Hattn.gamma",
        "context5.conv_cat.conv.weight",
        "decoder.Wattn.query_conv.conv.weight",
        "attention0.lthreshold",
        "attention2.conv_out4.conv.weight",
    ),
)

#: Side in px of the squares that each checkpoint was trained on.
BASES = {"inspyrenet": 1024, "inspyrenet.fast": 384, "inspyrenet.nightly": 1024}

_card = partial(
    Card,
    factory="vmatte.models.inspyrenet.matter:build",
    paper="Kim et al., Revisiting Image Pyramid Structure for High Resolution Salient Object Detection, ACCV 2022",
    signature=SIGNATURE,
)
_TERMS = "trained on public data sets with terms of their own"


def _weights(file: str, notes: str) -> Weights:
    return Weights(
        url=f"https://github.com/plemeri/transparent-background/releases/download/1.2.12/{file}",
        sha256=None,
        size=None,
        licence="MIT",
        free=True,
        licence_url="https://github.com/plemeri/transparent-background/blob/main/LICENSE",
        notes=f"{notes}; {_TERMS}",
        # What its tensors take.
        about=366_943_500,
    )


CARDS = (
    _card(
        name="inspyrenet",
        summary="What stands out in the picture, at 1024 px.",
        settings=InSPyReNetSettings,
        weights=_weights("ckpt_base.pth", "MD5 d692e3dd5fa1b9658949d452bebf1cda"),
    ),
    _card(
        name="inspyrenet.fast",
        summary="What stands out, at 384 px; sharper with model.blend=true.",
        settings=InSPyReNetSettings,
        weights=_weights("ckpt_fast.pth", "MD5 9efdbfbcc49b79ef0f7891c83d2fd52f"),
    ),
    _card(
        name="inspyrenet.nightly",
        summary="What stands out, at 1024 px, meant for small pictures.",
        settings=InSPyReNetSettings,
        weights=_weights("ckpt_base_nightly.pth", "may change without notice"),
    ),
)
