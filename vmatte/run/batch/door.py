"""The way to a Ray cluster, and what its nodes have."""

from __future__ import annotations

import importlib
import signal
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from vmatte.core.errors import ConfigError
from vmatte.run.batch.need import Need

LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Node:
    """One machine of a cluster.

    Attributes:
        name: By which people know it.
        cores: Those that the cluster may use.
        memory: Bytes, likewise.
        gpus: Likewise.
    """

    name: str
    cores: float
    memory: float
    gpus: float

    def holds(self, need: Need, gpu: bool, cores: int) -> int:
        """How many workers of a kind there is room for, were it empty."""
        rooms = [self.cores / cores, self.memory / need.memory, *([self.gpus] if gpu else [])]
        return int(min(rooms))


class Door:
    """A connection to a cluster; made when first needed, and ended by `close` if it was made here.

    Args:
        address: `auto` for the cluster this machine is part of, `ray://host:10001` for any, `local` to start one here.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self._ray: Any = None
        self._ours = False

    @property
    def ray(self) -> Any:  # noqa: ANN401  Ray's own module
        """Ray, connected.

        Raises:
            ConfigError: It is not installed, or there is no cluster at the address.
        """
        if self._ray is None:
            self._ray = _imported()
            self._ours = not self._ray.is_initialized()
            if self._ours:
                self._connect(self._ray)
        return self._ray

    def nodes(self) -> list[Node]:
        """The machines that are there now."""
        found = [node for node in self.ray.nodes() if node["Alive"]]
        return [_node(node) for node in found]

    def close(self) -> None:
        """Lets go of the cluster."""
        if self._ray is not None and self._ours:
            self._ray.shutdown()
        self._ray = None

    def _connect(self, ray: Any) -> None:  # noqa: ANN401
        # Ray takes `local` as we do; without an address it would join any cluster it finds.
        options = {"include_dashboard": False} if self.address == LOCAL else {}
        with _own_signals(), warnings.catch_warnings():
            # What Ray warns of when nobody answers is in our error too.
            warnings.simplefilter("ignore", UserWarning)
            try:
                ray.init(
                    address=self.address, log_to_driver=False, logging_level="ERROR", configure_logging=False,
                    **options,
                )  # fmt: skip
            except (ConnectionError, ValueError, RuntimeError, TimeoutError, OSError) as error:
                text = " ".join(str(error).split())[:300]
                raise ConfigError(
                    f"no Ray cluster at {self.address}: {text}; start one with `ray start --head`, name another with "
                    "--address, or say --address local; one that asks for a token does not answer without its "
                    "RAY_AUTH_TOKEN"
                ) from error
        # What Ray says of nodes that died would stand among our own lines, and we say it ourselves.
        with suppress(AttributeError):
            ray._private.worker._worker_logs_enabled = False


@contextmanager
def _own_signals() -> Iterator[None]:
    """Connecting puts a handler of Ray's in the place of ours, by which an interrupt would end without cleaning up."""
    number = getattr(signal, "SIGTERM", None)
    before = None if number is None else signal.getsignal(number)
    try:
        yield
    finally:
        if number is not None and before is not None:
            signal.signal(number, before)


def _imported() -> Any:  # noqa: ANN401
    try:
        return importlib.import_module("ray")
    except ImportError as error:
        raise ConfigError('--executor ray needs the package ray: pip install "vmatte[ray]"') from error


def _node(data: dict[str, Any]) -> Node:
    has = data.get("Resources", {})
    name = str(data.get("NodeManagerHostname") or data.get("NodeManagerAddress"))
    return Node(name, has.get("CPU", 0.0), has.get("memory", 0.0), has.get("GPU", 0.0))
