"""IS-Net: masks of the main object at 1024 px, a frame at a time; and its weights for drawn characters."""

from __future__ import annotations

from vmatte.models.isnet.settings import ISNetAnimeSettings, ISNetDISSettings, ISNetSettings
from vmatte.models.registry import Card
from vmatte.nets.signature import Signature
from vmatte.weights.published import Weights, on_google_drive

__all__ = ["CARDS", "SIGNATURE", "ISNetSettings"]

# As many keys as U2-Net; only the first two are no keys of it.
SIGNATURE = Signature(
    "isnet",
    ("conv_in.weight", "conv_in.bias", "side1.weight", "stage4d.rebnconv4.conv_s1.weight"),
)

_PAPER = "Qin et al., Highly Accurate Dichotomous Image Segmentation, ECCV 2022"
_ANIME = "SkyTNT, anime-segmentation, 2022; on " + _PAPER


def _unclear(key: str, filename: str, notes: str) -> Weights:
    """Weights about whose licence their authors say nothing; sizes and sums are known from mirrors only."""
    return Weights(
        url=on_google_drive(key),
        sha256=None,
        size=None,
        licence="unclear",
        free=False,
        licence_url="https://github.com/xuebinqin/DIS#term-of-use",
        filename=filename,
        notes=f"the code is Apache-2.0, of the weights nothing is said; {notes}",
    )


_GENERAL = _unclear(
    "1XHIzgTzY5BQHw140EDIgwIb53K659ENH",
    "isnet-general-use.pth",
    "training data not documented; mirrors list 176579397 bytes, SHA-256 "
    "9e1aafea58f0b55d0c35077e0ceade6ba1ba2bce372fd4f8f77215391f3fac13",
)
_DIS = _unclear(
    "1KyMpRjewZdyYfxHPYcd-ZbanIXtin0Sn",
    "isnet.pth",
    "trained on DIS5K, whose own terms apply; mirrors list SHA-256 "
    "ea0889743a78391b48d6b7c40b4def963ee329cb10934c75aa32481dc5af9c61",
)
_DRAWN = Weights(
    url="https://huggingface.co/skytnt/anime-seg/resolve/main/isnetis.ckpt",
    sha256=None,
    size=None,
    licence="Apache-2.0",
    free=True,
    licence_url="https://huggingface.co/skytnt/anime-seg",
    notes="a training checkpoint of 557 MB; the network in it is a third of that",
)


def _card(settings: type[ISNetSettings], summary: str, weights: Weights, paper: str = _PAPER) -> Card:
    return Card(
        name=settings().name,
        summary=summary,
        factory="vmatte.models.isnet.matter:build",
        settings=settings,
        paper=paper,
        weights=weights,
        signature=SIGNATURE,
    )


CARDS = (
    _card(ISNetSettings, "The main object of any kind, at 1024 px.", _GENERAL),
    _card(ISNetDISSettings, "The same, trained for the authors' benchmark alone.", _DIS),
    _card(ISNetAnimeSettings, "Drawn characters, the whole frame at 1024 px.", _DRAWN, _ANIME),
)
