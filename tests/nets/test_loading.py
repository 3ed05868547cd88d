"""Checkpoints: what is read, what is refused, and what the refusal says."""

import io
import pickle
import re

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from vmatte.core.errors import WeightsError
from vmatte.nets.loading import Blank, Signature, load_strict, read_checkpoint

STATE = {"stem.weight": torch.arange(6.0).view(2, 3), "stem.bias": torch.tensor([1.0, 2.0]), "count": torch.tensor(3)}
KNOWN = (Signature("alpha", ("stem.weight", "stem.bias")), Signature("beta", ("body.weight", "tail.weight")))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Linear(3, 2)
        self.register_buffer("count", torch.tensor(0))


def test_blank_modules_have_every_parameter_and_are_loaded_as_others():
    with Blank():
        net = Net()
        norm = nn.BatchNorm2d(3)
    assert equal(load_strict(net, STATE, source="x").state_dict(), STATE)
    assert norm.running_var is not None
    assert norm.running_var.tolist() == [1, 1, 1]
    torch.manual_seed(0)
    before = torch.get_rng_state()
    with Blank():
        Net()
    assert torch.equal(torch.get_rng_state(), before)
    Net()
    assert not torch.equal(torch.get_rng_state(), before)


def equal(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


@pytest.mark.parametrize("suffix", ["pth", "ckpt", "safetensors", "bin"])
@pytest.mark.parametrize("form", ["torch", "legacy", "safetensors"])
def test_every_kind_is_read_whatever_it_is_called(tmp_path, suffix, form):
    path = tmp_path / f"weights.{suffix}"
    if form == "safetensors":
        save_file(STATE, path)
    else:
        torch.save(STATE, path, _use_new_zipfile_serialization=form == "torch")
    assert equal(read_checkpoint(path), STATE)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_become_float32(tmp_path, dtype):
    path = tmp_path / "half.safetensors"
    save_file({key: value.to(dtype) if value.is_floating_point() else value for key, value in STATE.items()}, path)
    assert equal(read_checkpoint(path), STATE)
    assert read_checkpoint(path)["stem.weight"].dtype == torch.float32


@pytest.mark.parametrize(
    "wrapped",
    [
        {"weights": STATE, "epoch": 3},
        {"state_dict": {"module." + key: value for key, value in STATE.items()}, "optimizer": {}},
        {"model": {"state_dict": {"_orig_mod.module." + key: value for key, value in STATE.items()}}},
    ],
)
def test_training_checkpoints_are_unwrapped(tmp_path, wrapped):
    torch.save(wrapped, tmp_path / "run.pth")
    assert equal(read_checkpoint(tmp_path / "run.pth"), STATE)


@pytest.mark.parametrize("form", ["torch", "legacy", "safetensors"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_says_so(tmp_path, form, share):
    path = tmp_path / "cut.pth"
    big = STATE | {"big": torch.rand(1000)}
    if form == "safetensors":
        save_file(big, path)
    else:
        torch.save(big, path, _use_new_zipfile_serialization=form == "torch")
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(WeightsError, match="truncated"):
        read_checkpoint(path)


class Evil:
    def __reduce__(self):
        return print, ("run",)


@pytest.mark.parametrize("zipped", [True, False])
def test_code_is_never_run(tmp_path, capsys, zipped):
    torch.save({"stem.weight": Evil()}, tmp_path / "evil.pth", _use_new_zipfile_serialization=zipped)
    with pytest.raises(WeightsError, match="holds code"):
        read_checkpoint(tmp_path / "evil.pth")
    (tmp_path / "plain.pth").write_bytes(pickle.dumps({"a": Evil()}))
    with pytest.raises(WeightsError):
        read_checkpoint(tmp_path / "plain.pth")
    assert capsys.readouterr().out == ""


def saved(held):
    file = io.BytesIO()
    torch.save(held, file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html></html>", "web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "pointer"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "neither"),
        ((5).to_bytes(8, "little") + b"{nope" + bytes(90), "damaged"),
        (bytes([255] * 8) + b"{" + bytes(90), "damaged"),
        (saved([1, 2]), "holds a list"),
        (saved({"epoch": 3}), re.escape("holds no weights (epoch)")),
        (saved(STATE | {"epoch": 3, "lr": 0.1}), re.escape("more than weights (epoch, lr)")),
        (saved({}), "holds no weights"),
    ],
)
def test_what_is_no_checkpoint_is_refused_with_its_reason(tmp_path, content, says):
    path = tmp_path / "odd.pth"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=says) as caught:
        read_checkpoint(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(WeightsError, match="no such"):
        read_checkpoint(tmp_path / "none.pth")
    with pytest.raises(WeightsError, match="cannot be read"):
        read_checkpoint(tmp_path)


def test_a_strict_load_copies_everything():
    net = load_strict(Net(), STATE, source="file")
    assert equal(net.state_dict(), STATE)
    assert not net.training


def test_only_what_may_lack_may_lack():
    without = {key: value for key, value in STATE.items() if key != "count"}
    assert load_strict(Net(), without, source="file", may_lack=("co*",)).count == 0
    with pytest.raises(WeightsError, match=re.escape("1 key missing (count)")):
        load_strict(Net(), without, source="file", may_lack=("*.count",))


def test_differences_are_counted_and_named_on_one_line():
    wrong = {"stem.weight": torch.zeros(5, 3), **{f"extra.{i}": torch.zeros(1) for i in range(5)}}
    with pytest.raises(WeightsError) as caught:
        load_strict(Net(), wrong, source="file.pth", candidates=KNOWN)
    assert str(caught.value) == (
        "file.pth: not this model's weights: 2 keys missing (count, stem.bias); "
        "5 keys unexpected (extra.0, extra.1, extra.2 and 2 more); "
        "1 key of another shape (stem.weight is 5x3, not 2x3); "
        "this model is the nearest known one (alpha): the file may be of a relative or another version"
    )


def test_a_checkpoint_of_another_model_names_that():
    with pytest.raises(WeightsError, match=r"the nearest known model is beta$"):
        load_strict(Net(), {"body.weight": torch.zeros(1)}, source="file", candidates=KNOWN)


def test_a_checkpoint_of_nothing_known_says_so():
    with pytest.raises(WeightsError, match=re.escape("near to none of the known models (alpha, beta)")):
        load_strict(Net(), {"x": torch.zeros(1)}, source="file", candidates=KNOWN)


def test_broken_values_are_refused():
    with pytest.raises(WeightsError, match="not finite"):
        load_strict(Net(), STATE | {"stem.bias": torch.tensor([1.0, torch.nan])}, source="file")
