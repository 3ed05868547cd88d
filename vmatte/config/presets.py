"""Presets: files of the configuration that set several things at once."""

from __future__ import annotations

from importlib.resources import files


def presets() -> dict[str, str]:
    """Names of the presets and what each is for: the comment under its first line."""
    folder = files("vmatte.conf") / "preset"
    found = {}
    for file in folder.iterdir():
        if file.name.endswith(".yaml"):
            comments = [line[1:].strip() for line in file.read_text(encoding="utf-8").splitlines() if line[:1] == "#"]
            found[file.name.removesuffix(".yaml")] = " ".join(comments[1:])
    return dict(sorted(found.items()))
