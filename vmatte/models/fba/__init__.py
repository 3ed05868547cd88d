"""FBA Matting: alpha, foreground and background over a trimap, a frame at a time."""

from __future__ import annotations

from vmatte.models.fba.settings import FBASettings
from vmatte.models.registry import Card
from vmatte.nets.signature import Signature
from vmatte.weights.published import Weights, on_google_drive

__all__ = ["CARDS", "SIGNATURE", "FBASettings"]

SIGNATURE = Signature(
    "fba",
    (
        "encoder.layer4.2.bn3.weight",
        "decoder.ppm.3.2.weight",
        "decoder.conv_up1.3.weight",
        "decoder.conv_up3.1.weight",
        "decoder.conv_up4.4.weight",
    ),
)

CARDS = (
    Card(
        name="fba",
        summary="Alpha and the colours before and behind it, over a trimap.",
        factory="vmatte.models.fba.matter:build",
        settings=FBASettings,
        needs=frozenset({"trimap"}),
        gives=frozenset({"alpha", "colour"}),
        paper="Forte and Pitie, F, B, Alpha Matting, 2020",
        weights=Weights(
            url=on_google_drive("1T_oiKDE_biWf2kqexMEN7ObWqtXAzbB1"),
            sha256=None,
            size=None,
            licence="Adobe Deep Image Matting data set, non-commercial",
            free=False,
            licence_url="https://github.com/MarcoForte/FBA_Matting#models",
            filename="FBA.pth",
            notes="139 MB",
        ),
        signature=SIGNATURE,
        # An average along the motion made refined mattes 2 % worse and no steadier where that was measured.
        steady=True,
    ),
)
