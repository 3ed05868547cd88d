"""MatAnyone and MatAnyone 2: mattes from a first-frame mask (Yang et al., CVPR 2025); one network, two checkpoints."""

from __future__ import annotations

from dataclasses import dataclass

from vmatte.core.errors import ConfigError
from vmatte.models.matanyone.settings import RecurrenceSettings
from vmatte.models.registry import Card, ModelSettings
from vmatte.nets.signature import Signature
from vmatte.weights.published import Weights

# The relatives it shares modules with (Cutie above all) lack the uncertainty head and the alpha head.
SIGNATURE = Signature(
    "matanyone",
    (
        "pixel_encoder.res2.0.conv1.weight",
        "mask_encoder.fuser.distributor.x_transform.weight",
        "mask_decoder.pred_mat.weight",
        "object_transformer.query_init.weight",
        "object_summarizer.input_proj.weight",
        "temp_sparity.conv1x1_v2.weight",
    ),
)


@dataclass(frozen=True)
class MatAnyoneSettings(RecurrenceSettings, ModelSettings):
    """What a user may change about MatAnyone: the published settings, and the size it works at.

    Attributes:
        max_size: Shorter side in px that frames are scaled to before the model, guided upsampling bringing the matte
            back to the clip's size; 0 takes the frame's own, or what memory allows; -1 its own in any case. Not the
            same as `max_internal_size`, which is the published option and resizes both ways without a guide.
    """

    name: str = "matanyone"
    max_size: int = 0

    def __post_init__(self) -> None:
        """Checks the values."""
        super().__post_init__()
        if self.max_size < -1 or 0 < self.max_size < 16:
            raise ConfigError(f"model.max_size={self.max_size}: -1 (off), 0 (automatic), or 16 px and more")


_LICENCE = "NTU S-Lab 1.0, non-commercial"

CARDS = (
    Card(
        name="matanyone",
        summary="Follows the subject of a mask by a network with memory; hair and soft edges.",
        factory="vmatte.models.matanyone.matter:build",
        settings=MatAnyoneSettings,
        needs=frozenset({"mask"}),
        paper="Yang et al., MatAnyone: Stable Video Matting with Consistent Memory Propagation, CVPR 2025",
        # Size and hash as several independent users of the release have published them.
        weights=Weights(
            url="https://github.com/pq-yang/MatAnyone/releases/download/v1.0.0/matanyone.pth",
            sha256="dd26b991d020ed5eb4be50996f97354c45cfdfc0f59958e8983ac6a198f4809d",
            size=141_429_992,
            licence=_LICENCE,
            licence_url="https://github.com/pq-yang/MatAnyone/blob/main/LICENSE",
        ),
        signature=SIGNATURE,
        steady=True,
    ),
    Card(
        name="matanyone2",
        summary="Follows the subject of a mask; MatAnyone's network, trained on more and harder clips.",
        factory="vmatte.models.matanyone.matter:build",
        settings=MatAnyoneSettings,
        needs=frozenset({"mask"}),
        paper="Yang et al., MatAnyone 2, 2026",
        weights=Weights(
            url="https://github.com/pq-yang/MatAnyone2/releases/download/v1.0.0/matanyone2.pth",
            sha256="5e9821e4087231427376b437c85bb6e072b41e582314f06fd524f75bc4af5914",
            size=141_429_115,
            licence=_LICENCE,
            licence_url="https://github.com/pq-yang/MatAnyone2/blob/main/LICENSE",
        ),
        signature=SIGNATURE,
        steady=True,
    ),
)
