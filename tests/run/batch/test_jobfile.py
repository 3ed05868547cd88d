"""Files of jobs: three forms say the same, and none can do harm."""

import json

import pytest

from vmatte.core.errors import ConfigError
from vmatte.run.batch.jobfile import read_jobs

YAML = """
defaults: {model: recall, set: {extend: 3}}
jobs:
  - {clip: a.mp4, mask: 3=m.png, out: day 1, start: "1:30", output: [alpha, gif], set: {model.work_rows: 240}}
"""
CSV = """clip,mask,out,start,output,model,set
a.mp4,3=m.png,day 1,1:30,alpha gif,recall,extend=3 model.work_rows=240
"""
JSONL = json.dumps({"clip": "a.mp4", "mask": ["3=m.png"], "out": "day 1", "start": 90, "output": ["alpha", "gif"],
                    "model": "recall", "set": {"extend": 3, "model.work_rows": 240}})  # fmt: skip


@pytest.mark.parametrize(("name", "text"), [("j.yaml", YAML), ("j.csv", CSV), ("j.jsonl", f"\n{JSONL}\n")])
def test_three_forms_say_the_same(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    (row,) = read_jobs(tmp_path / name, tmp_path / "done")
    assert row.job.clip == tmp_path / "a.mp4"
    assert row.job.out == tmp_path / "done/day 1"
    assert row.job.masks == (f"3={tmp_path / 'm.png'}",)
    assert row.job.start == 90
    assert row.overrides == ("model=recall", "outputs=[alpha,gif]", "extend=3", "model.work_rows=240")


def test_a_job_may_be_just_a_clip_and_objects_may_be_a_mapping(tmp_path):
    (tmp_path / "j.yaml").write_text("- b.mov\n- {clip: c.mov, object: {anna: [a.png, 7=b.png]}, over: '#204080'}\n")
    first, second = read_jobs(tmp_path / "j.yaml", tmp_path)
    assert first.job.clip == tmp_path / "b.mov"
    assert second.job.objects == (f"anna={tmp_path / 'a.png'}", f"anna=7={tmp_path / 'b.png'}")
    assert (second.job.over, second.overrides) == ("#204080", ("outputs=[over]",))


@pytest.mark.parametrize(
    ("job", "told"),
    [
        ("{clip: a.mp4, out: ../elsewhere}", "below --out"),
        ("{clip: a.mp4, out: /etc}", "below --out"),
        ("{clip: a.mp4, out: 'C:\\x'}", "below --out"),
        ("{clip: a.mp4, out: link}", "leads out"),
        ("{clip: a.mp4, name: '../{stem}'}", "below the output folder"),
        ("{clip: a.mp4, name: '{stem.__class__}'}", "unknown field"),
        ("{clip: a.mp4, set: {hydra.searchpath: 'file:///x'}}", "whoever runs the batch"),
        ("{clip: a.mp4, set: {accept_license: true}}", "whoever runs the batch"),
        ("{clip: a.mp4, set: {'+extend': 3}}", "no setting"),
        ("{clip: a.mp4, set: {despill: '${oc.env:HOME}'}}", "references"),
        ("{clip: a.mp4, model: 'recall,hydra/launcher=x'}", "no name"),
        ("{clip: a.mp4, out: !!python/object/apply:os.system [true]}", "could not determine a constructor"),
        ("{clip: &a a.mp4, mask: *a}", "aliases"),
        ("{clip: a.mp4, run: rm}", "unknown key 'run'"),
        ("{mask: a.png}", "needs a clip"),
        ("{clip: [a, b]}", "is to be text"),
    ],
)
def test_what_no_file_of_jobs_may_say(tmp_path, job, told):
    (tmp_path / "done").mkdir()
    (tmp_path / "done/link").symlink_to(tmp_path)
    (tmp_path / "j.yaml").write_text(f"- {job}\n")
    with pytest.raises(ConfigError, match=told):
        read_jobs(tmp_path / "j.yaml", tmp_path / "done")


@pytest.mark.parametrize("text", ["", "jobs: 3", "{", "[" * 3000, "- 3", "a\0b", "joobs: []"])
def test_what_is_no_file_of_jobs(tmp_path, text):
    (tmp_path / "j.yaml").write_text(text)
    with pytest.raises(ConfigError, match=r"j\.yaml"):
        read_jobs(tmp_path / "j.yaml", tmp_path)


def test_text_of_a_setting_stays_text(tmp_path):
    from vmatte.config.load import load

    (tmp_path / "j.yaml").write_text('- {clip: a.mp4, set: {gif.matte: "it\'s, [x]=\\\\{y}"}}\n')
    (row,) = read_jobs(tmp_path / "j.yaml", tmp_path)
    assert row.overrides == ("gif.matte='it\\'s, [x]=\\\\{y}'",)
    with pytest.raises(ConfigError):
        load(row.overrides)
