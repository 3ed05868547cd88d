"""Seeded weights of MatteFormer, with the vectors of its spectral normalisation."""

import torch

from tests.parity.seeded import manifest, seeded, seeded_state


def whole_state(seed: int = 0) -> dict[str, torch.Tensor]:
    """All entries that a published file has, but those that are a formula."""
    state = seeded_state("matteformer", seed)
    for key, shape in manifest("matteformer")["derived"].items():
        if not key.endswith("weight_u"):
            continue
        kernel = state[f"{key[:-1]}bar"].double().flatten(1)
        right = _unit(kernel.T @ torch.from_numpy(seeded(key, tuple(shape), seed)).double())
        state[f"{key[:-1]}v"], state[key] = right.float(), _unit(kernel @ right).float()
    return state


def _unit(vector: torch.Tensor) -> torch.Tensor:
    unit: torch.Tensor = vector / (vector.norm() + 1e-12)
    return unit
