"""What became of runs that something was done to, as a row of the table."""

from __future__ import annotations

from dataclasses import dataclass, field

from tools.faults.command import Said

HEADER = (
    "fault", "trials", "finished", "one clear error", "ended from outside", "went on inside the clip",
    "rerun complete and equal", "wrong under a final name", "accidents", "hangs", "",
)  # fmt: skip


@dataclass
class Case:
    """Trials of one fault.

    Attributes:
        name: What was done.
        trials: How often.
        finished: Runs that came out right in spite of it.
        clear: Runs that failed with one clear error.
        killed: Runs that a signal ended.
        resumed: Reruns that went on inside the clip.
        equal: Reruns whose results are those of a run that nothing was done to.
        wrong: Results under a final name that are not.
        accidents: Tracebacks and the like.
        hangs: Runs that had to be ended.
        note: What else there is to say.
    """

    name: str
    trials: int = 0
    finished: int = 0
    clear: int = 0
    killed: int = 0
    resumed: int = 0
    equal: int = 0
    wrong: int = 0
    accidents: int = 0
    hangs: int = 0
    note: str = ""
    oddities: list[str] = field(default_factory=list)

    def count(self, said: Said, *, outside: bool = False) -> None:
        """Counts one run; `outside`: a signal was sent to it."""
        self.trials += 1
        if said.code is None:
            self.hangs += 1
        elif said.accident:
            self.accidents += 1
            self.oddities.append(said.text[-2000:])
        elif said.code == 0:
            self.finished += 1
        elif outside:
            self.killed += 1
        elif said.clear:
            self.clear += 1
        else:
            self.accidents += 1
            self.oddities.append(f"code {said.code}: {said.text[-2000:]}")

    def compare(self, found: dict[str, str], wanted: dict[str, str], rerun: Said | None = None) -> None:
        """Compares what has a final name with what should have; after a `rerun` all of it must be there."""
        self.wrong += sum(wanted.get(name) != mark for name, mark in found.items())
        if rerun is None:
            return
        self.resumed += "going on at frame" in rerun.text
        self.equal += rerun.code == 0 and found == wanted
        if rerun.code != 0 or found != wanted:
            other = [name for name in {**wanted, **found} if wanted.get(name) != found.get(name)]
            self.oddities.append(f"rerun, code {rerun.code}, other than wanted: {other[:5]}: {rerun.text[-2000:]}")

    @property
    def bad(self) -> bool:
        """Whether anything happened that never may."""
        return bool(self.wrong or self.accidents or self.hangs or self.oddities)

    def row(self) -> list[str]:
        """For the table."""
        numbers = (
            self.trials, self.finished, self.clear, self.killed, self.resumed, self.equal, self.wrong, self.accidents,
            self.hangs,
        )  # fmt: skip
        return [self.name, *map(str, numbers), self.note]
