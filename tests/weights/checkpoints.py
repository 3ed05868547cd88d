"""Small files that look like checkpoints, and cards' words about them."""

from __future__ import annotations

import hashlib
import io
import json
import random
import zipfile
from pathlib import Path

from tests.weights.server import Server
from vmatte.weights.published import Weights


def safetensors(size: int = 300_000, seed: int = 0) -> bytes:
    """A well-formed file with one tensor of `size` random bytes."""
    header = json.dumps({"w": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}).encode()
    return len(header).to_bytes(8, "little") + header + random.Random(seed).randbytes(size)


def archive(size: int = 1000, seed: int = 0) -> bytes:
    """A zip archive, as `torch.save` writes them."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("net/data.pkl", random.Random(seed).randbytes(size))
    return out.getvalue()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


NET = safetensors()
OTHER = safetensors(seed=1)
MIT = "MIT"

STORED = {"net.safetensors", "record.json"}
PARTIAL = {"net.safetensors.part", "net.safetensors.part.json"}


def published(
    server: Server, content: bytes | None = NET, size: int | None = None, path: str = "/v1/net", free: bool = True
) -> Weights:
    """Weights at the server; with `content`, its hash is published."""
    digest = sha256(content) if content else None
    licence, url = (MIT, "") if free else ("Studies Only 1.0", "https://example.org/licence")
    return Weights(f"{server.url}{path}.safetensors", digest, size, licence, free=free, licence_url=url)


def left(home: Path) -> set[str]:
    """Names in the folder of `net`, the lock aside."""
    folder = home / "weights" / "net"
    return {entry.name for entry in folder.iterdir()} - {".lock"} if folder.exists() else set()
