"""MODNet: soft mattes of people, a frame at a time; one network, weights for photographs and for webcams."""

from __future__ import annotations

from vmatte.models.modnet.settings import MODNetSettings, MODNetWebcamSettings
from vmatte.models.registry import Card
from vmatte.nets.signature import Signature
from vmatte.weights.published import Weights, on_google_drive

__all__ = ["CARDS", "SIGNATURE", "MODNetSettings"]

SIGNATURE = Signature(
    "modnet",
    (
        "backbone.model.features.0.0.weight",
        "lr_branch.se_block.fc.0.weight",
        "lr_branch.conv_lr16x.layers.0.weight",
        "hr_branch.tohr_enc2x.layers.0.weight",
        "f_branch.conv_lr4x.layers.0.weight",
    ),
)

_PAPER = "Ke et al., MODNet: Real-Time Trimap-Free Portrait Matting via Objective Decomposition, AAAI 2022"


def _weights(key: str, filename: str, notes: str) -> Weights:
    """Where the authors publish it; sizes and sums are known from mirrors only, and said, not demanded."""
    return Weights(
        url=on_google_drive(key),
        sha256=None,
        size=None,
        licence="Apache-2.0",
        free=True,
        licence_url="https://github.com/ZHKKKe/MODNet/blob/master/LICENSE",
        filename=filename,
        notes=notes,
    )


def _card(settings: type[MODNetSettings], summary: str, weights: Weights) -> Card:
    return Card(
        name=settings().name,
        summary=summary,
        factory="vmatte.models.modnet.matter:build",
        settings=settings,
        paper=_PAPER,
        weights=weights,
        signature=SIGNATURE,
    )


CARDS = (
    _card(
        MODNetSettings,
        "People, trained on photographs; soft edges, at 512 px; fast.",
        _weights(
            "1mcr7ALciuAsHCpLnrtG_eop5-EYhbCmz",
            "modnet_photographic_portrait_matting.ckpt",
            "mirrors list 26255603 bytes, SHA-256 7c22235f0925deba15d4d63e53afcb654c47055bbcd98f56e393ab2584007ed8",
        ),
    ),
    _card(
        MODNetWebcamSettings,
        "People before a webcam; the same adapted to clips.",
        _weights(
            "1Nf1ZxeJZJL8Qx9KadcYYyEmmlKhTADxX",
            "modnet_webcam_portrait_matting.ckpt",
            "mirrors list SHA-256 913b82b66558db39b6286c150f809017d7528c872b156eb14333c9c6cb52108b",
        ),
    ),
)
