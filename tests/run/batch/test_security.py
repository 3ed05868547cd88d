"""What comes from outside is data: files of jobs, reports, names and checkpoints cannot make anything run or leak."""

import ast
import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vmatte.config.load import load
from vmatte.core.errors import VmatteError
from vmatte.run.batch.jobfile import read_jobs
from vmatte.run.outputs import report_path

SOURCE = Path(__file__).parents[3] / "vmatte"
# Calls that start a program or run text as code.
FORBIDDEN = {"system", "popen", "eval", "exec", "spawnl", "spawnv", "execv", "execl", "startfile", "getstatusoutput"}
# Where pickles are read that this program wrote itself a moment ago: never from a file that a user names.
PICKLES = {"io/spool.py", "run/batch/hand.py"}


def calls(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            owner = getattr(getattr(node.func, "value", None), "id", "")
            yield node, owner, name


def test_no_shell_is_called_and_no_text_is_run():
    found = []
    for file in SOURCE.rglob("*.py"):
        place = file.relative_to(SOURCE).as_posix()
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
                found += [f"{place}: {name}" for name in names if name == "subprocess"]
        for node, owner, name in calls(tree):
            # `module.eval()` is torch's word for a network that does not learn.
            if name in FORBIDDEN and not (name == "eval" and isinstance(node.func, ast.Attribute)):
                found.append(f"{place}: {name}")
            if (owner, name) in {("pickle", "load"), ("pickle", "loads")} and place not in PICKLES:
                found.append(f"{place}: pickle")
            keywords = {word.arg: word.value for word in node.keywords}
            if (owner, name) == ("torch", "load"):
                told = keywords.get("weights_only")
                if not (isinstance(told, ast.Constant) and told.value is True):
                    found.append(f"{place}: torch.load without weights_only")
            if "shell" in keywords:
                found.append(f"{place}: shell")
    assert found == []


def test_a_checkpoint_that_would_run_something_is_refused(tmp_path):
    torch = pytest.importorskip("torch")
    from vmatte.nets.checkpoint import read_checkpoint

    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "ran"),)

    for modern in (True, False):
        file = tmp_path / f"evil{modern}.pth"
        torch.save({"state_dict": Evil()}, file, _use_new_zipfile_serialization=modern)
        with pytest.raises(VmatteError):
            read_checkpoint(file)
    assert not (tmp_path / "ran").exists()


# Pieces that paths, templates, YAML and the grammar of overrides give a meaning to.
_PIECES = [
    "..", "/", "\\", "~", "{stem}", "{output}", "{stem.__class__}", "%s", "$HOME", "${oc.env:HOME}", "`id`", ";",
    "\0", "\n", "a", "ü", "C:", "file://", "s3://b", "://", "=", ",", "[", "'", "!!python/name:os.system",
]  # fmt: skip
_TEXT = st.lists(st.sampled_from(_PIECES), min_size=1, max_size=6).map("".join)
_KEYS = st.sampled_from(["out", "name", "mask", "plate", "over", "truth", "model", "preset", "output", "start", "clip"])


@settings(max_examples=150, deadline=None)
@given(job=st.dictionaries(_KEYS, _TEXT, max_size=4), values=st.dictionaries(_TEXT, _TEXT, max_size=1))
def test_no_job_gets_out_of_the_output_folder(tmp_path_factory, job, values):
    """Whatever a file says, a job is refused in one line, or its results lie below the output folder."""
    folder = tmp_path_factory.getbasetemp() / "fuzz"
    root = folder / "done"
    root.mkdir(parents=True, exist_ok=True)
    file = folder / "jobs.jsonl"
    file.write_text(json.dumps({"clip": "a.mp4", **job, **({"set": values} if values else {})}), encoding="utf-8")
    try:
        (row,) = read_jobs(file, root)
        # The report's name is made as those of all outputs are.
        path = report_path(row.job, "recall")
        plan = load([*row.overrides])
    except VmatteError:
        return
    assert path.resolve().is_relative_to(root.resolve())
    assert plan.accept_license is False
    assert plan.model.weights is None
