"""Robust Video Matting: people, without a hint, by a network with memory (Lin et al., WACV 2022); two sizes."""

from __future__ import annotations

from vmatte.models.registry import Card
from vmatte.models.rvm.settings import RVMSettings
from vmatte.nets.signature import Signature
from vmatte.weights.published import Weights

__all__ = ["CARDS", "MOBILENETV3", "RESNET50", "RVMSettings"]

# Without keys of the guided filter: checkpoints for the fast one lack them.
_SHARED = (
    "aspp.aspp2.1.weight",
    "decoder.decode4.gru.ih.0.weight",
    "decoder.decode1.gru.hh.0.weight",
    "project_mat.conv.weight",
)
MOBILENETV3 = Signature(
    "rvm.mobilenetv3", (*_SHARED, "backbone.features.4.block.2.fc1.weight", "backbone.features.16.0.weight")
)
RESNET50 = Signature("rvm.resnet50", (*_SHARED, "backbone.conv1.weight", "backbone.layer4.2.conv3.weight"))


def _card(signature: Signature, summary: str, tensors: int) -> Card:
    name = signature.model
    return Card(
        name=name,
        summary=summary,
        factory="vmatte.models.rvm.matter:build",
        settings=RVMSettings,
        gives=frozenset({"alpha", "colour"}),
        paper="Lin et al., Robust High-Resolution Video Matting with Temporal Guidance, WACV 2022",
        # Nobody publishes a hash or size of the files; of the second there is what their tensors take.
        weights=Weights(
            url=f"https://github.com/PeterL1n/RobustVideoMatting/releases/download/v1.0.0/{name.replace('.', '_')}.pth",
            sha256=None,
            size=None,
            licence="GPL-3.0",
            free=True,
            licence_url="https://github.com/PeterL1n/RobustVideoMatting/blob/master/LICENSE",
            notes="free for any use; whoever passes the weights on does so under the GPL-3.0",
            about=tensors,
        ),
        export="vmatte.models.rvm.export:export",
        signature=signature,
        steady=True,
    )


CARDS = (
    _card(MOBILENETV3, "People, without a hint: a fast network with memory, and colours of its own.", 15_095_100),
    _card(
        RESNET50,
        "People, without a hint, by a trunk seven times as large: a little better, slower.",
        107_778_920,
    ),
)
