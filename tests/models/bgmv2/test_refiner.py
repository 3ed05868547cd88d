"""The refiner: dense and sparse ways agree, whatever the batch."""

import pytest
import torch

from vmatte.models.bgmv2.network.selection import above, everything, largest

# What one picture alone and the same inside a batch may differ by.
NEAR = 2e-6


@pytest.fixture(scope="module")
def several(pair) -> torch.Tensor:
    """Three different pairs."""
    return torch.cat((pair, pair.flip(3), pair.flip(2) * 0.9))


@pytest.mark.parametrize("select", [largest(2688), above(0.12), None, above(1.0)], ids=["k", "above", "full", "none"])
def test_a_batch_is_as_its_pictures_one_by_one(network, several, select):
    with torch.inference_mode():
        together = network(several, 0.25, select)
        for place in range(3):
            alone = network(several[place : place + 1], 0.25, select)
            assert torch.equal(alone.refined[0], together.refined[place])
            for one, other in ((alone.alpha, together.alpha), (alone.foreground, together.foreground)):
                assert (one[0] - other[place]).abs().max() <= NEAR
    if select is not None and together.refined.any():
        assert not torch.equal(together.refined[0], together.refined[1])


@pytest.mark.parametrize("size", [(132, 172), (64, 36), (8, 12), (4, 4)])
def test_all_patches_are_as_the_picture_as_a_whole(network, pair, size):
    cut = pair[..., : size[0], : size[1]]
    with torch.inference_mode():
        whole = network(cut, 0.25, None)
        for select in (above(-1.0), everything, largest(10**9, prevent_oversampling=False)):
            parts = network(cut, 0.25, select)
            assert (whole.alpha - parts.alpha).abs().max() <= NEAR
            assert (whole.foreground - parts.foreground).abs().max() <= NEAR
            assert parts.refined.all()


def test_more_pixels_than_there_are_refine_all_that_is_unsure(network, pair):
    with torch.inference_mode():
        found = network(pair, 0.25, largest(80_000))
        assert torch.equal(found.refined, network(pair, 0.25, above(0.0)).refined)


def test_as_many_as_were_asked_for_in_each_picture(several, network):
    with torch.inference_mode():
        assert network(several, 0.25, largest(165)).refined.sum((1, 2, 3)).tolist() == [10, 10, 10]
        assert not network(several, 0.25, largest(15)).refined.any()


def test_what_is_sure_is_left_alone():
    error = torch.zeros(2, 1, 3, 3)
    error[1, 0, 1, 1] = 0.4
    assert largest(64)(error).sum((1, 2, 3)).tolist() == [0, 1]
    assert largest(64, prevent_oversampling=False)(error).sum((1, 2, 3)).tolist() == [4, 4]
    assert above(0.4)(error).sum() == 0


def test_of_equal_errors_the_first_are_taken():
    error = torch.tensor([[0.5, 1.0, 1.0, 0.2], [1.0, 0.5, 0.5, 0.0]]).view(2, 1, 2, 2)
    assert largest(32)(error).flatten(1).tolist() == [[False, True, True, False], [True, True, False, False]]
