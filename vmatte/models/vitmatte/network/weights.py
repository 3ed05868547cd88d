"""From a checkpoint file to the library's network."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from vmatte.core.errors import ConfigError, WeightsError
from vmatte.models.vitmatte import WIDTHS
from vmatte.models.vitmatte.network.attention import GlobalAttention
from vmatte.models.vitmatte.settings import Attention
from vmatte.nets.loading import Signature, load_strict, read_checkpoint

# How wide a head of the trunk is.
_HEAD = 64
_TABLE = "backbone.embeddings.position_embeddings"
# From the authors' names to the library's.
_NAMES = (
    (re.compile(r"^backbone\.pos_embed$"), _TABLE),
    (re.compile(r"^backbone\.patch_embed\.proj\."), "backbone.embeddings.projection."),
    (re.compile(r"^backbone\.blocks\.(\d+)\.attn\."), r"backbone.encoder.layer.\1.attention."),
    (re.compile(r"^backbone\.blocks\."), "backbone.encoder.layer."),
    (re.compile(r"^(decoder\.convstream\.convs\.\d+)\.bn\."), r"\1.batch_norm."),
    (re.compile(r"^decoder\.fusion_blks\.(\d+\.conv)\.bn\."), r"decoder.fusion_blocks.\1.batch_norm."),
    (re.compile(r"^decoder\.fusion_blks\."), "decoder.fusion_blocks."),
)


def load_network(path: Path, size: str, attention: Attention, candidates: Sequence[Signature] = ()) -> nn.Module:
    """The network with the weights of a file, on the CPU, in evaluation mode.

    Args:
        path: Checkpoint, as the authors or the library publish it, or as a training run saves it.
        size: `s` or `b`.
        attention: How patches that see the whole picture do so.
        candidates: Known models, of which an error names the nearest.

    Raises:
        ConfigError: The library is not installed.
        WeightsError: The file cannot be read, is of the other size, or its keys or shapes differ; see
            `read_checkpoint`, `load_strict`.
    """
    return network_from(read_checkpoint(path), str(path), size, attention, candidates)


def network_from(
    state: Mapping[str, Tensor],
    source: str,
    size: str,
    attention: Attention = Attention.auto,
    candidates: Sequence[Signature] = (),
) -> nn.Module:
    """As `load_network`, from a state dict that the user calls `source`."""
    own = {renamed(key): value for key, value in state.items()}
    table = own.get(_TABLE)
    found = None if table is None else {width: name for name, width in WIDTHS.items()}.get(table.shape[-1])
    if found is not None and found != size:
        raise WeightsError(f"{source}: weights of ViTMatte-{found.upper()}: take --model vitmatte.{found}")
    network = plain(size)
    load_strict(network, own, source=source, may_lack=("*.num_batches_tracked",), candidates=candidates)
    trunk: Any = network.get_submodule("backbone.encoder.layer")
    for layer in trunk:
        if not layer.window_size:
            layer.attention = GlobalAttention(layer.attention, attention)
    return network.requires_grad_(False)


def renamed(key: str) -> str:
    """A key of the authors' as the library has it; any other as it is.

    >>> renamed("backbone.blocks.2.attn.qkv.bias"), renamed("decoder.fusion_blks.0.conv.bn.weight")
    ('backbone.encoder.layer.2.attention.qkv.bias', 'decoder.fusion_blocks.0.conv.batch_norm.weight')
    """
    for pattern, name in _NAMES:
        key = pattern.sub(name, key)
    return key


def plain(size: str) -> nn.Module:
    """The library's network of that size, its parameters as memory happens to be.

    Raises:
        ConfigError: The library is not installed.
    """
    library, unset = _transformers()
    width = WIDTHS[size]
    trunk = library.VitDetConfig(
        hidden_size=width, num_attention_heads=width // _HEAD, num_hidden_layers=12, num_channels=4, image_size=512,
        pretrain_image_size=224, patch_size=16, mlp_ratio=4, window_size=14,
        window_block_indices=[0, 1, 3, 4, 6, 7, 9, 10], residual_block_indices=[2, 5, 8, 11],
        use_absolute_position_embeddings=True, use_relative_position_embeddings=True, out_features=["stage12"],
    )  # fmt: skip
    config = library.VitMatteConfig(
        backbone_config=trunk, hidden_size=width, batch_norm_eps=1e-5,
        convstream_hidden_sizes=[48, 96, 192], fusion_hidden_sizes=[256, 128, 64, 32],
    )  # fmt: skip
    with unset():
        network: nn.Module = library.VitMatteForImageMatting(config)
    return network


def _transformers() -> tuple[Any, Any]:
    """The library, and its context in which parameters are not set."""
    try:
        with warnings.catch_warnings():
            # About packages of its own that it would rather see in other versions.
            warnings.simplefilter("ignore")
            import transformers
            from transformers.initialization import no_init_weights
    except ImportError as error:
        raise ConfigError("ViTMatte needs the library transformers: pip install 'vmatte[vitmatte]'") from error
    return transformers, no_init_weights
