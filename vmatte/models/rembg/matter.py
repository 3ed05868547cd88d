"""A session of rembg as a model: its own code around its network, for video without what was made for photographs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias, cast

import numpy as np
import torch
from numpy.typing import NDArray

from vmatte.core.errors import ConfigError, WeightsError
from vmatte.core.types import Alpha, Frame, Hints, Layer, Matte
from vmatte.models.image.fitting import restored
from vmatte.models.image.settings import Procedure, Stretch, stretch_of
from vmatte.models.image.sizing import Sizing
from vmatte.models.image.stretch import ClipStretched, stretched, stretching
from vmatte.models.placing import weights_of
from vmatte.models.registry import ModelSettings, Runtime
from vmatte.models.rembg import RembgSettings
from vmatte.nets.session import library, provider_of, refuse_precision, session_options

if TYPE_CHECKING:
    from PIL.Image import Image

_PREFIX = "rembg."

# Neither rembg nor ONNX Runtime has types.
Session: TypeAlias = Any


class RembgModel:
    """A BatchModel, one frame at a time."""

    size, overlap = 1, 0

    def __init__(self, settings: RembgSettings, runtime: Runtime) -> None:
        """Starts the session.

        Raises:
            ConfigError: rembg or ONNX Runtime is not installed, or has no such session, device or precision.
            WeightsError: The file is missing or damaged.
        """
        path = weights_of(settings)
        refuse_precision(runtime.precision, path)
        engine = library()
        provider = provider_of(engine, runtime.device)
        kind = session_class(settings.name.removeprefix(_PREFIX))
        # Where the file is has been found out already, and nothing is ever fetched by rembg itself.
        local = type(kind.__name__, (kind,), {"download_models": classmethod(lambda *_, **__: str(path))})
        try:
            self.session: Session = local(settings.name, session_options(engine), providers=[provider])
        # ONNX Runtime's errors share no ancestor of their own.
        except Exception as error:
            raise WeightsError(f"{path}: not a graph that rembg can run ({error}): fetch it again") from error
        self._published = settings.procedure is Procedure.published
        self._stretch = stretch_of(settings.procedure, settings.stretch)
        self._facts = {
            "engine": f"onnxruntime {engine.__version__}, rembg {version('rembg')}",
            "device": "cpu" if provider.startswith("CPU") else "cuda",
            "procedure": settings.procedure.value,
            "stretch": self._stretch.value,
        }
        if not self._published:
            self._network = self.session.inner_session
            self.session.inner_session, self.session.normalize = _Stopping(self._network), self._normalised

    def facts(self) -> dict[str, Any]:
        """Engine, device and procedure, for the report."""
        return dict(self._facts)

    def infer(self, frames: Sequence[Frame], hints: Hints) -> Sequence[Matte]:
        """One matte a frame."""
        found = self._as_published if self._published else self._plain
        return [Matte(frame, (Layer("subject", found(frame.sdr)),)) for frame in frames]

    def _as_published(self, rgb: NDArray[np.uint8]) -> Alpha:
        """What rembg itself makes of a frame; of one that is constant to its network, an empty matte."""
        with np.errstate(all="ignore"):
            (mask,) = self.session.predict(_image(rgb))
        return np.asarray(mask, np.float32) / np.float32(255)

    def _plain(self, rgb: NDArray[np.uint8]) -> Alpha:
        """What the network says, not stretched frame by frame."""
        try:
            self.session.predict(_image(rgb))
        except _Seen as seen:
            logits = seen.made[0][:, :1]
        # Sessions whose graph ends before the last function bring it along.
        alpha = self.session.sigmoid(logits) if hasattr(self.session, "sigmoid") else logits
        made = torch.from_numpy(np.ascontiguousarray(alpha, np.float32))
        made = stretched(made) if self._stretch is Stretch.frame else made
        inner = (made.shape[2], made.shape[3])
        return restored(made, Sizing((rgb.shape[0], rgb.shape[1]), inner))[0].numpy()

    def _normalised(
        self, image: Image, mean: Sequence[float], deviation: Sequence[float], size: tuple[int, int]
    ) -> dict[str, NDArray[np.float32]]:
        """As the session does it, but divided by 255, not by the largest value in the frame."""
        from PIL.Image import Resampling

        pixels = np.asarray(image.convert("RGB").resize(size, Resampling.LANCZOS), np.float32) / np.float32(255)
        planes = ((pixels - np.asarray(mean)) / np.asarray(deviation)).transpose(2, 0, 1)[None]
        return {self._network.get_inputs()[0].name: np.ascontiguousarray(planes, np.float32)}


class _Seen(Exception):  # noqa: N818  a way out, no error
    """What the network made, on the way past what rembg does to it."""

    def __init__(self, made: Sequence[NDArray[np.float32]]) -> None:
        super().__init__()
        self.made = made


class _Stopping:
    """A session of ONNX Runtime that hands its results over instead of returning them."""

    def __init__(self, inner: Session) -> None:
        self._inner = inner

    def run(self, outputs: Sequence[str] | None, feeds: Mapping[str, NDArray[Any]]) -> NoReturn:
        """Runs it.

        Raises:
            _Seen: Always.
        """
        raise _Seen(self._inner.run(outputs, feeds))


def session_class(name: str) -> type[Session]:
    """The class of one of rembg's sessions.

    Raises:
        ConfigError: rembg is not installed, or has no such session.
    """
    try:
        from rembg.sessions import sessions_class
    except ImportError as error:
        raise ConfigError('models called rembg.* need the package rembg: pip install "vmatte[rembg]"') from error
    found: type[Session] | None = next((each for each in sessions_class if each.name() == name), None)
    if found is None:
        raise ConfigError(f"rembg {version('rembg')} has no session {name}: update it")
    return found


def _image(rgb: NDArray[np.uint8]) -> Image:
    from PIL.Image import fromarray

    return fromarray(rgb)


def build(settings: ModelSettings, runtime: Runtime) -> RembgModel | ClipStretched:
    """The factory the cards name."""
    chosen = cast("RembgSettings", settings)
    return stretching(RembgModel(chosen, runtime), chosen.stretch)
