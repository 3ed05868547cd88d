"""Pixel memory with random tokens: reading, eviction, and long-term memory against their definitions."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from vmatte.models.matanyone import reading
from vmatte.models.matanyone.memory import Memory, Tokens, joined, prototypes
from vmatte.models.matanyone.reading import similarity, top_read
from vmatte.models.matanyone.settings import LongTerm

CELLS = 6


def tokens(count, seed=0, counted=True):
    rng = torch.Generator().manual_seed(seed)
    keys, selection = (torch.rand(count, 64, generator=rng) for _ in range(2))
    shrinkage = 1 + torch.rand(count, 1, generator=rng)
    values = torch.randn(count, 8, generator=rng)
    return Tokens.fresh(keys, shrinkage, values, selection if counted else None)


def defined(memory, query, choice):
    """The similarity as its definition writes it, in float64."""
    apart = memory.keys.double()[None] - query.double()[:, None]
    return -(choice.double()[:, None] * apart**2).sum(2) * memory.shrinkage.double().T / 8


def test_similarity_is_its_definition():
    memory, query, choice = tokens(20), torch.rand(7, 64), torch.rand(7, 64)
    found = similarity(memory.keys, memory.shrinkage, query, choice)
    assert torch.allclose(found.double(), defined(memory, query, choice), atol=1e-5)


@given(count=st.integers(1, 50), top_k=st.integers(1, 40), block=st.integers(1, 200))
@settings(max_examples=25, deadline=None)
def test_a_read_is_its_definition_in_blocks_of_any_size(count, top_k, block):
    memory, query, choice = tokens(count), torch.rand(9, 64), torch.rand(9, 64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "CPU_BLOCK", block)
        found, used = top_read(memory.keys, memory.shrinkage, memory.values, query, choice, top_k, count=True)
    scores = defined(memory, query, choice)
    least = scores.topk(min(top_k, count)).values[:, -1:]
    weights = scores.where(scores >= least, -torch.inf).softmax(1)
    assert torch.allclose(found.double(), weights @ memory.values.double(), atol=1e-4)
    assert used is not None
    assert torch.allclose(used.double(), weights.sum(0), atol=1e-4)


@pytest.mark.parametrize("most", [0, 1, 3])
def test_the_first_frame_stays_and_the_oldest_others_leave(most):
    frames = [tokens(CELLS, seed, counted=False) for seed in range(6)]
    memory = Memory()
    for frame in frames:
        memory = memory.with_frame(frame).newest(most * CELLS)
    kept = [frames[0], *frames[len(frames) - most :]]
    assert memory.tokens is not None
    assert torch.equal(memory.tokens.keys, joined(kept).keys)
    assert (memory.permanent, memory.long, memory.working) == (CELLS, 0, (1 + most) * CELLS)


def filled(frames, **changed):
    memory = Memory()
    for seed in range(frames):
        memory = memory.with_frame(tokens(CELLS, seed))
    return memory


def test_use_is_counted_for_all_but_the_first_frame():
    memory, limits = filled(3), LongTerm()
    _, counted = memory.read(torch.rand(5, 64), torch.rand(5, 64), 30, limits)
    assert torch.count_nonzero(counted.tokens.usage[:CELLS]) == 0
    assert torch.allclose(counted.tokens.life[CELLS:], torch.tensor(1.0))
    assert 0 < counted.tokens.usage.sum() <= 5
    assert torch.count_nonzero(memory.tokens.usage) == 0


def test_a_full_memory_is_condensed():
    limits = LongTerm(max_mem_frames=4, min_mem_frames=2, num_prototypes=4, max_num_tokens=10, buffer_tokens=2)
    memory = filled(3)
    assert memory.condensed(CELLS, limits) is memory
    memory = filled(4).read(torch.rand(5, 64), torch.rand(5, 64), 30, limits)[1]
    condensed = memory.condensed(CELLS, limits)
    assert (condensed.long, condensed.permanent, condensed.working) == (4, CELLS, 2 * CELLS)
    worth = memory.tokens[CELLS : 3 * CELLS].worth()
    wanted = memory.tokens.keys[CELLS : 3 * CELLS][worth.argsort(descending=True)[:4]]
    assert torch.equal(condensed.tokens.keys[:4], wanted)
    assert torch.equal(condensed.tokens.keys[-CELLS:], memory.tokens.keys[-CELLS:])
    assert torch.equal(condensed.tokens.keys[4 : 4 + CELLS], memory.tokens.keys[:CELLS])


@pytest.mark.parametrize("count_usage", [True, False])
def test_a_full_long_term_memory_drops_what_matters_least(count_usage):
    limits = LongTerm(3, 1, 4, 10, 2, count_usage)
    old = tokens(8, seed=9)
    old.usage.copy_(torch.tensor([5.0, 1, 7, 3, 8, 2, 6, 4]))
    memory = Memory(joined([old, filled(3).tokens]), long=8, permanent=CELLS)
    condensed = memory.condensed(CELLS, limits)
    assert condensed.tokens is not None
    # 10 - 4 - 2 of the old ones stay.
    kept = [4, 2, 6, 0] if count_usage else [4, 5, 6, 7]
    assert condensed.long == 8
    assert torch.equal(condensed.tokens.keys[:4], old.keys[kept])


def test_more_prototypes_than_candidates_are_not_made():
    assert len(prototypes(tokens(3), 128)) == 3


def test_prototypes_speak_for_all_candidates():
    candidates = tokens(12)
    made = prototypes(candidates, 2)
    weights = defined(candidates, made.keys, made.selection).softmax(1)
    assert torch.allclose(made.values.double(), weights @ candidates.values.double(), atol=1e-5)
    assert torch.allclose(made.shrinkage.double(), weights @ candidates.shrinkage.double(), atol=1e-5)


def test_emptying_keeps_long_term_memory():
    memory = Memory(tokens(20), long=8, permanent=CELLS).emptied()
    assert (memory.long, memory.working, memory.permanent) == (8, 0, 0)
    assert filled(2).emptied().tokens is None
