"""The banks, on random arrays: no picture needed."""

import numpy as np

from vmatte.models.recall.memory import EMPTY, Bank, Memory, Pair


def bank(count, seed=0, colour=None):
    rng = np.random.default_rng(seed)
    colours = rng.normal(50, 20, (count, 3)) if colour is None else np.tile(colour, (count, 1))
    return Bank(colours.astype(np.float32), rng.uniform(0, 9, (count, 2)).astype(np.float32))


def test_the_oldest_pair_goes_first():
    memory = Memory(frames=2)
    for n in range(3):
        memory.write(Pair(bank(n + 1), bank(n + 1)))
    assert [len(pair.foreground.colour) for pair in memory.recent] == [2, 3]


def test_the_permanent_pair_stays():
    memory = Memory(frames=1)
    memory.seed(Pair(bank(7), bank(8)))
    for _ in range(4):
        memory.write(Pair(bank(1), bank(1)))
    read = memory.read(Pair(EMPTY, bank(2)), np.random.default_rng(0))
    assert (len(read.foreground.colour), len(read.background.colour)) == (8, 11)


def test_without_a_permanent_pair_the_seed_is_forgotten():
    memory = Memory(frames=1, lasting=False)
    memory.seed(Pair(bank(7), bank(8)))
    memory.write(Pair(bank(1), bank(1)))
    assert len(memory.read(Pair(EMPTY, EMPTY), np.random.default_rng(0)).foreground.colour) == 1


def test_a_new_seed_clears_what_was_learnt():
    memory = Memory()
    memory.write(Pair(bank(5), bank(5)))
    memory.seed(Pair(bank(1), bank(1)))
    assert not memory.recent


def test_each_class_moves_with_its_own_motion():
    memory = Memory()
    memory.seed(Pair(bank(3), bank(3)))
    was = memory.permanent
    memory.move(np.full((10, 10, 2), 1, np.float32), np.full((10, 10, 2), -2, np.float32))
    assert np.allclose(memory.permanent.foreground.place, was.foreground.place + 1, atol=1e-5)
    assert np.allclose(memory.permanent.background.place, was.background.place - 2, atol=1e-5)


def test_reading_keeps_colour_and_place_together():
    memory = Memory()
    memory.seed(Pair(bank(50), bank(50)))
    read = memory.read(Pair(EMPTY, EMPTY), np.random.default_rng(3)).foreground
    known = {tuple(c): tuple(p) for c, p in zip(*memory.permanent.foreground, strict=True)}
    assert all(known[tuple(c)] == tuple(p) for c, p in zip(*read, strict=True))
    assert not np.array_equal(read.colour, memory.permanent.foreground.colour)


def test_examples_of_the_other_class_are_screened_out():
    memory = Memory()
    memory.seed(Pair(bank(4, colour=(80, 0, 0)), bank(4, colour=(20, 0, 0))))
    mixed = Bank(np.array([[79, 0, 0], [21, 0, 0], [50, 0, 0]], np.float32), np.zeros((3, 2), np.float32))
    kept = memory.screened(Pair(mixed, mixed))
    assert kept.foreground.colour[:, 0].tolist() == [79, 50]
    assert kept.background.colour[:, 0].tolist() == [21, 50]
