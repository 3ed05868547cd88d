"""ViTMatte: mattes over a trimap by a plain vision transformer, a frame at a time; two sizes, two training sets."""

from __future__ import annotations

from vmatte.models.registry import Card
from vmatte.models.vitmatte.settings import (
    ViTMatteBDistinctionsSettings,
    ViTMatteBSettings,
    ViTMatteSDistinctionsSettings,
    ViTMatteSettings,
)
from vmatte.nets.signature import Signature
from vmatte.weights.published import Weights

__all__ = ["CARDS", "SIGNATURES", "WIDTHS", "ViTMatteSettings"]

# Keys that the library and the authors share.
_KEYS = (
    "decoder.convstream.convs.2.conv.weight",
    "decoder.matting_head.matting_convs.0.weight",
    "decoder.matting_head.matting_convs.1.running_mean",
    "decoder.matting_head.matting_convs.3.bias",
)
# What tells the sizes, by the library's name and by the authors'.
_TABLES = ("backbone.embeddings.position_embeddings", "backbone.pos_embed")
#: Width of the trunk by the name of the size.
WIDTHS = {"s": 384, "b": 768}
SIGNATURES = {
    size: Signature(f"vitmatte.{size}", _KEYS, tuple((table, (1, 197, width)) for table in _TABLES))
    for size, width in WIDTHS.items()
}

_HUB = "https://huggingface.co/hustvl/{}"
_BYTES = {"small": 103_000_000, "base": 387_000_000}
_DATA = {
    "composition-1k": "Apache-2.0 by its page; trained on Adobe's Composition-1k, non-commercial",
    "distinctions-646": "Apache-2.0 by its page; trained on Distinctions-646, which is for research",
}


def _card(settings: type[ViTMatteSettings], size: str, data: str, summary: str) -> Card:
    repository = f"vitmatte-{size}-{data}"
    return Card(
        name=settings().name,
        summary=summary,
        factory="vmatte.models.vitmatte.matter:build",
        settings=settings,
        needs=frozenset({"trimap"}),
        paper="Yao et al., ViTMatte: Boosting Image Matting with Pretrained Plain Vision Transformers, 2024",
        weights=Weights(
            url=f"{_HUB.format(repository)}/resolve/main/model.safetensors",
            sha256=None,
            size=None,
            licence=_DATA[data],
            free=False,
            licence_url=_HUB.format(repository),
            filename=f"{repository}.safetensors",
            about=_BYTES[size],
        ),
        extra="vitmatte",
        signature=SIGNATURES[size[0]],
        # An average along the motion made refined mattes 2 % worse and no steadier where that was measured.
        steady=True,
    )


CARDS = (
    _card(ViTMatteSettings, "small", "composition-1k", "Over a trimap, by a vision transformer that sees it all."),
    _card(ViTMatteBSettings, "base", "composition-1k", "Over a trimap, by a vision transformer four times the size."),
    _card(ViTMatteSDistinctionsSettings, "small", "distinctions-646", "The small network, trained on other pictures."),
    _card(ViTMatteBDistinctionsSettings, "base", "distinctions-646", "The large network, trained on other pictures."),
)
