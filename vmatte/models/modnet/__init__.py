"""MODNet: soft mattes of people, a frame at a time; one network, weights for photographs and for webcams."""

from __future__ import annotations

from functools import partial

from vmatte.models.modnet.settings import MODNetSettings
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

_card = partial(
    Card,
    factory="vmatte.models.modnet.matter:build",
    paper="Ke et al., MODNet: Real-Time Trimap-Free Portrait Matting via Objective Decomposition, AAAI 2022",
    signature=SIGNATURE,
)
# Sizes and sums are known from mirrors only: they are said, not demanded.
_weights = partial(
    Weights,
    sha256=None,
    size=None,
    licence="Apache-2.0",
    free=True,
    licence_url="https://github.com/ZHKKKe/MODNet/blob/master/LICENSE",
)

CARDS = (
    _card(
        name="modnet",
        summary="People, trained on photographs; soft edges, at 512 px; fast.",
        settings=MODNetSettings,
        weights=_weights(
            url=on_google_drive("1mcr7ALciuAsHCpLnrtG_eop5-EYhbCmz"),
            filename="modnet_photographic_portrait_matting.ckpt",
            about=26_255_603,
            notes="mirrors list SHA-256 7c22235f0925deba15d4d63e53afcb654c47055bbcd98f56e393ab2584007ed8",
        ),
    ),
    _card(
        name="modnet.webcam",
        summary="People before a webcam: the weights for photographs, adapted to clips.",
        settings=MODNetSettings,
        weights=_weights(
            url=on_google_drive("1Nf1ZxeJZJL8Qx9KadcYYyEmmlKhTADxX"),
            filename="modnet_webcam_portrait_matting.ckpt",
            about=26_300_000,
            notes="mirrors list SHA-256 913b82b66558db39b6286c150f809017d7528c872b156eb14333c9c6cb52108b",
        ),
    ),
)
