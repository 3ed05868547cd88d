"""rembg's sessions: its ONNX networks, run by its own code from the files it keeps (github.com/danielgatis/rembg)."""

from __future__ import annotations

from functools import partial

from vmatte.models.registry import Card
from vmatte.models.rembg.settings import RembgSettings
from vmatte.weights.elsewhere import kept_by_rembg
from vmatte.weights.published import Weights

__all__ = ["CARDS", "RembgSettings"]

_U2NET = "Qin et al., U2-Net, Pattern Recognition 2020"
_ISNET = "Qin et al., Highly Accurate Dichotomous Image Segmentation, ECCV 2022"
_BIREFNET = "Zheng et al., Bilateral Reference for High-Resolution Dichotomous Image Segmentation, CAAI AIR 2024"
_APACHE = ("Apache-2.0", "https://github.com/xuebinqin/U-2-Net/blob/master/LICENSE")
_UNCLEAR = ("unclear", "https://github.com/xuebinqin/DIS#term-of-use")
_ANIME = ("Apache-2.0", "https://huggingface.co/skytnt/anime-seg")
_MIT = ("MIT", "https://github.com/ZhengPeng7/BiRefNet/blob/main/LICENSE")
_BRIA = ("CC BY-NC 4.0, non-commercial", "https://huggingface.co/briaai/RMBG-2.0")
# What the tensors of the networks take; the graphs add to it.
_FULL, _SMALL, _WIDE, _LARGE, _TINY = 176_155_124, 4_547_956, 176_302_808, 884_791_968, 177_566_232


def _card(
    session: str, summary: str, paper: str, about: int, file: str, licence: tuple[str, str] = _MIT, free: bool = True
) -> Card:
    """A card for one of rembg's sessions; `file` is what its release calls the graph."""
    return Card(
        name=f"rembg.{session}",
        summary=summary,
        factory="vmatte.models.rembg.matter:build",
        settings=RembgSettings,
        paper=paper,
        extra="rembg",
        weights=Weights(
            url=f"https://github.com/danielgatis/rembg/releases/download/v0.0.0/{file}",
            sha256=None,
            size=None,
            licence=licence[0],
            free=free,
            licence_url=licence[1],
            filename=f"{session}.onnx",
            notes="a file that rembg has fetched already is used where it lies",
            about=about,
            elsewhere=partial(kept_by_rembg, session, f"{session}.onnx"),
        ),
    )


CARDS = (
    _card("u2net", "What stands out, at 320 px.", _U2NET, _FULL, "u2net.onnx", _APACHE),
    _card("u2netp", "What stands out, at 320 px, by a network of 5 MB.", _U2NET, _SMALL, "u2netp.onnx", _APACHE),
    _card("u2net_human_seg", "People, at 320 px.", _U2NET, _FULL, "u2net_human_seg.onnx", _APACHE),
    # Its size is rembg's own word.
    _card("silueta", "What stands out, at 320 px: u2net in 43 MB.", _U2NET, 43_000_000, "silueta.onnx", _APACHE),
    _card(
        "isnet-general-use", "The main object of any kind, at 1024 px.", _ISNET, _WIDE, "isnet-general-use.onnx",
        _UNCLEAR, free=False,
    ),
    _card("isnet-anime", "Drawn characters, at 1024 px.", _ISNET, _WIDE, "isnet-anime.onnx", _ANIME),
    _card("birefnet-general", "Any subject, at 1024 px.", _BIREFNET, _LARGE, "BiRefNet-general-epoch_244.onnx"),
    _card(
        "birefnet-general-lite", "Any subject, at 1024 px, by a network a fifth of the size.", _BIREFNET, _TINY,
        "BiRefNet-general-bb_swin_v1_tiny-epoch_232.onnx",
    ),
    _card("birefnet-portrait", "People, at 1024 px.", _BIREFNET, _LARGE, "BiRefNet-portrait-epoch_150.onnx"),
    _card("birefnet-dis", "Fine structures, at 1024 px.", _BIREFNET, _LARGE, "BiRefNet-DIS-epoch_590.onnx"),
    _card("birefnet-hrsod", "What stands out, at 1024 px.", _BIREFNET, _LARGE, "BiRefNet-HRSOD_DHU-epoch_115.onnx"),
    _card("birefnet-cod", "Camouflaged objects, at 1024 px.", _BIREFNET, _LARGE, "BiRefNet-COD-epoch_125.onnx"),
    _card(
        "birefnet-massive", "Any subject, at 1024 px, trained on more pictures.", _BIREFNET, _LARGE,
        "BiRefNet-massive-TR_DIS5K_TR_TEs-epoch_420.onnx",
    ),
    _card(
        "bria-rmbg", "Any subject, at 1024 px: BRIA RMBG 2.0.", _BIREFNET, _LARGE, "bria-rmbg-2.0.onnx",
        _BRIA, free=False,
    ),
)  # fmt: skip
