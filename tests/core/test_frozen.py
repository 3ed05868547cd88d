"""States go to arrays and come back the same, and a file can run nothing."""

import io
import json
import threading
from array import array
from collections import Counter, deque
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import vmatte.nets.frozen  # noqa: F401
from vmatte.core.frozen import FreezeError, ThawError, freeze, thaw
from vmatte.core.types import Clip, Frame, Layer, Matte
from vmatte.run.plan import Device


def through_a_file(state):
    """As a run leaves it to the next one."""
    file = io.BytesIO()
    np.savez(file, **freeze(state))  # type: ignore[arg-type]
    file.seek(0)
    with np.load(file, allow_pickle=False) as arrays:
        return thaw(arrays)


def test_plain_values_come_back_as_they_were():
    state = {
        "numbers": [1, -2.5, float("inf"), True, None, np.float32(0.1), np.int64(3)],
        ("a", 2): {"text", "more"},
        Device.cpu: (Fraction(1, 3), Path("x/y"), b"\0\1", slice(1, None)),
        "rest": [deque([1, 2], maxlen=2), Counter("aab"), frozenset({1}), array("f", [0.5])],
    }
    found = through_a_file(state)
    assert found == state
    assert found["rest"][0].maxlen == 2
    assert [type(each) for each in found["numbers"]] == [type(each) for each in state["numbers"]]


def test_a_matte_comes_back_bit_for_bit_with_what_it_shares():
    rgb = np.random.default_rng(0).integers(0, 255, (4, 5, 3), np.uint8)
    matte = Matte(Frame(3, 30, rgb, rgb), (Layer("subject", rgb[..., 0].astype(np.float32) / np.float32(7)),))
    first, second = through_a_file((matte, [matte]))
    assert second[0] is first
    assert first.frame.rgb is first.frame.sdr
    assert np.array_equal(first.frame.rgb, rgb)
    assert first.alpha.tobytes() == matte.alpha.tobytes()


def test_draws_go_on_where_they_were():
    rng = np.random.default_rng(5)
    rng.random(3)
    assert np.array_equal(through_a_file(rng).random(4), rng.random(4))


def test_tensors_keep_their_bits_and_their_order_in_memory():
    import torch

    plain = torch.arange(24, dtype=torch.bfloat16).reshape(1, 2, 3, 4)
    last = plain.float().contiguous(memory_format=torch.channels_last)
    first, second = through_a_file((plain, last))
    assert first.dtype is torch.bfloat16
    assert torch.equal(first, plain)
    assert torch.equal(second, last)
    assert second.stride() == last.stride()


@pytest.mark.parametrize("state", [open, iter([1]), lambda: 1, {"deep": [io.StringIO()]}, threading.Thread()])
def test_what_no_file_can_hold_is_refused(state):
    with pytest.raises(FreezeError, match="cannot be kept"):
        freeze(state)


@pytest.mark.parametrize(
    "node",
    [
        {"n": 0, "object": "subprocess:Popen", "has": {}},
        {"n": 0, "object": "vmatte.core.types:np.ndarray", "has": {}},
        {"n": 0, "object": "vmatte.cli.__main__:main", "has": {}},
        {"n": 0, "named": "builtins:eval", "items": ["1"]},
        {"n": 0, "array": "missing"},
        {"n": 0},
        {"ref": 4},
    ],
)
def test_a_forged_file_makes_nothing_but_an_error(node):
    with pytest.raises(ThawError):
        thaw({"tree": np.frombuffer(json.dumps(node).encode(), np.uint8)})


def test_no_code_of_a_class_runs():
    """Clip has no `__post_init__`, Frame has one that would refuse this: it is not called."""
    tree = {"n": 0, "object": "vmatte.core.types:Frame", "has": {"index": 1}}
    assert thaw({"tree": np.frombuffer(json.dumps(tree).encode(), np.uint8)}).index == 1
    assert Clip is not None
