"""Classical matting over a trimap, by pymatting: no network, no weights."""

from __future__ import annotations

from dataclasses import dataclass

from vmatte.models.registry import Card, ModelSettings

__all__ = ["CARDS", "ClosedFormSettings", "KnnSettings", "LargeKernelSettings"]


@dataclass(frozen=True)
class ClosedFormSettings(ModelSettings):
    """As ModelSettings."""

    name: str = "closed-form"


@dataclass(frozen=True)
class KnnSettings(ModelSettings):
    """As ModelSettings."""

    name: str = "knn"


@dataclass(frozen=True)
class LargeKernelSettings(ModelSettings):
    """As ModelSettings."""

    name: str = "large-kernel"


def _card(settings: type[ModelSettings], summary: str, paper: str) -> Card:
    return Card(
        name=settings().name,
        summary=summary,
        factory="vmatte.models.classical.matter:build",
        settings=settings,
        needs=frozenset({"trimap"}),
        paper=paper,
        extra="refine",
        # An average along the motion made refined mattes 2 % worse and no steadier where that was measured.
        steady=True,
    )


CARDS = (
    _card(
        ClosedFormSettings,
        "Over a trimap: colours of a small window lie on a line.",
        "Levin et al., A Closed-Form Solution to Natural Image Matting, CVPR 2006",
    ),
    _card(
        KnnSettings,
        "Over a trimap: pixels of like colour have like alpha, wherever they are.",
        "Chen et al., KNN Matting, CVPR 2012",
    ),
    _card(
        LargeKernelSettings,
        "Over a trimap: closed form by windows of 21 px.",
        "He et al., Fast Matting Using Large Kernel Matting Laplacian Matrices, CVPR 2010",
    ),
)
