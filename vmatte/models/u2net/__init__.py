"""U2-Net: masks of what stands out in a picture, or of people, a frame at a time; one full and one small network."""

from __future__ import annotations

from vmatte.models.registry import Card
from vmatte.models.u2net.settings import U2NetHumanSegSettings, U2NetSettings, U2NetSmallSettings
from vmatte.nets.signature import Signature
from vmatte.weights.published import Weights, on_google_drive

__all__ = ["CARDS", "SIGNATURE", "U2NetSettings"]

# The same keys in both sizes.
SIGNATURE = Signature(
    "u2net",
    ("outconv.weight", "side1.weight", "stage1.rebnconvin.conv_s1.weight", "stage4d.rebnconv4.conv_s1.weight"),
)

_PAPER = (
    "Qin et al., U2-Net: Going Deeper with Nested U-Structure for Salient Object Detection, Pattern Recognition 2020"
)


def _weights(key: str, filename: str, notes: str) -> Weights:
    """Where the authors publish it; sizes and sums are known from mirrors only, and said, not demanded."""
    return Weights(
        url=on_google_drive(key),
        sha256=None,
        size=None,
        licence="Apache-2.0",
        free=True,
        licence_url="https://github.com/xuebinqin/U-2-Net/blob/master/LICENSE",
        filename=filename,
        notes=notes,
    )


def _card(settings: type[U2NetSettings], summary: str, weights: Weights) -> Card:
    return Card(
        name=settings().name,
        summary=summary,
        factory="vmatte.models.u2net.matter:build",
        settings=settings,
        paper=_PAPER,
        weights=weights,
        signature=SIGNATURE,
    )


CARDS = (
    _card(
        U2NetSettings,
        "What stands out in the picture, at 320 px; coarse, fast.",
        _weights(
            "1ao1ovG1Qtx4b7EoskHXmi2E9rp5CHLcZ",
            "u2net.pth",
            "trained on DUTS-TR, whose own terms apply; mirrors list 176290937 bytes, SHA-256 "
            "10025a17f49cd3208afc342b589890e402ee63123d6f2d289a4a0903695cce58",
        ),
    ),
    _card(
        U2NetSmallSettings,
        "The same by a network of 5 MB.",
        _weights(
            "1rbSTGKAE-MTxBYHd-51l2hMOQPT_7EPy",
            "u2netp.pth",
            "trained on DUTS-TR, whose own terms apply; mirrors list SHA-256 "
            "e7567cde013fb64813973ce6e1ecc25a80c05c3ca7adbc5a54f3c3d90991b854",
        ),
    ),
    _card(
        U2NetHumanSegSettings,
        "People, at 320 px; not accurate to hair.",
        _weights(
            "1m_Kgs91b21gayc2XLW0ou8yugAIadWVP",
            "u2net_human_seg.pth",
            "trained on Supervisely Person, whose own terms apply; mirrors list 176315793 bytes, SHA-256 "
            "13f0396e3f6fbc1d7ab55a8558640bef306a59b9110a5c595eb949ff69cf2414",
        ),
    ),
)
