"""BackgroundMattingV2: mattes and foreground colours from a picture of the empty scene, up to 4K.

One network with three trunks (Lin et al., CVPR 2021).
"""

from __future__ import annotations

from vmatte.models.bgmv2.settings import BGMv2Settings, RefineMode
from vmatte.models.registry import Card
from vmatte.nets.signature import Signature
from vmatte.weights.published import Weights

__all__ = ["CARDS", "MOBILENET", "RESNET50", "RESNET101", "BGMv2Settings", "RefineMode"]

_SHARED = (
    "aspp.convs.4.1.weight",
    "aspp.project.0.weight",
    "decoder.bn3.running_mean",
    "refiner.conv1.weight",
    "refiner.bn3.running_mean",
)
_TRUNK = ("backbone.bn1.weight", "backbone.layer3.5.conv2.weight")
MOBILENET = Signature(
    "bgmv2.mobilenetv2", (*_SHARED, "backbone.features.0.1.weight", "backbone.features.17.conv.3.weight")
)
# A larger trunk has the blocks of the smaller one and more: of equals the first is named, so the smaller.
RESNET50 = Signature("bgmv2.resnet50", (*_SHARED, *_TRUNK))
RESNET101 = Signature("bgmv2.resnet101", (*_SHARED, *_TRUNK, "backbone.layer3.22.conv2.weight"))

_PAPER = "Lin et al., Real-Time High-Resolution Background Matting, CVPR 2021"


# Nobody publishes a hash or size of the files; this is what their tensors take.
_TENSORS = {"mobilenetv2": 20_168_440, "resnet50": 161_218_176, "resnet101": 237_400_000}


def _weights(backbone: str) -> Weights:
    """Of the release."""
    return Weights(
        url=f"https://github.com/PeterL1n/BackgroundMattingV2/releases/download/v1.0.0/pytorch_{backbone}.pth",
        sha256=None,
        size=None,
        licence="MIT",
        free=True,
        licence_url="https://github.com/PeterL1n/BackgroundMattingV2/blob/master/LICENSE",
        filename=f"bgmv2_{backbone}.pth",
        about=_TENSORS[backbone],
    )


def _card(signature: Signature, summary: str) -> Card:
    name = signature.model
    return Card(
        name=name,
        summary=summary,
        factory="vmatte.models.bgmv2.matter:build",
        settings=BGMv2Settings,
        needs=frozenset({"plate"}),
        gives=frozenset({"alpha", "colour"}),
        paper=_PAPER,
        weights=_weights(name.partition(".")[2]),
        preflight="vmatte.models.bgmv2.preflight:look",
        export="vmatte.models.bgmv2.export:export",
        signature=signature,
        # Every frame is held against the same scene; and alphas stay the published ones to the last bit.
        steady=True,
    )


CARDS = (
    _card(MOBILENET, "What is not in the empty scene, by a small network with a refiner; HD and 4K."),
    _card(RESNET50, "What is not in the empty scene, by a larger network."),
    _card(RESNET101, "What is not in the empty scene, by the largest network."),
)
