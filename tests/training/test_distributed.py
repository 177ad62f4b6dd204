"""Two CPU processes train one network (Lightning's DDP over gloo)."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import nimba
from nimba.evaluation.evaluate import evaluate
from nimba.runtime.errors import InputError
from nimba.training.cli import train
from tests.training.tiny import arguments, config, read, same

ROOT = Path(nimba.__file__).parents[1]


def test_two_processes_train_one_network(tmp_path, monkeypatch):
    monkeypatch.setenv("NIMBA_TRUST", "tests")  # for the callback that saves
    save = {"class_path": "tests.training.tiny.SaveRank", "init_args": {"folder": str(tmp_path)}}
    settings = config(tmp_path, devices=2, strategy="ddp", max_epochs=2, callbacks=[save])
    settings["data"]["init_args"]["val_fraction"] = 0.3
    command = [sys.executable, "train.py", *arguments(tmp_path, settings=settings)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"}, timeout=300
    )
    assert done.returncode == 0, done.stderr

    ranks = [read(tmp_path / f"rank{rank}.pt") for rank in (0, 1)]
    assert same(*ranks)
    path = tmp_path / "runs/tiny/0"
    checkpoint = read(path / "last.ckpt")["state_dict"]
    assert all(same(checkpoint[name], parameter.data) for name, parameter in ranks[0].items())
    record = json.loads((path / "record.json").read_text())
    assert len(record["epochs"]) == 2
    assert record["test"]["samples"] == 7  # 4 and 3: nothing padded, nothing twice
    alone = evaluate(path / "last.ckpt")
    assert alone.plain.summary() == {key: record["test"][key] for key in ("OA", "mAcc", "samples")}


@pytest.mark.parametrize("strategy", ["ddp_spawn", "ddp_fork", "ddp_notebook"])
def test_strategies_that_lose_the_record_are_refused(tmp_path, strategy):
    with pytest.raises(InputError, match="use ddp"):
        train(arguments(tmp_path, f"--trainer.strategy={strategy}"))
