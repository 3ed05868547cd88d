"""MatteFormer: mattes over a trimap by a transformer, a frame at a time."""

from __future__ import annotations

from vmatte.models.matteformer.settings import MatteFormerSettings
from vmatte.models.registry import Card
from vmatte.nets.signature import Signature
from vmatte.weights.published import Weights, on_google_drive

__all__ = ["CARDS", "SIGNATURE", "MatteFormerSettings"]

SIGNATURE = Signature(
    "matteformer",
    (
        "encoder.layers.2.blocks.5.attn.relative_position_bias_table",
        "encoder.shortcut.5.3.module.weight_bar",
        "decoder.layer1.0.conv1.module.weight_u",
        "decoder.layer4.0.upsample.1.module.weight_bar",
        "decoder.refine_OS1.3.weight",
    ),
)

CARDS = (
    Card(
        name="matteformer",
        summary="Over a trimap, by window attention that knows the means of its classes.",
        factory="vmatte.models.matteformer.matter:build",
        settings=MatteFormerSettings,
        needs=frozenset({"trimap"}),
        licence="Apache-2.0",
        paper="Park et al., MatteFormer: Transformer-Based Image Matting via Prior-Tokens, CVPR 2022",
        weights=Weights(
            url=on_google_drive("1AU7uM1dtYjEhtOa_9OGfoQUE-tmW9mX5"),
            sha256=None,
            size=None,
            licence="none stated; trained on Adobe's Deep Image Matting data set, non-commercial",
            free=False,
            licence_url="https://github.com/webtoon/matteformer#license",
            filename="matteformer.pth",
            notes="180 MB",
        ),
        signature=SIGNATURE,
        # An average along the motion made refined mattes 2 % worse and no steadier where that was measured.
        steady=True,
    ),
)
