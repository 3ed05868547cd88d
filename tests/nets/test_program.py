"""TorchScript files: their weights are read, their programs are not run."""

import pickle
import warnings
import zipfile
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from vmatte.core.errors import WeightsError
from vmatte.nets.checkpoint import PREFIXES, read_checkpoint


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4))
        self.blocks = nn.ModuleList([nn.Conv2d(4, 4, 1), nn.Conv2d(4, 2, 1)])
        # A view of a larger storage, not contiguous.
        self.register_buffer("table", torch.arange(12.0).view(3, 4).t()[1:])
        self.sizes = [1, 2, 3]

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        return x


class Wrapper(nn.Module):
    """As published exports have it: the network, and settings that are no tensors."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model
        self.backbone_scale: float = 0.25
        self.refine_mode: str = "sampling"

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.model(x)
        return result


def exported(module: nn.Module, path: Path, *, frozen: bool = False) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scripted = torch.jit.script(module.eval())
        torch.jit.save(torch.jit.freeze(scripted) if frozen else scripted, path)
    return path


@pytest.mark.parametrize("half", [False, True])
def test_the_weights_are_those_of_the_state_dict(tmp_path, half):
    torch.manual_seed(0)
    net = Net().half() if half else Net()
    path = exported(Wrapper(net), tmp_path / "torchscript_net.pth")
    found = read_checkpoint(path, prefixes=(*PREFIXES, "model."))
    assert set(found) == set(net.state_dict())
    for key, value in net.state_dict().items():
        assert torch.equal(found[key], value.float() if half and value.is_floating_point() else value), key


def test_a_frozen_program_has_lost_the_names_of_its_weights(tmp_path):
    with pytest.raises(WeightsError, match=r"frozen TorchScript.*state dict"):
        read_checkpoint(exported(Net(), tmp_path / "net.pt", frozen=True))


class Evil:
    def __reduce__(self):
        return print, ("run",)


@pytest.mark.parametrize(("content", "says"), [(pickle.dumps({"a": Evil()}), "holds code"), (b"", "damaged")])
def test_a_program_that_was_tampered_with_is_refused(tmp_path, capsys, content, says):
    with zipfile.ZipFile(tmp_path / "net.pth", "w") as file:
        file.writestr("net/data.pkl", content)
        for name in ("net/constants.pkl", "net/code/__torch__.py"):
            file.writestr(name, "")
    with pytest.raises(WeightsError, match=says):
        read_checkpoint(tmp_path / "net.pth")
    assert capsys.readouterr().out == ""
