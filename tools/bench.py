"""Measures vmatte: `python -m tools.bench quality`. Each command lives in a file of `tools/benchmark/`."""

from __future__ import annotations

import argparse
import os
import sys

# Before numpy and torch start their thread pools: CPU times are compared, so everything runs on one thread.
for _pool in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_pool, "1")

from tools.benchmark import (  # noqa: E402
    fleet,
    metrics,
    network,
    pipeline,
    plate,
    quality,
    quantised,
    queue,
    ray,
    refine,
    smooth,
    speed,
)

COMMANDS = {
    "quality": quality,
    "pipeline": pipeline,
    "network": network,
    "smooth": smooth,
    "refine": refine,
    "plate": plate,
    "metrics": metrics,
    "quantised": quantised,
    "fleet": fleet,
    "queue": queue,
    "ray": ray,
    "models": speed,
}


def main(arguments: list[str] | None = None) -> int:
    """Parses the command line and runs one command."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, module in COMMANDS.items():
        module.options(commands.add_parser(name, help=(module.__doc__ or "").partition(": ")[2]))
    chosen = parser.parse_args(arguments)
    status: int = COMMANDS[chosen.command].main(chosen)
    return status


if __name__ == "__main__":
    sys.exit(main())
