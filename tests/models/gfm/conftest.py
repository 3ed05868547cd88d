"""Seeded networks for all tests of the folder."""

from collections.abc import Callable
from functools import cache

import pytest

from vmatte.models.gfm.network.fusion import KINDS, Kind
from vmatte.models.gfm.network.model import GFM
from vmatte.models.gfm.network.weights import network_from
from vmatte.nets.loading import read_checkpoint

#: Vector file: the trunk, and what the heads are for.
BUILT: dict[str, tuple[str, tuple[Kind, ...]]] = {
    "gfm_r34": ("r34", ("tt",)),
    "gfm_r34_2b": ("r34-2b", ("tt",)),
    "gfm_d121_rim": ("d121", KINDS),
}


@pytest.fixture(scope="session")
def network(checkpoint) -> Callable[[str], GFM]:
    """A network by the name of its vectors; nobody may change it."""

    @cache
    def made(name: str) -> GFM:
        trunk, kinds = BUILT[name]
        return network_from(read_checkpoint(checkpoint(name)), "seeded", trunk, kinds)  # type: ignore[arg-type]

    return made
