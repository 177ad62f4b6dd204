"""What the best epoch on the test split would have been, without touching the run."""

import json

import pytest

from nimba.training.cli import train
from tests.training.tiny import arguments, config, read, same

HABIT = {"class_path": "nimba.training.ScoreTestEachEpoch"}


def test_scoring_each_epoch_leaves_the_run_as_it_is(tmp_path):
    train([*arguments(tmp_path), "--experiment=plain"])
    train([*arguments(tmp_path, settings=config(tmp_path, callbacks=[HABIT])), "--experiment=habit"])
    plain, habit = (json.loads((tmp_path / f"runs/{name}/0/record.json").read_text()) for name in ("plain", "habit"))
    weights = [read(tmp_path / f"runs/{name}/0/last.ckpt")["state_dict"] for name in ("plain", "habit")]
    assert same(*weights)
    assert plain["test"] == habit["test"]
    scores = [{key for key in epoch if key.startswith("habit/")} for epoch in habit["epochs"]]
    assert scores == [{"habit/test_OA", "habit/test_mAcc"}] * 4
    for metric in ("OA", "mAcc"):
        assert habit["epochs"][-1][f"habit/test_{metric}"] == pytest.approx(habit["test"][metric], abs=1e-6)
    bare = [{key: value for key, value in epoch.items() if not key.startswith("habit/")} for epoch in habit["epochs"]]
    assert bare == plain["epochs"]
