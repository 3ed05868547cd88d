"""MatAnyone and MatAnyone 2: mattes from a first-frame mask (Yang et al., CVPR 2025); one network, two checkpoints."""

from __future__ import annotations

from vmatte.models.registry import Card
from vmatte.nets.signature import Signature

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

CARDS: tuple[Card, ...] = ()
