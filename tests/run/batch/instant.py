"""Work of no length, and work that lasts until it is stopped, for tests of what hands it out."""

import time
from pathlib import Path

from vmatte.run.batch.task import Outcome, State


class Instant:
    def __call__(self, task, progress):
        return Outcome(State.done, text=task.job.clip.name)


class Endless:
    """Leaves a file while it works, as a run leaves what it has half-written."""

    def __call__(self, task, progress):
        mark = Path(task.root, f"{task.number}.partial")
        mark.parent.mkdir(exist_ok=True)
        mark.touch()
        try:
            for done in range(10_000):
                progress(done, None)
                time.sleep(0.01)
        finally:
            mark.unlink()


class Hanging:
    def __call__(self, task, progress):
        progress(0, 1)
        time.sleep(1000)
