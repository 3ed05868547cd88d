"""`bench metrics`: Grad, Conn and the scores without truth at full HD, against plain ways to the same numbers."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from tools.benchmark.report import put_section, table
from vmatte.core.flow import Prefetch
from vmatte.metrics.connectivity import connectivity
from vmatte.metrics.gradient import gradient, gradient_taps
from vmatte.metrics.judge import Judge
from vmatte.metrics.unseen import Seen, Unseen, Watcher

SIZE = (1920, 1080)
GRAD_BAR, CONN_BAR = 8.0, 4.0

Wide = NDArray[np.float64]
Bytes = NDArray[np.uint8]


def options(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument(
        "--repeats", type=int, default=5, help="how often each is timed; the fastest counts (default 5)"
    )
    parser.add_argument("--frames", type=int, default=12, help="of the clip without truth (default 12)")
    parser.add_argument("--out", type=Path, help="Markdown file whose section on metrics is replaced")


def main(arguments: argparse.Namespace) -> int:
    """Runs the benchmark; 1 if a bar is missed or a plain way disagrees."""
    cv2.setNumThreads(1)
    truth, alpha = matte(0), matte(0, shift=0.7)
    noisy = np.clip(alpha + np.random.default_rng(5).normal(0, 6, alpha.shape), 0, 255).astype(np.uint8)
    rows, good = [], True
    for what, spoilt in (("edges differ", alpha), ("every pixel differs", noisy)):
        found = _compared(what, spoilt, truth, arguments.repeats)
        rows += found[0]
        good = good and found[1]
    text = _text(rows, _unseen(arguments.frames), _stream(arguments.repeats))
    print(text)
    if arguments.out:
        put_section(arguments.out, "Metrics", text)
    return 0 if good else 1


def matte(index: int, shift: float = 0.0, size: tuple[int, int] = SIZE) -> Bytes:
    """A soft-edged object with 300 strands, uint8 codes; it moves by 3 px a frame, and `shift` moves its edge alone."""
    width, height = size
    scale = width / 1920
    y, x = np.mgrid[:height, :width].astype(np.float32)
    middle = width * 0.45 + 3 * index + shift, height * 0.55
    radius = np.hypot((x - middle[0]) / 1.1, y - middle[1])
    alpha = np.clip((height * 0.3 - radius) / (6 * scale) + 0.5, 0, 1)
    rng = np.random.default_rng(3)
    hair = np.zeros((height, width), np.uint8)
    for angle in rng.uniform(0, 2 * np.pi, 300):
        reach, bend = rng.uniform(0.3, 0.42), rng.uniform(-0.2, 0.2)
        along = np.linspace(0.25, reach, 12)
        turn = angle + bend * (along - 0.25) * 8
        points = np.stack(
            [middle[0] + 1.1 * height * along * np.cos(turn), middle[1] + height * along * np.sin(turn)], 1
        )
        cv2.polylines(hair, [np.rint(points * 16).astype(np.int32)], False, 200, 2, cv2.LINE_AA, 4)
    return np.asarray(np.maximum(np.rint(alpha * 255), hair), np.uint8)


def picture(index: int, size: tuple[int, int] = SIZE) -> Bytes:
    """The object before a textured wall, (H, W, 3) uint8."""
    width, height = size
    rng = np.random.default_rng(0)
    wall = cv2.resize(rng.integers(40, 150, (height // 12, width // 12, 3)).astype(np.float32), size)
    coat = cv2.resize(rng.integers(140, 240, (height // 20, width // 20, 3)).astype(np.float32), size)
    alpha = matte(index, size=size)[..., None] / np.float32(255)
    return np.asarray(np.roll(coat, 3 * index, 1) * alpha + np.roll(wall, -index, 1) * (1 - alpha), np.uint8)


def dense_gradient(alpha: Wide, truth: Wide, convolve: Callable[[Wide, Wide], Wide]) -> float:
    """Grad with stretch by two dense 9x9 convolutions of each matte in float64."""
    smooth, slope = gradient_taps()
    kernel = np.outer(smooth, slope)
    lengths = []
    for each in (alpha, truth):
        stretched = (each - each.min()) / (each.max() - each.min())
        lengths.append(np.sqrt(convolve(stretched, kernel) ** 2 + convolve(stretched, kernel.T) ** 2))
    return float(((lengths[0] - lengths[1]) ** 2).sum())


def labelled_connectivity(alpha: Wide, truth: Wide) -> float:
    """Conn with one labelling of the whole frame for each threshold, in float64."""
    low = np.minimum(alpha, truth)
    level, alive = np.zeros(low.shape), np.ones(low.shape, bool)
    for step in range(1, 11):
        labels, count = ndimage.label(low >= step / 10)
        areas = np.bincount(labels.ravel(), minlength=count + 1)[1:]
        largest = labels == 1 + areas.argmax() if count else np.zeros(low.shape, bool)
        alive &= largest
        level[alive] = step / 10
    shares = [np.where(each - level >= 0.15, 1 - (each - level), 1) for each in (alpha, truth)]
    return float(np.abs(shares[1] - shares[0]).sum())


def _compared(what: str, alpha: Bytes, truth: Bytes, repeats: int) -> tuple[list[list[str]], bool]:
    wide = alpha / 255, truth / 255
    grad = _timed(lambda: gradient(alpha, truth, stretch=True), repeats)
    conn = _timed(lambda: connectivity(alpha, truth), repeats)
    ways: list[tuple[str, str, float, tuple[float, float], Callable[[], float]]] = [
        ("Grad", "scipy.ndimage.convolve, 81 taps", GRAD_BAR, grad, lambda: dense_gradient(*wide, _by_scipy)),
        ("Grad", "cv2.filter2D, 81 taps", 0, grad, lambda: dense_gradient(*wide, _by_opencv)),
        ("Conn", "scipy.ndimage.label, ten times", CONN_BAR, conn, lambda: labelled_connectivity(*wide)),
    ]
    rows, good = [], True
    for metric, name, bar, (value, spent), plain in ways:
        other, slow = _timed(plain, max(1, repeats // 2))
        same, ratio = abs(value - other) <= 1e-9 * abs(other), slow / spent
        good = good and same and ratio >= bar
        cells = [f"{1e3 * spent:.1f}", f"{1e3 * slow:.0f}", f"{ratio:.1f}", f">= {bar:g}" if bar else ""]
        rows.append([what, metric, name, *cells, "yes" if same else "**no**"])
    return rows, good


def _by_scipy(image: Wide, kernel: Wide) -> Wide:
    return np.asarray(ndimage.convolve(image, kernel, mode="nearest"), np.float64)


def _by_opencv(image: Wide, kernel: Wide) -> Wide:
    return np.asarray(cv2.filter2D(image, cv2.CV_64F, kernel, borderType=cv2.BORDER_REPLICATE), np.float64)


def _timed(work: Callable[[], float], repeats: int) -> tuple[float, float]:
    """The value, and the least CPU seconds it took."""
    spent = []
    for _ in range(repeats):
        start = time.process_time()
        value = work()
        spent.append(time.process_time() - start)
    return value, min(spent)


def _unseen(count: int) -> list[list[str]]:
    """The scores without truth of a clip: CPU of the threads that find motion and of the one that scores."""
    frames = [picture(index) for index in range(count)]
    alphas = [matte(index) for index in range(count)]
    watched = [0.0]

    def seen() -> Iterator[Seen]:
        with ThreadPoolExecutor(1) as pool:
            watcher = Watcher(pool)
            start = time.thread_time()
            for frame in frames:
                found = watcher.see(frame)
                watched[0] = time.thread_time() - start
                yield found

    judge, queue = Unseen(), Prefetch(seen(), 2, "watch")
    mine, whole = time.thread_time(), time.process_time()
    for moment, alpha in zip(queue, alphas, strict=True):
        judge.update_seen(moment, alpha)
    scored, whole = time.thread_time() - mine, time.process_time() - whole
    queue.close()
    threads = watched[0], whole - watched[0] - scored, scored
    cells = [f"{1e3 * part / count:.0f}" for part in (*threads, whole)]
    # Three of the five need motion.
    thrice = (whole + 2 * (threads[0] + threads[1])) / whole
    return [[*cells, f"{whole / max(threads):.2f}", f"{thrice:.2f}"]]


def _stream(repeats: int) -> list[list[str]]:
    """Everything with truth, a frame at two sizes."""
    rows = []
    for size in (SIZE, (3840, 2160)):
        pairs = [(matte(index, 0.7, size), matte(index, 0.0, size)) for index in range(2)]
        judge = Judge("rvm-lr")
        judge.update(*pairs[0])
        _, spent = _timed(lambda judge=judge, pairs=pairs: judge.update(*pairs[1]) or 0.0, repeats)  # type: ignore[misc]
        rows.append([f"{size[0]}x{size[1]}", f"{1e3 * spent:.0f}"])
    return rows


def _text(ratios: list[list[str]], unseen: list[list[str]], stream: list[list[str]]) -> str:
    return "\n\n".join(
        [
            "Written by `python -m tools.bench metrics`: CPU time (`process_time`), least of several, on a machine "
            "with two cores and other work on them; ratios hold, milliseconds do not.",
            f"{SIZE[0]}x{SIZE[1]}, float64, one thread, a soft-edged object with 300 strands whose prediction is 0.7 "
            "px off, then the same with noise all over. The plain ways compute the same definition and must give the "
            "same number to 1e-9.",
            table(["mattes", "metric", "plain way", "ours ms", "plain ms", "ratio", "must reach", "same"], ratios),
            "The scores without truth (TRF, WE, CF, LAG, PCE; D = 4) of that clip, scored at half its size in one "
            "pass: a thread for either way of the motion, one for the scores; ms a frame.",
            table(["motion", "motion back", "scores", "all", "cores it can use", "all, motion thrice / once"], unseen),
            "All of `rvm-lr` with truth, one frame:",
            table(["frame", "ms"], stream),
        ]
    )
