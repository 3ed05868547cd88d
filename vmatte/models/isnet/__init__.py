"""IS-Net: masks of the main object at 1024 px, a frame at a time; and its weights for drawn characters."""

from __future__ import annotations

from functools import partial

from vmatte.models.isnet.settings import ISNetSettings
from vmatte.models.registry import Card
from vmatte.nets.signature import Signature
from vmatte.weights.published import Weights, on_google_drive

__all__ = ["CARDS", "SIGNATURE", "ISNetSettings"]

# As many keys as U2-Net; only the first two are no keys of it.
_KEYS = ("conv_in.weight", "conv_in.bias", "side1.weight", "stage4d.rebnconv4.conv_s1.weight")
SIGNATURE = Signature("isnet", _KEYS)
# The training checkpoint of the anime weights; the bare network in it has the keys of the others.
TRAINING = Signature("isnet.anime", tuple(f"net.{key}" for key in _KEYS))

_PAPER = "Qin et al., Highly Accurate Dichotomous Image Segmentation, ECCV 2022"
_card = partial(Card, factory="vmatte.models.isnet.matter:build", signature=SIGNATURE)
# Sizes and sums are known from mirrors only: they are said, not demanded.
_weights = partial(Weights, sha256=None, size=None)
_unclear = partial(_weights, licence="unclear", free=False, licence_url="https://github.com/xuebinqin/DIS#term-of-use")

CARDS = (
    _card(
        name="isnet",
        summary="The main object of any kind, at 1024 px.",
        settings=ISNetSettings,
        paper=_PAPER,
        weights=_unclear(
            url=on_google_drive("1XHIzgTzY5BQHw140EDIgwIb53K659ENH"),
            filename="isnet-general-use.pth",
            about=176_579_397,
            notes="the code is Apache-2.0, of the weights nothing is said; training data not documented; mirrors list "
            "SHA-256 9e1aafea58f0b55d0c35077e0ceade6ba1ba2bce372fd4f8f77215391f3fac13",
        ),
    ),
    _card(
        name="isnet.dis",
        summary="The main object, at 1024 px, trained for the authors' benchmark alone.",
        settings=ISNetSettings,
        paper=_PAPER,
        weights=_unclear(
            url=on_google_drive("1KyMpRjewZdyYfxHPYcd-ZbanIXtin0Sn"),
            filename="isnet.pth",
            about=177_000_000,
            notes="the code is Apache-2.0, of the weights nothing is said; trained on DIS5K, whose own terms apply; "
            "mirrors list SHA-256 ea0889743a78391b48d6b7c40b4def963ee329cb10934c75aa32481dc5af9c61",
        ),
    ),
    _card(
        name="isnet.anime",
        summary="Drawn characters, the whole frame at 1024 px.",
        settings=ISNetSettings,
        paper="SkyTNT, anime-segmentation, 2022; on " + _PAPER,
        signature=TRAINING,
        weights=_weights(
            url="https://huggingface.co/skytnt/anime-seg/resolve/main/isnetis.ckpt",
            licence="Apache-2.0",
            free=True,
            licence_url="https://huggingface.co/skytnt/anime-seg",
            about=557_000_000,
            notes="a training checkpoint; the network in it is a third of that",
        ),
    ),
)
