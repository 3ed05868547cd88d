"""U2-Net: masks of what stands out in a picture, or of people, a frame at a time; one full and one small network."""

from __future__ import annotations

from functools import partial

from vmatte.models.registry import Card
from vmatte.models.u2net.settings import U2NetSettings
from vmatte.nets.signature import Signature
from vmatte.weights.published import Weights, on_google_drive

__all__ = ["CARDS", "FULL", "SMALL", "U2NetSettings"]

_INSIDE = "stage1.rebnconv1.conv_s1.weight"
_KEYS = (
    "outconv.weight",
    "side1.weight",
    "stage1.rebnconvin.conv_s1.weight",
    _INSIDE,
    "stage4d.rebnconv4.conv_s1.weight",
)
# The same keys in both sizes.
FULL = Signature("u2net", _KEYS, ((_INSIDE, (32, 64, 3, 3)),))
SMALL = Signature("u2net.small", _KEYS, ((_INSIDE, (16, 64, 3, 3)),))

_card = partial(
    Card,
    factory="vmatte.models.u2net.matter:build",
    paper=(
        "Qin et al., U2-Net: Going Deeper with Nested U-Structure for Salient Object Detection, "
        "Pattern Recognition 2020"
    ),
)
# Sizes and sums are known from mirrors only: they are said, not demanded.
_weights = partial(
    Weights,
    sha256=None,
    size=None,
    licence="Apache-2.0",
    free=True,
    licence_url="https://github.com/xuebinqin/U-2-Net/blob/master/LICENSE",
)

CARDS = (
    _card(
        name="u2net",
        summary="What stands out in the picture, at 320 px; coarse, fast.",
        settings=U2NetSettings,
        signature=FULL,
        weights=_weights(
            url=on_google_drive("1ao1ovG1Qtx4b7EoskHXmi2E9rp5CHLcZ"),
            filename="u2net.pth",
            about=176_290_937,
            notes="trained on DUTS-TR, whose own terms apply; mirrors list SHA-256 "
            "10025a17f49cd3208afc342b589890e402ee63123d6f2d289a4a0903695cce58",
        ),
    ),
    _card(
        name="u2net.small",
        summary="What stands out in the picture, at 320 px, by a network of 5 MB.",
        settings=U2NetSettings,
        signature=SMALL,
        weights=_weights(
            url=on_google_drive("1rbSTGKAE-MTxBYHd-51l2hMOQPT_7EPy"),
            filename="u2netp.pth",
            about=4_680_000,
            notes="trained on DUTS-TR, whose own terms apply; mirrors list SHA-256 "
            "e7567cde013fb64813973ce6e1ecc25a80c05c3ca7adbc5a54f3c3d90991b854",
        ),
    ),
    _card(
        name="u2net.human-seg",
        summary="People, at 320 px; not accurate to hair.",
        settings=U2NetSettings,
        signature=FULL,
        weights=_weights(
            url=on_google_drive("1m_Kgs91b21gayc2XLW0ou8yugAIadWVP"),
            filename="u2net_human_seg.pth",
            about=176_315_793,
            notes="trained on Supervisely Person, whose own terms apply; mirrors list SHA-256 "
            "13f0396e3f6fbc1d7ab55a8558640bef306a59b9110a5c595eb949ff69cf2414",
        ),
    ),
)
