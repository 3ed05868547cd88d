"""What kind of file something is, judged by its content: names and servers' labels lie.

Known are safetensors (https://huggingface.co/docs/safetensors, "Format"), the zip archives that `torch.save` writes
since PyTorch 1.6, the bare pickles it wrote before, and graphs of ONNX. Nothing is unpickled here.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from vmatte.core.errors import WeightsError

SAFETENSORS = "safetensors"
TORCH = "torch"
GRAPH = "onnx"

# More than the longest mark that is looked for, and room for blank lines before a page's first tag.
_HEAD = 512
# The limit that the safetensors library itself sets to the length of a header.
_HEADER_LIMIT = 100_000_000


def kind_of(path: Path, called: str) -> str:
    """`SAFETENSORS`, `TORCH` or `GRAPH`, complete as far as the file itself tells.

    Args:
        path: What to look at.
        called: What a message calls it.

    Raises:
        WeightsError: It is none of these, or cut short.
    """
    refuse_mistakes(path, called)
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if head.startswith(b"PK\x03\x04"):
        # The directory of a zip archive is at its end.
        if not zipfile.is_zipfile(path):
            raise WeightsError(f"{called} is cut short: the end of the archive is missing; get it again")
        return TORCH
    # The opcode PROTO and the protocols 2 to 5.
    if head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return TORCH
    if _is_safetensors(path, called):
        return SAFETENSORS
    # onnx.proto: the first field is the version of the format, the next ones are strings and messages.
    if head[:1] == b"\x08" and 3 <= head[1] <= 31 and head[2] & 7 == 2:
        return GRAPH
    raise WeightsError(f"{called} is no weights file: neither safetensors nor written by torch.save, nor ONNX")


def refuse_mistakes(path: Path, called: str) -> None:
    """Stops at what people and servers hand over instead of weights.

    Raises:
        WeightsError: It is empty, a web page, or a pointer of Git LFS.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not head:
        raise WeightsError(f"{called} is empty; get it again")
    if text.startswith((b"<!doctype", b"<html", b"<?xml", b"<head", b"<body")):
        raise WeightsError(f"{called} is a web page, not weights: open the address in a browser to see what it says")
    if text.startswith(b"version https://git-lfs"):
        raise WeightsError(f"{called} is a pointer of Git LFS, not the weights themselves: run `git lfs pull` there")


def _is_safetensors(path: Path, called: str) -> bool:
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= _HEADER_LIMIT:
            return False
        try:
            header = json.loads(file.read(length))
            ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
        except (ValueError, TypeError, KeyError, IndexError, AttributeError):
            return False
    if path.stat().st_size != 8 + length + max(ends, default=0):
        raise WeightsError(f"{called} is cut short or damaged: its header speaks of another length; get it again")
    return True
