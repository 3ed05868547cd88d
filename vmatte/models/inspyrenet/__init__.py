"""InSPyReNet: soft masks of what stands out in a picture, a frame at a time; known from transparent-background."""

from __future__ import annotations

from vmatte.models.inspyrenet.settings import InSPyReNetFastSettings, InSPyReNetNightlySettings, InSPyReNetSettings
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

_PAPER = "Kim et al., Revisiting Image Pyramid Structure for High Resolution Salient Object Detection, ACCV 2022"
_RELEASE = "https://github.com/plemeri/transparent-background/releases/download/1.2.12/{}"


def _card(settings: type[InSPyReNetSettings], summary: str, file: str, notes: str) -> Card:
    return Card(
        name=settings().name,
        summary=summary,
        factory="vmatte.models.inspyrenet.matter:build",
        settings=settings,
        paper=_PAPER,
        weights=Weights(
            url=_RELEASE.format(file),
            sha256=None,
            size=None,
            licence="MIT",
            free=True,
            licence_url="https://github.com/plemeri/transparent-background/blob/main/LICENSE",
            notes=f"{notes}trained on public data sets with terms of their own",
        ),
        signature=SIGNATURE,
    )


CARDS = (
    _card(
        InSPyReNetSettings,
        "What stands out in the picture, at 1024 px.",
        "ckpt_base.pth",
        "MD5 d692e3dd5fa1b9658949d452bebf1cda; ",
    ),
    _card(
        InSPyReNetFastSettings,
        "The same at 384 px; sharper with model.blend=true.",
        "ckpt_fast.pth",
        "MD5 9efdbfbcc49b79ef0f7891c83d2fd52f; ",
    ),
    _card(
        InSPyReNetNightlySettings,
        "The same at 1024 px, meant for small pictures.",
        "ckpt_base_nightly.pth",
        "may change without notice; ",
    ),
)
