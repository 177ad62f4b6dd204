"""What the best epoch on the test split would have been, without touching the run."""

import json

import pytest

from nimba.training.cli import train
from tests.training.tiny import arguments, config, read, same

EACH_EPOCH = {"class_path": "nimba.training.ScoreTestEachEpoch"}


def test_scoring_each_epoch_leaves_the_run_as_it_is(tmp_path):
    train([*arguments(tmp_path), "--experiment=plain"])
    train([*arguments(tmp_path, settings=config(tmp_path, callbacks=[EACH_EPOCH])), "--experiment=each_epoch"])
    plain, scored = (
        json.loads((tmp_path / f"runs/{name}/0/record.json").read_text()) for name in ("plain", "each_epoch")
    )
    weights = [read(tmp_path / f"runs/{name}/0/last.ckpt")["state_dict"] for name in ("plain", "each_epoch")]
    assert same(*weights)
    assert plain["test"] == scored["test"]
    scores = [{key for key in epoch if key.startswith("each_epoch/")} for epoch in scored["epochs"]]
    assert scores == [{"each_epoch/test_OA", "each_epoch/test_mAcc"}] * 4
    for metric in ("OA", "mAcc"):
        assert scored["epochs"][-1][f"each_epoch/test_{metric}"] == pytest.approx(scored["test"][metric], abs=1e-6)
    bare = [
        {key: value for key, value in epoch.items() if not key.startswith("each_epoch/")} for epoch in scored["epochs"]
    ]
    assert bare == plain["epochs"]
