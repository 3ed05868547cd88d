"""Several processes and threads that want the same weights at the same time."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from tests.weights.checkpoints import NET, published, sha256
from tests.weights.server import serve
from vmatte.weights.fetch import fetch
from vmatte.weights.telling import Teller

ROOT = Path(__file__).parents[2]

SCRIPT = """
import sys
from vmatte.weights.fetch import fetch
from vmatte.weights.published import Weights
from vmatte.weights.telling import Teller
kept = fetch("net", Weights(sys.argv[1], sys.argv[2], None, "MIT", free=True),
             teller=Teller(lambda text: print(text, flush=True)))
print(kept.path.stat().st_size, flush=True)
"""


def test_of_two_processes_one_downloads_and_the_other_waits(server):
    arrived, go_on = threading.Event(), threading.Event()

    def held(handler: BaseHTTPRequestHandler) -> None:
        arrived.set()
        assert go_on.wait(60)
        serve(NET)(handler)

    server.script(held)
    command = [sys.executable, "-c", SCRIPT, published(server).url, sha256(NET)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as first:
        assert arrived.wait(60)
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as second:
            assert first.stdout is not None
            assert second.stdout is not None
            waiting = second.stdout.readline()
            go_on.set()
            sizes = [int(process.stdout.read().split()[-1]) for process in (first, second) if process.stdout]
    assert "another process is fetching the weights of net: waiting" in waiting
    assert (first.returncode, second.returncode) == (0, 0)
    assert sizes == [len(NET)] * 2
    assert len(server.asked) == 1


def test_threads_keep_out_of_each_others_way(server):
    server.script(serve(NET))
    with ThreadPoolExecutor(4) as threads:
        kept = list(threads.map(lambda _: fetch("net", published(server), teller=Teller()), range(8)))
    assert {one.path.read_bytes() for one in kept} == {NET}
    assert len(server.asked) == 1


def test_a_killed_process_leaves_no_lock(server):
    arrived, gone = threading.Event(), threading.Event()

    def stuck(handler: BaseHTTPRequestHandler) -> None:
        arrived.set()
        assert gone.wait(60)

    server.script(stuck, serve(NET))
    command = [sys.executable, "-c", SCRIPT, published(server).url, sha256(NET)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": str(ROOT)}) as process:
        assert arrived.wait(60)
        process.kill()
    gone.set()
    assert fetch("net", published(server)).path.read_bytes() == NET
